//! The files of a domain's crate, from the templates.

use super::{Absent, Changes, Field, Kind, NewDomain, samples};

impl NewDomain {
    pub(super) fn crate_files(&self) -> Changes {
        let values = self.values();
        let filled = |template: &str| fill(template, &values);
        let files = [
            ("Cargo.toml", filled(include_str!("../../templates/manifest.toml"))),
            ("README.md", filled(include_str!("../../templates/README.md"))),
            ("samples.ndjson", samples::lines(self)),
            ("src/actions.rs", filled(include_str!("../../templates/actions.rs"))),
            ("src/consumer.rs", filled(include_str!("../../templates/consumer.rs"))),
            ("src/entity.rs", filled(include_str!("../../templates/entity.rs"))),
            ("src/event.rs", filled(include_str!("../../templates/event.rs"))),
            ("src/lib.rs", filled(include_str!("../../templates/lib.rs"))),
            ("tests/contract.rs", filled(include_str!("../../templates/contract.rs"))),
        ];
        files.into_iter().map(|(path, text)| (format!("{}/{path}", self.folder()), text)).collect()
    }

    /// What the names in the templates mean.
    pub(super) fn values(&self) -> Vec<(&'static str, String)> {
        let (id, own) = (self.id(), &self.own);
        let each = |of: fn(&Field) -> String| own.iter().map(of).collect::<String>();
        let required = || own.iter().filter(|field| field.is_required());
        let parameters = required().filter_map(Field::parameter).map(|parameter| format!(", {parameter}"));
        let arguments = required().map(|field| format!(", {}", field.example()));
        let examples: Vec<_> = own.iter().filter(|field| !field.is_required()).map(example).collect();
        let constants = self
            .actions
            .iter()
            .map(|action| format!("pub const {action}: Text = Text::constant(\"{action}\");\n"));
        let failures: Vec<_> =
            self.actions.iter().filter(|action| action.contains("FAIL")).map(String::as_str).collect();
        let id_is_number = id.kind == Kind::I64;
        let uses_uuid = !id_is_number || own.iter().any(|field| field.kind == Kind::Uuid);
        let parses = own.iter().any(|field| field.kind == Kind::Text);
        let only_if = |condition: bool, text: &str| if condition { text.to_owned() } else { String::new() };
        let own_columns_set = if own.is_empty() {
            "entity::ActiveModel::default()".to_owned()
        } else {
            format!("entity::ActiveModel {{\n{}..Default::default()\n}}", each(Field::setting))
        };
        vec![
            ("name", self.name.clone()),
            ("crate", self.crate_name()),
            ("module", self.module()),
            ("Type", self.type_name()),
            ("table", self.table()),
            ("about", self.about()),
            ("id", id.column()),
            ("id_on_the_wire", id.name.clone()),
            ("id_type", id.kind.in_event().to_owned()),
            ("id_about", id.about.clone()),
            ("id_example", if id_is_number { "501" } else { "Uuid::nil()" }.to_owned()),
            ("own_fields", each(Field::declaration)),
            ("own_values", each(Field::value)),
            ("own_columns", each(Field::entity)),
            ("own_names", each(|field| format!("{},\n", field.column()))),
            ("own_columns_set", own_columns_set),
            ("own_in_migration", each(Field::migration)),
            ("use_set", only_if(!own.is_empty(), "use sea_orm::ActiveValue::Set;")),
            ("required_parameters", parameters.collect()),
            ("required_examples", arguments.collect()),
            ("examples", examples.join("\n    ")),
            ("use_uuid", only_if(uses_uuid, "use uuid::Uuid;")),
            ("end", only_if(parses, "# Ok::<(), audit_core::TextError>(())")),
            ("action_constants", constants.collect()),
            ("actions", self.actions.join(", ")),
            ("failures", failures.join(", ")),
            ("first_action", self.actions.first().cloned().unwrap_or_default()),
        ]
    }
}

/// A field with a value, in the README's code.
fn example(field: &Field) -> String {
    let (column, value) = (field.column(), field.example());
    if field.absent == Absent::Null {
        format!("{column}: Some({value}),")
    } else {
        format!("{column}: {value},")
    }
}

/// Replaces each `«name»` by its value. A line with nothing but an empty value is left out.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    for line in template.lines() {
        let mut text = line.to_owned();
        for (name, value) in values {
            text = text.replace(&format!("«{name}»"), value.trim_end_matches('\n'));
        }
        if text.trim().is_empty() && !line.trim().is_empty() {
            continue;
        }
        filled.push_str(&text);
        filled.push('\n');
    }
    filled
}
