use std::collections::BTreeSet;

use super::{
    Absent, Field, Kind, NewDomain,
    name::{is_action, is_kebab, objection},
    template::FormatError,
};
use crate::{
    Domain, Files,
    check::columns::{OwnColumn, own_columns},
    domains::between,
    places::NoPlace,
};

/// Why a domain is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Somebody else has it, or nobody can.
    #[error("{0}")]
    Asked(String),
    /// A file is not as it was expected.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    /// The code that was made can't be formatted.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Names of queues, tables and indexes are made from it; PostgreSQL cuts those off that have more than 63 bytes.
const LONGEST_NAME: usize = 30;
const LONGEST_TABLE: usize = 40;
const LONGEST_COLUMN: usize = 30;
const MOST_FIELDS: usize = 20;
/// `new` takes the action, the actor, and these.
const MOST_REQUIRED: usize = 5;
const LONGEST_ABOUT: usize = 60;
const LONGEST_ACTION: usize = 100;

pub(super) fn all(asked: &NewDomain, files: &Files) -> Vec<Refusal> {
    // A name that is none can't be looked for.
    let mut found = name(asked);
    if found.is_empty() {
        found.extend(taken(asked, files));
        found.extend(fields(asked));
        found.extend(fields_of_others(asked, files));
        found.extend(actions(asked, files));
        found.extend(about(asked));
    }
    found.into_iter().map(Refusal::Asked).collect()
}

fn name(asked: &NewDomain) -> Vec<String> {
    let Domain { name, table, .. } = &asked.domain;
    let mut found = Vec::new();
    if !is_kebab(name) {
        found.push(format!(
            "`{name}` is no name of a domain: use small letters, digits and -, such as gift-card"
        ));
    } else if name.len() > LONGEST_NAME {
        found.push(format!("`{name}` is too long: a domain's name has at most {LONGEST_NAME} letters"));
    }
    let inner = table.strip_prefix("p_").and_then(|rest| rest.strip_suffix("_log"));
    if !inner.is_some_and(|inner| is_kebab(&inner.replace('_', "-"))) {
        found.push(format!("`{table}` is no name of a log table: call it p_…_log, such as p_gift_card_log"));
    } else if table.len() > LONGEST_TABLE {
        found.push(format!("`{table}` is too long: a table's name has at most {LONGEST_TABLE} letters"));
    }
    found
}

fn taken(asked: &NewDomain, files: &Files) -> Vec<String> {
    let Domain { name, table, .. } = &asked.domain;
    let mut found = Vec::new();
    if files.has(&asked.domain.folder()) {
        found.push(format!("there is a domain `{name}`: {} is there", asked.domain.folder()));
    }
    let quoted = format!("\"{table}\"");
    if let Some((file, _)) = files.under("migration/src/").find(|(_, text)| text.contains(&quoted)) {
        found.push(format!("there is a table `{table}`: {file} makes it"));
    }
    found
}

fn fields(asked: &NewDomain) -> Vec<String> {
    let mut found = Vec::new();
    if matches!(asked.id.kind, Kind::Text | Kind::I32) || asked.id.indexed || asked.id.absent != Absent::Null
    {
        found.push(format!("`{}`, the id, must be a uuid or an i64; it may always be absent", asked.id.name));
    }
    let common = ["event_id", "action_type", "actor_type", "actor_user_id", "occurred_at"];
    let mut names = BTreeSet::from(common.map(str::to_owned));
    for field in std::iter::once(&asked.id).chain(&asked.own) {
        let (name, column) = (&field.name, field.column());
        if let Some(objection) = objection(&column) {
            found.push(format!("`{name}` can't be a field: `{column}` {objection}"));
        } else if column.len() > LONGEST_COLUMN {
            found.push(format!("`{name}` is too long: a column has at most {LONGEST_COLUMN} letters"));
        } else if !names.insert(column) {
            found.push(format!("`{name}` is there twice: every event has it, or it was named before"));
        }
    }
    if asked.own.len() > MOST_FIELDS {
        found.push(format!("{} own fields are too many: at most {MOST_FIELDS}", asked.own.len()));
    }
    let required = asked.own.iter().filter(|field| field.is_required()).count();
    if required > MOST_REQUIRED {
        found.push(format!(
            "{required} required fields are too many: at most {MOST_REQUIRED}; write ? behind those that may be absent"
        ));
    }
    found
}

/// A search looks at all tables at once: a column of one name has one type in all of them.
fn fields_of_others(asked: &NewDomain, files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for domain in Domain::all(files) {
        for OwnColumn { name, holds, .. } in own_columns(files, &domain) {
            let same = asked.own.iter().find(|field| field.column() == name);
            if same.is_some_and(|field| stored_as(field) != holds) {
                found.push(format!(
                    "`{name}` is {holds} in {}, and one search looks at both: take that type, or another name",
                    domain.table
                ));
            }
        }
    }
    found
}

fn stored_as(field: &Field) -> &'static str {
    match field.kind {
        Kind::Text | Kind::Uuid => "text",
        Kind::I32 => "a 32-bit number",
        Kind::I64 => "a 64-bit number",
    }
}

fn actions(asked: &NewDomain, files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    let defaults = files.text("crates/audit-config/src/default.toml");
    let only_read = between(defaults, "\nread_actions = [", "]").unwrap_or_default();
    let mut before = BTreeSet::new();
    if asked.actions.is_empty() {
        found.push("a domain needs an action: --actions CREATED,DELETED".to_owned());
    }
    for action in &asked.actions {
        if !is_action(action) || action == "ALL" || action.len() > LONGEST_ACTION {
            found.push(format!(
                "`{action}` can't be an action: use large letters, such as CREATE_FAILED, not ALL"
            ));
        } else if only_read.contains(&format!("\"{action}\"")) {
            found.push(format!("`{action}` is one of ingest.read_actions: such events are not stored"));
        } else if !before.insert(action) {
            found.push(format!("the action `{action}` is there twice"));
        }
    }
    found
}

fn about(asked: &NewDomain) -> Vec<String> {
    let about = &asked.about.log;
    let is_plain = |letter: char| !letter.is_control() && !"\"\\«»".contains(letter);
    let is_good =
        !about.trim().is_empty() && about.chars().all(is_plain) && about.chars().count() <= LONGEST_ABOUT;
    let refused =
        || format!("--about takes a few words, at most {LONGEST_ABOUT} characters, such as \"gift cards\"");
    (!is_good).then(refused).into_iter().collect()
}
