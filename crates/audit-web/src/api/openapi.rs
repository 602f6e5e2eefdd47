use audit_query::{Bucket, Dimension, LONGEST_TEXT, LogTable, MOST_VALUES, Order, OwnKind, Queries};
use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, RefOr, Required,
        content::ContentBuilder,
        header::HeaderBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        response::ResponseBuilder,
        schema::{
            AdditionalProperties, AllOfBuilder, AnyOfBuilder, ArrayBuilder, KnownFormat, Object,
            ObjectBuilder, Ref, Schema, SchemaFormat, SchemaType, Type,
        },
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    access,
    dead_letters::{self, LONGEST_REASON},
    domains, event,
    export::{self, Format},
    health, logs, metrics, stats, tail, timeline,
};
use crate::{app::App, asking::Asking, problem::Problem};

/// The document, before the columns that only some domains have are known.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tickatch audit log",
        description = "Which action happened, when, and by whom: the business audit log of the Tickatch platform.\n\nTimes are RFC 3339 in UTC. An empty parameter counts as not given, one that is not known is refused. Every read of the log or of dead letters is recorded before it is answered. Nothing of the log can be changed; what is posted repairs dead letters. Other methods get 405.",
    ),
    tags(
        (name = "Reading", description = "Questions to the log"),
        (name = "Operating", description = "How the service is, and messages that could not be stored"),
    ),
    components(schemas(Problem, Order, Dimension, Bucket, Format)),
)]
struct Document;

fn router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(logs::search))
        .routes(routes!(event::event))
        .routes(routes!(timeline::timeline))
        .routes(routes!(stats::stats))
        .routes(routes!(domains::domains))
        .routes(routes!(export::export))
        .routes(routes!(tail::tail))
        .routes(routes!(access::search))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letters::dead_letter))
        .routes(routes!(dead_letters::export))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(dead_letters::discard))
        .merge(operating())
}

/// How the service is.
fn operating() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::ingest))
        .routes(routes!(health::whole))
        .routes(routes!(metrics::metrics))
}

/// The API, and its document at `/api/v1/openapi.json`.
pub(crate) fn routes() -> Router<App> {
    let router = router().split_for_parts().0;
    where_spring_has_it(router.route("/api/v1/openapi.json", get(serve_document)))
}

/// Of the API, only what tells how the service is.
pub(crate) fn operating_routes() -> Router<App> {
    where_spring_has_it(operating().split_for_parts().0)
}

/// What operators ask is also where Spring has it, so that they can go on asking as they did.
fn where_spring_has_it(router: Router<App>) -> Router<App> {
    router
        .route("/actuator/health", get(health::whole))
        .route("/actuator/health/ingest", get(health::ingest))
        .route("/actuator/health/liveness", get(health::live))
        .route("/actuator/health/readiness", get(health::ready))
        .route("/actuator/prometheus", get(metrics::metrics))
}

async fn serve_document(State(app): State<App>, _: Asking) -> Result<Response, Problem> {
    let text = document(&app).to_json().map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

pub(crate) fn document(app: &App) -> OpenApi {
    openapi(app.queries(), app.accesses())
}

/// The `OpenAPI` document of the API: with the domains' own columns as parameters, and what every question can be
/// answered with.
#[must_use]
pub fn openapi(queries: &Queries, accesses: &Queries) -> OpenApi {
    let mut document = router().split_for_parts().1;
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    for (path, item) in &mut document.paths.paths {
        let is_post = item.post.is_some();
        let Some(operation) = item.get.as_mut().or(item.post.as_mut()) else { continue };
        match path.as_str() {
            "/api/v1/logs" | "/api/v1/logs/export" | "/api/v1/logs/tail" | "/api/v1/stats" => {
                add_filter(operation, queries);
            }
            "/api/v1/access" => add_filter(operation, accesses),
            "/api/v1/timeline" => add_time(operation),
            "/api/v1/dead-letters" | "/api/v1/dead-letters/export" => add_choice(operation, queries),
            _ => {}
        }
        if GIVING_EVENTS.contains(&path.as_str()) {
            add_rows_left(operation);
        }
        let role = match path.as_str() {
            // They are for everybody, and take nothing.
            path if path.starts_with("/health") => continue,
            "/metrics" => "`ops` or `auditor`",
            "/api/v1/logs/export" | "/api/v1/access" => "`auditor`",
            path if path.starts_with("/api/v1/dead-letters") => "`ops` or `auditor`",
            _ => "`support` or `auditor`",
        };
        add_refusals(operation, role);
        if is_post {
            add_refusals_of_bodies(operation);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.insert("LetterChoice".to_owned(), RefOr::T(choice(queries)));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let session = ApiKey::Cookie(ApiKeyValue::new("__Host-session"));
    components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    document.security = Some(vec![
        utoipa::openapi::security::SecurityRequirement::new::<_, [&str; 0], _>("bearer", []),
        utoipa::openapi::security::SecurityRequirement::new::<_, [&str; 0], _>("session", []),
    ]);
    document
}

/// What gives events, which count for a reader with the role `support`.
const GIVING_EVENTS: [&str; 4] =
    ["/api/v1/logs", "/api/v1/logs/{domain}/{id}", "/api/v1/logs/tail", "/api/v1/timeline"];

/// The headers that tell a reader what is left of his day.
fn add_rows_left(operation: &mut Operation) {
    let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") else { return };
    for (name, meaning) in [
        (
            "RateLimit-Policy",
            "For the role `support`: how many rows of events it is given (`q`) in a day (`w`, seconds).",
        ),
        (
            "RateLimit",
            "For the role `support`: how many rows are left (`r`), and after how many seconds all are there again (`t`).",
        ),
    ] {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let header = HeaderBuilder::new().schema(Some(text)).description(Some(meaning)).build();
        answer.headers.insert(name.to_owned(), RefOr::T(header));
    }
}

/// The parameters that choose dead letters. An empty one counts as not given.
fn add_choice(operation: &mut Operation, queries: &Queries) {
    let domains = domain_names(queries).chain([""]);
    let domain = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(domains)).build();
    let parameters = [
        any_of("domain", "The domain.", domain),
        any_of("reason", "Why it could not be stored, such as `not_json` or `rejected`.", reason()),
        any_of("id", "What it is called, as a list has it.", letter_id("^([0-9a-f]{16})?$")),
    ];
    operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));
}

