//! Why a domain is not added, in sentences.

use std::collections::BTreeSet;

use super::{
    Field, Kind, NewDomain,
    name::{is_action, is_kebab},
};
use crate::repository::{FileError, Repository};

/// Queues, tables and indexes are named after it; PostgreSQL cuts off what is longer than 63 bytes.
const MAX_NAME_LENGTH: usize = 30;
const MAX_TABLE_LENGTH: usize = 40;
const MAX_COLUMN_LENGTH: usize = 30;
/// `new` takes the action, the actor, and these: Clippy's limit is seven.
const MAX_REQUIRED_FIELDS: usize = 5;
const MAX_ABOUT_LENGTH: usize = 60;
const MAX_ACTION_LENGTH: usize = 100;

/// Where `ingest.read_actions` is.
const DEFAULTS: &str = "crates/audit-config/src/default.toml";

/// What PostgreSQL, SQLite or Rust takes for something else where a column's name is not quoted.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "abstract", "add", "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "async",
    "autoincrement", "await", "between", "both", "box", "break", "case", "cast", "check", "collate", "column",
    "commit", "const", "constraint", "continue", "crate", "create", "current_date", "current_time",
    "current_timestamp", "current_user", "default", "deferrable", "delete", "desc", "distinct", "do", "drop", "dyn",
    "else", "end", "enum", "escape", "except", "exists", "extern", "false", "fetch", "final", "fn", "for", "foreign",
    "gen", "grant", "group", "having", "if", "impl", "in", "index", "initially", "insert", "intersect", "into", "is",
    "isnull", "join", "lateral", "leading", "let", "like", "localtime", "localtimestamp", "loop", "match", "mod",
    "move", "mut", "not", "notnull", "null", "offset", "on", "only", "or", "override", "placing", "primary", "priv",
    "pub", "raise", "ref", "references", "return", "returning", "select", "self", "session_user", "set", "some",
    "static", "struct", "super", "symmetric", "table", "then", "trailing", "trait", "transaction", "true", "try",
    "type", "typeof", "union", "unique", "unsafe", "update", "use", "user", "using", "values", "variadic", "when",
    "where", "window", "with", "yield",
];

/// Columns of every log table, and the filters and options of every search.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "id", "seq", "action_type", "actor_id", "actor_type", "resource_id", "occurred_at", "recorded_at", "trace_id",
    "extra", "domain", "from", "to", "order", "limit", "cursor", "tz", "format", "bom", "q", "widen", "by", "bucket",
    "key", "number", "event_id",
];

pub(super) fn all(new: &NewDomain, repository: &Repository) -> Result<Vec<String>, FileError> {
    let mut found = names(new);
    // What has no name can't be looked up.
    if found.is_empty() {
        found.extend(taken(new, repository)?);
        found.extend(fields(new));
        found.extend(fields_of_others(new, repository)?);
        found.extend(actions(new, repository)?);
        found.extend(about(new));
    }
    Ok(found)
}

fn names(new: &NewDomain) -> Vec<String> {
    let (name, table, mut found) = (&new.name, new.table(), Vec::new());
    if !is_kebab(name) {
        found.push(format!(
            "`{name}` is no name of a domain: use small letters, digits and -, such as gift-card"
        ));
    } else if name.len() > MAX_NAME_LENGTH {
        found.push(format!("`{name}` is too long: a domain's name has at most {MAX_NAME_LENGTH} letters"));
    }
    let inner = table.strip_prefix("p_").and_then(|rest| rest.strip_suffix("_log"));
    if !inner.is_some_and(|inner| is_kebab(&inner.replace('_', "-"))) {
        found.push(format!("`{table}` is no name of a log table: call it p_…_log, such as p_gift_card_log"));
    } else if table.len() > MAX_TABLE_LENGTH {
        found.push(format!("`{table}` is too long: a table's name has at most {MAX_TABLE_LENGTH} letters"));
    }
    found
}

