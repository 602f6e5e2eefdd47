//! The files of a domain's crate.

use std::iter;

use uuid::Uuid;

use super::{Absent, Changes, Field, NewDomain};
use crate::repository::{FileError, Repository};

impl NewDomain {
    pub(super) fn crate_files(&self, repository: &Repository) -> Result<Changes, FileError> {
        let values = self.values();
        let filled = |template: &str| fill(template, &values);
        let files = [
            ("Cargo.toml", self.manifest(repository)?),
            ("README.md", filled(include_str!("../../templates/README.md"))),
            ("samples.ndjson", self.samples().concat()),
            ("src/actions.rs", filled(include_str!("../../templates/actions.rs"))),
            ("src/consumer.rs", filled(include_str!("../../templates/consumer.rs"))),
            ("src/entity.rs", filled(include_str!("../../templates/entity.rs"))),
            ("src/event.rs", filled(include_str!("../../templates/event.rs"))),
            ("src/lib.rs", self.copied(repository, "src/lib.rs")?),
            ("tests/contract.rs", self.copied(repository, "tests/contract.rs")?),
        ];
        Ok(files.into_iter().map(|(path, text)| (format!("{}/{path}", self.folder()), text)).collect())
    }

    /// A file that is the same in every domain but for its name.
    fn copied(&self, repository: &Repository, path: &str) -> Result<String, FileError> {
        let text = repository.text(&format!("crates/auth-log/{path}"))?;
        let text = text.replace("auth-log", &self.crate_name()).replace("auth_log", &self.module());
        Ok(text.replace("Auth", &self.type_name()))
    }

    fn manifest(&self, repository: &Repository) -> Result<String, FileError> {
        let manifest = self.copied(repository, "Cargo.toml")?;
        let copied = manifest.lines().find(|line| line.starts_with("description = ")).unwrap_or_default();
        Ok(manifest.replace(copied, &format!("description = \"Log events of {}\"", self.about())))
    }

    /// Two messages, as `log-service publish` takes them: one with every field, and one without those that may be absent.
    pub(super) fn samples(&self) -> [String; 2] {
        let (id, own) = (self.id(), self.own.iter());
        let actor = r#""CUSTOMER","actorUserId":"019b0a3c-6b7a-7d21-9c3e-1f5a8b2d4e6f""#;
        let required = own.clone().filter(|field| field.absent != Absent::Null);
        [
            self.sample(iter::once(&id).chain(own), self.actions.first(), actor),
            self.sample(required, self.actions.last(), r#""SYSTEM""#),
        ]
    }

    fn sample<'f>(
        &self,
        fields: impl Iterator<Item = &'f Field>,
        action: Option<&String>,
        actor: &str,
    ) -> String {
        let (name, id, action) = (&self.name, Uuid::now_v7(), action.map_or("", String::as_str));
        let member = |field: &Field| format!(r#""{}":{},"#, field.name, field.kind.sample);
        let own: String = fields.map(member).collect();
        format!(
            r#"{{"exchange":"tickatch.log","routing_key":"{name}.log","properties":{{}},"body":{{"eventId":"{id}",{own}"actionType":"{action}","actorType":{actor},"occurredAt":"2025-12-09T13:00:02.420Z"}}}}"#
        ) + "\n"
    }

    /// What the names in the templates mean.
    pub(super) fn values(&self) -> Vec<(&'static str, String)> {
        let (id, own) = (self.id(), &self.own);
        let each = |of: fn(&Field) -> String| own.iter().map(of).collect::<String>();
        let required = |of: fn(&Field) -> String| {
            own.iter().filter(|field| field.is_required()).map(of).collect::<String>()
        };
        let constant = |action| format!("pub const {action}: Text = Text::constant(\"{action}\");\n");
        let failures: Vec<_> =
            self.actions.iter().filter(|action| action.contains("FAIL")).map(String::as_str).collect();
        let use_set = if own.is_empty() { "" } else { "use sea_orm::ActiveValue::Set;" };
        vec![
            ("name", self.name.clone()),
            ("crate", self.crate_name()),
            ("module", self.module()),
            ("Type", self.type_name()),
            ("table", self.table()),
            ("about", self.about()),
            ("id", id.column()),
            ("id_on_the_wire", id.name.clone()),
            ("id_type", id.kind.event.to_owned()),
            ("id_doc", id.doc()),
            ("id_example", id.kind.example.to_owned()),
            ("own_fields", each(Field::declaration)),
            ("own_values", each(Field::value)),
            ("own_columns", each(Field::entity)),
            ("own_names", each(|field| format!("{},\n", field.column()))),
            ("own_settings", each(Field::setting)),
            ("own_in_migration", each(Field::migration)),
            ("use_set", use_set.to_owned()),
            ("parameters", required(|field| format!(", {}: {}", field.column(), field.kind.event))),
            ("arguments", required(|field| format!(", {}", field.kind.example))),
            ("action_constants", self.actions.iter().map(constant).collect()),
            ("actions", self.actions.join(", ")),
            ("failures", failures.join(", ")),
            ("first_action", self.actions.first().cloned().unwrap_or_default()),
        ]
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
        if !text.trim().is_empty() || line.trim().is_empty() {
            filled += &(text + "\n");
        }
    }
    filled
}