/// Which dead letters to repair: something must be chosen.
fn choice(queries: &Queries) -> Schema {
    let any = |items: Object, description: &str| {
        ArrayBuilder::new().items(items).max_items(Some(MOST_VALUES)).description(Some(description)).build()
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
        .property("domains", any(domain(queries), "Those of these domains."))
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

fn domain(queries: &Queries) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(domain_names(queries))).build()
}

fn domain_names(queries: &Queries) -> impl Iterator<Item = &'static str> {
    queries.tables().iter().map(|table| table.domain.name())
}

fn reason() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST_REASON));
    text.pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]*$")).build()
}

fn letter_id(pattern: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

/// The parameters of a filter.
fn add_filter(operation: &mut Operation, queries: &Queries) {
    let uuid = || {
        let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()
    };
    let number = |format| {
        let format = SchemaFormat::KnownFormat(format);
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(format)).build()
    };
    let mut parameters = vec![
        any_of("domain", "The domain.", domain(queries)),
        any_of("action_type", "What was done.", text()),
        any_of("actor_id", "Who did it.", uuid()),
        any_of("actor_type", "What kind of actor did it.", text()),
        any_of("resource_id", "What it happened to.", text()),
        any_of("trace_id", "The trace that the publisher was in.", text()),
        any_of("id", "The event's id. Without a time, all time is looked at.", uuid()),
    ];
    for column in queries.own_columns() {
        let has_it = |table: &&LogTable| table.table.own.iter().any(|own| own.name == column.name);
        let domains: Vec<_> =
            queries.tables().iter().filter(has_it).map(|table| table.domain.name()).collect();
        let described =
            format!("`{}` of {}; other domains have no such events.", column.name, domains.join(", "));
        let schema = match column.kind {
            OwnKind::Text => text(),
            OwnKind::Integer => number(KnownFormat::Int32),
            OwnKind::BigInteger => number(KnownFormat::Int64),
        };
        parameters.push(any_of(column.name, &described, schema));
    }
    operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));
    add_time(operation);
}

/// The days from 1900 to 2199, each with a time of day or without; what a year's length rules out is left to the code. Or
/// seconds or milliseconds since 1970. Or nothing.
const TIME: &str = "^((19|20|21)[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)\
     ([Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,30})?)?\
     (([Zz]|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?)(\\[[A-Za-z][A-Za-z0-9/_+.~:-]*\\])?)?)?\
     |[1-6][0-9]{9}([0-9]{3})?(\\.[0-9]{1,30})?)?$";

/// The parameters of a question's time.
fn add_time(operation: &mut Operation) {
    let time = || ObjectBuilder::new().schema_type(Type::String).pattern(Some(TIME)).build();
    let form = "RFC 3339, or without an offset in the zone `tz`: `2025-12-06T20:00`, `2025-12-06`; or in any other \
                form in which events have it.";
    let parameters = [
        one(
            "from",
            &format!("The first instant; without one, some days are looked at: `range` says which. {form}"),
            time(),
        ),
        one("to", &format!("The instant after the last. {form}"), time()),
        one("tz", "The time zone, such as `Asia/Seoul`; `UTC` by default.", text()),
    ];
    operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));
}

/// Text as the log keeps it.
fn text() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST_TEXT));
    text.pattern(Some(r"^[^\x00]*$")).build()
}

fn any_of(name: &str, description: &str, item: impl Into<Schema>) -> Parameter {
    let items = ArrayBuilder::new().items(RefOr::T(item.into())).max_items(Some(MOST_VALUES)).build();
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

/// What every question may be answered with instead.
fn add_refusals(operation: &mut Operation, role: &str) {
    let forbidden = format!("The reader's roles do not permit this: it needs {role}.");
    let retry = Some(("Retry-After", "After how many seconds to try again."));
    for (status, description, header) in [
        ("400", "A parameter can't be understood: `errors` names it and what it takes.", None),
        (
            "401",
            "Nobody is known by the token, or there is none.",
            Some(("WWW-Authenticate", "How to sign in.")),
        ),
        ("403", &forbidden, None),
        (
            "429",
            "Too many wrong tokens came from this address; or the reader asks too much at the same time, or has used up the \
             rows that the role `support` is given in a day.",
            retry,
        ),
        ("503", "It can't be answered or recorded at the moment, or takes too long.", retry),
    ] {
        let mut response = problem(description);
        if let Some((name, meaning)) = header {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(text)).description(Some(meaning)).build();
            response = response.header(name, header);
        }
        operation.responses.responses.insert(status.to_owned(), RefOr::T(response.build()));
    }
}

/// What a request with a body may be answered with instead.
fn add_refusals_of_bodies(operation: &mut Operation) {
    for (status, description) in
        [("413", "The body is too large."), ("415", "The body is neither JSON nor a form.")]
    {
        operation.responses.responses.insert(status.to_owned(), RefOr::T(problem(description).build()));
    }
}

fn problem(description: &str) -> ResponseBuilder {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", problem)
}
