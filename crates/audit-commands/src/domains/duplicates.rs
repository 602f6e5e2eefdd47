//! Ids that name several events. Storing compares an event with three months only, and two replicas can store at the same
//! moment; this command compares everything.

use std::process::ExitCode;

use audit_query::{AccessAction, Unrecorded};
use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement, prelude::Uuid};
use serde::Serialize;
use serde_json::Value as Json;

use super::{DomainsFormat, whole_table};
use crate::{
    context::Context,
    exit::CommandResult,
    reading::Session,
    terminal::{Items, Line, Table, note, print, to_json},
};

/// An id, and how many events of a domain have it.
#[derive(Debug, Serialize)]
struct Duplicate {
    domain: &'static str,
    id: Uuid,
    events: i64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

pub(super) async fn duplicates(
    context: &Context<'_>,
    limit: u32,
    format: DomainsFormat,
    arguments: Json,
) -> CommandResult {
    let db = context.config.database().open_migrated().await?;
    let session = Session::open(context).await?;
    let max = usize::try_from(limit)?;
    let (mut found, mut cut) = (Vec::new(), Vec::new());
    for registration in context.domains {
        let log = &registration.log;
        let mut of_domain = find(&db, log.domain().name(), log.table().name, limit).await?;
        if of_domain.len() > max {
            of_domain.truncate(max);
            cut.push(log.domain().name());
        }
        found.extend(of_domain);
    }
    db.close().await?;
    let answer = Unrecorded::new(AccessAction::Duplicates, found.len(), found);
    let found = session.release(answer, arguments).await?;

    match format {
        DomainsFormat::Table => table(&found).print()?,
        DomainsFormat::Json => print(to_json(&Items { items: &found })?)?,
        DomainsFormat::Array => print(to_json(&found)?)?,
    };
    if !cut.is_empty() {
        note(&format!("{} has more: raise --limit to see them", cut.join(", ")));
    }
    if found.is_empty() {
        note("no duplicates: each id names one event");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Returns the first duplicates by id, and one more than the limit if there are more.
///
/// The database groups and sorts, on its disk where memory does not suffice, and takes as long as that takes.
async fn find(
    db: &DatabaseConnection,
    domain: &'static str,
    table: &str,
    limit: u32,
) -> Result<Vec<Duplicate>, DbErr> {
    let whole = whole_table::begin(db).await?;
    let sql = format!(
        "SELECT id, count(*), min(occurred_at), max(occurred_at) FROM {table}
        GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT {}",
        u64::from(limit) + 1,
    );
    let rows = whole.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    whole.commit().await?;
    let read = |row: &QueryResult| {
        Ok(Duplicate {
            domain,
            id: row.try_get_by_index(0)?,
            events: row.try_get_by_index(1)?,
            first: row.try_get_by_index(2)?,
            last: row.try_get_by_index(3)?,
        })
    };
    rows.iter().map(read).collect()
}

fn table(found: &[Duplicate]) -> Table {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let line = |duplicate: &Duplicate| Line {
        heading: None,
        cells: vec![
            duplicate.domain.to_owned(),
            duplicate.id.to_string(),
            time(duplicate.first),
            time(duplicate.last),
            duplicate.events.to_string(),
        ],
        is_failure: false,
    };
    let header = ["DOMAIN", "ID", "FIRST", "LAST", "EVENTS"].map(str::to_owned).to_vec();
    Table { header, lines: found.iter().map(line).collect(), ends_with_number: true }
}
