//! Columns as they stand in the entities, and as the migrations make them.

use crate::{Domain, Files, domains::between, new_domain::made_by};

/// Where the common columns are looked up: what new domains are made from.
const TEMPLATE: &str = include_str!("../../templates/entity.rs");

/// A column that only some domains have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnColumn {
    pub(crate) name: String,
    pub(crate) holds: &'static str,
    is_null: bool,
    indexed: bool,
}

impl OwnColumn {
    fn told(&self) -> String {
        let null = if self.is_null { "may be NULL" } else { "is never NULL" };
        let index = if self.indexed { ", has an index" } else { "" };
        format!("{}, {null}{index}", self.holds)
    }
}

/// A field of an entity as it is written, its attributes before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EntityField {
    name: String,
    kind: String,
    attributes: String,
}

impl EntityField {
    fn told(&self) -> String {
        let Self { name, kind, attributes } = self;
        let space = if attributes.is_empty() { "" } else { " " };
        format!("`{attributes}{space}pub {name}: {kind}`")
    }
}

/// The ten common columns are the same in all entities.
pub(super) fn are_alike(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for domain in Domain::all(files) {
        let path = entity(&domain);
        let fields = entity_fields(files.text(&path));
        for common in entity_fields(TEMPLATE) {
            match fields.iter().find(|field| field.name == common.name) {
                None => found.push(format!(
                    "{path} lacks the column {}: every log table has it; add {}",
                    common.name,
                    common.told()
                )),
                Some(field) if *field != common => found.push(format!(
                    "{path} has {}, and the other log tables {}: the common columns must not differ",
                    field.told(),
                    common.told()
                )),
                Some(_) => {}
            }
        }
    }
    found
}

/// The migration makes the own columns that the entity has, and a column of one name is the same in all domains, as a
/// search looks at all tables in one statement.
pub(super) fn are_made_as_they_are_read(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    let mut known: Vec<(OwnColumn, String)> = Vec::new();
    for domain in Domain::all(files) {
        let read = own_columns(files, &domain);
        if let Some((version, made)) = made_by(files, &domain.table) {
            let made = made_columns(made);
            let later = |column: &OwnColumn| is_added_later(files, version, &column.name);
            for column in &read {
                match made.iter().find(|made| made.name == column.name) {
                    None if later(column) => {}
                    None => found.push(format!(
                        "{} has the column {}, which no migration makes: add it to migration/src/{version}.rs, or, if \
                         that was released, to a new migration",
                        entity(&domain),
                        column.name
                    )),
                    Some(made) if made != column => found.push(format!(
                        "the column {} of {} is not as it is made: the entity says {}; migration/src/{version}.rs says {}",
                        column.name,
                        domain.table,
                        column.told(),
                        made.told()
                    )),
                    Some(_) => {}
                }
            }
            let forgotten = made.iter().filter(|made| read.iter().all(|column| column.name != made.name));
            found.extend(forgotten.map(|made| {
                format!(
                    "{} lacks the column {}, which migration/src/{version}.rs makes",
                    entity(&domain),
                    made.name
                )
            }));
        }
        for column in read {
            match known.iter().find(|(other, _)| other.name == column.name) {
                Some((other, table)) if other.holds != column.holds => found.push(format!(
                    "the column {} is {} in {} and {} in {table}: a search looks at both; give one another name",
                    column.name, column.holds, domain.table, other.holds
                )),
                Some(_) => {}
                None => known.push((column, domain.table.clone())),
            }
        }
    }
    found
}

/// The columns of a domain's entity that not every log table has.
pub(crate) fn own_columns(files: &Files, domain: &Domain) -> Vec<OwnColumn> {
    let common = entity_fields(TEMPLATE);
    let mut fields = entity_fields(files.text(&entity(domain)));
    fields.retain(|field| common.iter().all(|common| common.name != field.name));
    fields.into_iter().map(own_column).collect()
}

fn own_column(field: EntityField) -> OwnColumn {
    let inner = field.kind.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>'));
    let holds = match inner.unwrap_or(&field.kind) {
        "i32" => "a 32-bit number",
        "i64" => "a 64-bit number",
        _ => "text",
    };
    OwnColumn {
        holds,
        is_null: inner.is_some(),
        indexed: field.attributes.contains("indexed"),
        name: field.name,
    }
}

/// What the calls of a migration make: `.text("method").integer("retry_count")`.
fn made_columns(calls: &str) -> Vec<OwnColumn> {
    let mut columns: Vec<OwnColumn> = Vec::new();
    for call in calls.split('.').map(str::trim).filter(|call| !call.is_empty()) {
        let (method, rest) = call.split_once('(').unwrap_or((call, ""));
        let name = between(rest, "\"", "\"").unwrap_or_default().to_owned();
        let (holds, is_null) = match method {
            "text" | "indexed_text" => ("text", true),
            "integer" => ("a 32-bit number", false),
            "big_integer" => ("a 64-bit number", false),
            _ => {
                if let Some(last) = columns.last_mut() {
                    last.is_null = method == "optional";
                }
                continue;
            }
        };
        columns.push(OwnColumn { name, holds, is_null, indexed: method == "indexed_text" });
    }
    columns
}

/// A column that a table did not have at first is named in a migration after it.
fn is_added_later(files: &Files, version: &str, column: &str) -> bool {
    let first = format!("migration/src/{version}.rs");
    let forms = [format!("COLUMN {column} "), format!("\"{column}\"")];
    let names_it = |text: &str| forms.iter().any(|form| text.contains(form));
    files.under("migration/src/m2").any(|(path, text)| path > first.as_str() && names_it(text))
}

fn entity(domain: &Domain) -> String {
    format!("{}/src/entity.rs", domain.folder())
}

fn entity_fields(code: &str) -> Vec<EntityField> {
    let model = between(code, "pub struct Model {", "\n}").unwrap_or_default();
    let (mut fields, mut attributes) = (Vec::new(), String::new());
    for line in model.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push_str(line);
        } else if let Some((name, kind)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")) {
            let kind = kind.trim_end_matches(',').to_owned();
            fields.push(EntityField {
                name: name.to_owned(),
                kind,
                attributes: std::mem::take(&mut attributes),
            });
        }
    }
    fields
}
