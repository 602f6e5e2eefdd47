//! The parameters that depend on the domains.

use audit_dead_letters::Listing;
use audit_query::{
    AnswerSize, FILTER_PARAMS, FilterSection, LogReader, LogTable, MAX_TEXT_CHARS, MAX_VALUES, ParamKind,
};
use audit_web::dead_letters::MAX_REASON_CHARS;
use utoipa::openapi::{
    RefOr, Required,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{
        AdditionalProperties, AllOfBuilder, AnyOfBuilder, ArrayBuilder, KnownFormat, Object, ObjectBuilder,
        Schema, SchemaFormat, SchemaType, Type,
    },
};

/// Adds the parameters that select dead letters. An empty one counts as absent.
pub(super) fn add_selection(operation: &mut Operation, log: &LogReader) {
    let domains = domain_names(log).chain([""]);
    let domain = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(domains)).build();
    let parameters = [
        any_of("domain", "The domain.", domain),
        any_of("reason", "Why it could not be stored, such as `not_json` or `rejected`.", reason()),
        any_of("id", "What it is called, as a list has it.", letter_id("^([0-9a-f]{16})?$")),
    ];
    operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));
}

/// The schema of [`RepairRequest`](audit_web::dead_letters::RepairRequest), which requires that something is chosen.
pub(super) fn repair_request(log: &LogReader) -> Schema {
    let any = |items: Object, description: &str| {
        ArrayBuilder::new().items(items).max_items(Some(MAX_VALUES)).description(Some(description)).build()
    };
    let flag = |description: &str| {
        ObjectBuilder::new().schema_type(Type::Boolean).description(Some(description)).build()
    };
    let one_at_least = |name: &str| {
        let some =
            ArrayBuilder::new().items(Object::with_type(SchemaType::AnyValue)).min_items(Some(1)).build();
        ObjectBuilder::new().property(name, some).required(name)
    };
    let all = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
    let fields = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("domains", any(domain(log), "Those of these domains."))
        .property(
            "reasons",
            any(ObjectBuilder::from(reason()).min_length(Some(1)).build(), "Those for these reasons."),
        )
        .property("ids", any(letter_id("^[0-9a-f]{16}$"), "Those with these ids."))
        .property("all", flag("All of them that the other fields leave."))
        .property("again", flag("To put back: those too that were put back before."))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    let something = AnyOfBuilder::new()
        .item(ObjectBuilder::new().property("all", all).required("all"))
        .item(one_at_least("domains"))
        .item(one_at_least("reasons"))
        .item(one_at_least("ids"));
    let described = "Which dead letters to repair. Several values of one kind mean any of them; different kinds must \
                     all hold. Something must be chosen.";
    Schema::AllOf(AllOfBuilder::new().item(fields).item(something).description(Some(described)).build())
}

fn domain(log: &LogReader) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(domain_names(log))).build()
}

fn domain_names(log: &LogReader) -> impl Iterator<Item = &'static str> {
    log.tables().iter().map(|table| table.domain.name())
}

fn reason() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_REASON_CHARS));
    text.pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]*$")).build()
}

fn letter_id(pattern: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

/// Adds the parameters of a filter: those of every domain, and the columns that only some have.
pub(super) fn add_filter(operation: &mut Operation, log: &LogReader) {
    for param in FILTER_PARAMS.iter().filter(|param| param.section != FilterSection::When) {
        add(operation, any_of(param.name, param.help.en, schema_of(param.kind, log)));
    }
    for column in log.own_columns() {
        let has_it = |table: &&LogTable| table.own(column.name).is_some();
        let domains: Vec<_> = log.tables().iter().filter(has_it).map(|table| table.domain.name()).collect();
        let described =
            format!("`{}` of {}; other domains have no such events.", column.name, domains.join(", "));
        add(operation, any_of(column.name, &described, schema_of(column.kind.into(), log)));
    }
    add_time(operation, log);
}

fn schema_of(kind: ParamKind, log: &LogReader) -> Object {
    let with_format = |schema_type, format| {
        let format = SchemaFormat::KnownFormat(format);
        ObjectBuilder::new().schema_type(schema_type).format(Some(format)).build()
    };
    match kind {
        ParamKind::Domain => domain(log),
        ParamKind::Text | ParamKind::Id => text(),
        ParamKind::Uuid => with_format(Type::String, KnownFormat::Uuid),
        ParamKind::Integer => with_format(Type::Integer, KnownFormat::Int32),
        ParamKind::BigInteger => with_format(Type::Integer, KnownFormat::Int64),
        ParamKind::From | ParamKind::To => {
            ObjectBuilder::new().schema_type(Type::String).pattern(Some(TIME)).build()
        }
    }
}

/// Adds the parameter for what numbers of events are grouped by.
pub(super) fn add_dimensions(operation: &mut Operation, log: &LogReader) {
    let names = log.dimensions().into_iter().map(|(name, _)| name);
    let dimension = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build();
    add(operation, any_of("by", "What events are told apart by; by domain if not given.", dimension));
}

/// Adds the parameter for the number of events.
pub(super) fn add_limit(operation: &mut Operation, size: AnswerSize) {
    let described =
        format!("The most events, {} by default. There are fewer when they are large.", size.default);
    add(operation, one("limit", &described, number(1, size.max)));
}

/// Adds the parameter for the number of dead letters that are listed.
pub(super) fn add_listing_limit(operation: &mut Operation) {
    let described = format!("The most dead letters that are listed, {} by default.", Listing::DEFAULT);
    add(operation, one("limit", &described, number(0, Listing::MAX)));
}

fn number(min: u16, max: u16) -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(min)).maximum(Some(max)).build()
}

/// A day from 1900 to 2199, with or without a time of day (29 February is left to the code), or seconds or milliseconds
/// since 1970, or nothing.
const TIME: &str = "^((19|20|21)[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)\
     ([Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,30})?)?\
     (([Zz]|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?)(\\[[A-Za-z][A-Za-z0-9/_+.~:-]*\\])?)?)?\
     |[1-6][0-9]{9}([0-9]{3})?(\\.[0-9]{1,30})?)?$";

/// Adds the parameters of a time range.
pub(super) fn add_time(operation: &mut Operation, log: &LogReader) {
    for param in FILTER_PARAMS.iter().filter(|param| param.section == FilterSection::When) {
        add(operation, one(param.name, param.help.en, schema_of(param.kind, log)));
    }
    add(operation, one("tz", "The time zone, such as `Asia/Seoul`; `UTC` by default.", text()));
}

fn add(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

/// Text that the log can hold.
fn text() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_TEXT_CHARS));
    text.pattern(Some(r"^[^\x00]*$")).build()
}

fn any_of(name: &str, description: &str, item: impl Into<Schema>) -> Parameter {
    let items = ArrayBuilder::new().items(RefOr::T(item.into())).max_items(Some(MAX_VALUES)).build();
    parameter(name, description, items)
}

fn one(name: &str, description: &str, schema: impl Into<Schema>) -> Parameter {
    parameter(name, description, schema)
}

fn parameter(name: &str, description: &str, schema: impl Into<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(RefOr::T(schema.into())))
        .build()
}
