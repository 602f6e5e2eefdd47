use super::{
    Field, Kind, NewDomain, Refusal, samples,
    template::{fill, formatted},
};

impl NewDomain {
    /// The files of the crate by their paths in it.
    pub fn crate_files(&self) -> Result<Vec<(&'static str, String)>, Refusal> {
        let values = self.values();
        let text = |template: &str| fill(template, &values);
        let code = |template: &str| formatted(&text(template));
        Ok(vec![
            ("Cargo.toml", text(include_str!("../../templates/manifest.toml"))),
            ("README.md", text(include_str!("../../templates/README.md"))),
            ("samples.ndjson", samples::lines(self)),
            ("src/actions.rs", code(include_str!("../../templates/actions.rs"))?),
            ("src/consumer.rs", code(include_str!("../../templates/consumer.rs"))?),
            ("src/entity.rs", code(include_str!("../../templates/entity.rs"))?),
            ("src/event.rs", code(include_str!("../../templates/event.rs"))?),
            ("src/lib.rs", code(include_str!("../../templates/lib.rs"))?),
            ("tests/contract.rs", code(include_str!("../../templates/contract.rs"))?),
            ("tests/snapshots/contract__a_row_holds_every_field_of_its_sample.snap", samples::snapshot(self)),
        ])
    }

    /// What stands in the places of the templates.
    fn values(&self) -> Vec<(&'static str, String)> {
        let each = |of: fn(&Field) -> String| self.own.iter().map(of).collect::<String>();
        let required = || self.own.iter().filter(|field| field.is_required());
        let parameters = required().filter_map(Field::parameter).map(|parameter| format!(", {parameter}"));
        let constants = self
            .actions
            .iter()
            .map(|action| format!("pub const {action}: Text = Text::constant(\"{action}\");\n"));
        let arguments: Vec<_> = required().map(|field| format!(", {}", field.example())).collect();
        let optional = self.own.iter().filter(|field| !field.is_required());
        let id_is_number = self.id.kind == Kind::I64;
        let uses_uuid = !id_is_number || self.own.iter().any(|field| field.kind == Kind::Uuid);
        let parses = self.own.iter().any(|field| field.kind == Kind::Text);
        let line = |is_there, line: &str| if is_there { line.to_owned() } else { String::new() };
        vec![
            ("name", self.domain.name.clone()),
            ("crate", self.domain.crate_name()),
            ("module", self.domain.module()),
            ("Type", self.domain.type_name.clone()),
            ("table", self.domain.table.clone()),
            ("about", self.about.log.clone()),
            ("things", self.about.things.clone()),
            ("id", self.id.column()),
            ("id_on_the_wire", self.id.name.clone()),
            ("id_type", self.id.kind.in_event().to_owned()),
            ("id_about", self.id.about.clone()),
            ("id_example", if id_is_number { "501".to_owned() } else { "Uuid::nil()".to_owned() }),
            ("own_fields", each(Field::declaration)),
            ("own_values", each(Field::value)),
            ("own_columns", each(Field::entity)),
            ("own_names", each(|field| format!("{},\n", field.column()))),
            ("own_settings", each(Field::setting)),
            ("required_parameters", parameters.collect()),
            ("required_examples", arguments.concat()),
            ("examples", optional.map(example).collect::<Vec<_>>().join("\n    ")),
            ("use_uuid", line(uses_uuid, "use uuid::Uuid;")),
            ("end", line(parses, "# Ok::<(), audit_core::TextError>(())")),
            ("action_constants", constants.collect()),
            ("actions", self.actions.join(", ")),
            ("first_action", self.actions.first().cloned().unwrap_or_default()),
        ]
    }
}

/// A field with a value in the README's code.
fn example(field: &Field) -> String {
    let value = field.example();
    match field.absent {
        super::Absent::Null => format!("{}: Some({value}),", field.column()),
        super::Absent::Refused | super::Absent::Zero => format!("{}: {value},", field.column()),
    }
}