fn taken(new: &NewDomain, repository: &Repository) -> Result<Vec<String>, FileError> {
    let (table, mut found) = (new.table(), Vec::new());
    if repository.has(&new.folder()) {
        found.push(format!("there is a domain `{}`: its crate is {}", new.name, new.folder()));
    }
    for file in repository.names("migration/src")?.iter().filter(|name| name.starts_with("m2")) {
        let migration = repository.text(&format!("migration/src/{file}"))?;
        // Others add columns to it.
        if migration.contains(&format!("\"{table}\"")) && migration.contains(".create(") {
            found.push(format!("there is a table `{table}`: migration/src/{file} creates it"));
        }
    }
    Ok(found)
}

fn fields(new: &NewDomain) -> Vec<String> {
    let (id, mut found) = (new.id(), Vec::new());
    if matches!(id.kind, Kind::Text | Kind::I32) || id.indexed {
        found.push(format!("`{}`, the id, must be a uuid or an i64; it may always be absent", id.name));
    }
    let common = ["event_id", "action_type", "actor_type", "actor_user_id", "occurred_at"];
    let mut names = BTreeSet::from(common.map(str::to_owned));
    for field in std::iter::once(&id).chain(&new.own) {
        let (name, column) = (&field.name, field.column());
        if TAKEN.contains(&&*column) {
            found.push(format!(
                "`{name}` can't be a field: `{column}` is what every log table or every search calls something else"
            ));
        } else if RESERVED.contains(&&*column) {
            found.push(format!("`{name}` can't be a field: `{column}` is a word of Rust or SQL"));
        } else if column.len() > MAX_COLUMN_LENGTH {
            found.push(format!("`{name}` is too long: a column has at most {MAX_COLUMN_LENGTH} letters"));
        } else if !names.insert(column) {
            found.push(format!("`{name}` is there twice: every event has it, or it was named before"));
        }
    }
    let required = new.own.iter().filter(|field| field.is_required()).count();
    if required > MAX_REQUIRED_FIELDS {
        found.push(format!(
            "{required} required fields are too many: at most {MAX_REQUIRED_FIELDS}; write ? behind those that may be \
             absent"
        ));
    }
    found
}

/// A search reads all tables in one statement: a column of one name has one type in all of them.
fn fields_of_others(new: &NewDomain, repository: &Repository) -> Result<Vec<String>, FileError> {
    let mut found = Vec::new();
    for domain in repository.domains()? {
        let path = format!("crates/{domain}-log/src/entity.rs");
        let entity = repository.text(&path)?;
        let differs = |field: &&Field| {
            let declared = format!("pub {}: ", field.column());
            let kind = entity.lines().find_map(|line| line.trim().strip_prefix(&declared));
            kind.is_some_and(|kind| !kind.contains(field.in_entity()))
        };
        found.extend(new.own.iter().filter(differs).map(|field| {
            format!(
                "`{}` has another type in {path}, and one search reads both: take that type, or another name",
                field.name
            )
        }));
    }
    Ok(found)
}

fn actions(new: &NewDomain, repository: &Repository) -> Result<Vec<String>, FileError> {
    let mut found = Vec::new();
    let defaults = repository.text(DEFAULTS)?;
    let not_stored = defaults.lines().find(|line| line.starts_with("read_actions = ")).unwrap_or_default();
    let mut before = BTreeSet::new();
    if new.actions.is_empty() {
        found.push("a domain needs an action: --actions CREATED,DELETED".to_owned());
    }
    for action in &new.actions {
        if !is_action(action) || ["ALL", "FAILURES"].contains(&&**action) || action.len() > MAX_ACTION_LENGTH
        {
            found.push(format!(
                "`{action}` can't be an action: use large letters, such as CREATE_FAILED, not ALL"
            ));
        } else if not_stored.contains(&format!("\"{action}\"")) {
            found.push(format!("`{action}` is one of ingest.read_actions: such events are not stored"));
        } else if !before.insert(action) {
            found.push(format!("the action `{action}` is there twice"));
        }
    }
    Ok(found)
}

fn about(new: &NewDomain) -> Option<String> {
    let about = new.about();
    let is_plain = |letter: char| !letter.is_control() && !"\"\\«»".contains(letter);
    let is_good =
        !about.trim().is_empty() && about.chars().all(is_plain) && about.chars().count() <= MAX_ABOUT_LENGTH;
    (!is_good).then(|| {
        format!("--about takes a few words, at most {MAX_ABOUT_LENGTH} characters, such as \"gift cards\"")
    })
}
