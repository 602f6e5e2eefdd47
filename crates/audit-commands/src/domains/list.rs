use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use serde::Serialize;

use super::whole_table;
use crate::{
    context::Context,
    exit::CommandResult,
    terminal::{print, to_json},
};

/// A domain, where its events come from and where they go.
#[derive(Debug, Serialize)]
struct Line {
    domain: &'static str,
    table: &'static str,
    queue: String,
    routing_key: String,
    rows: i64,
}

pub(super) async fn list(context: &Context<'_>, json: bool) -> CommandResult {
    let db = context.config.database().open_migrated().await?;
    let topology = context.config.topology();
    let mut lines = Vec::new();
    for registration in context.domains {
        let (domain, table) = (registration.log.domain(), registration.log.table().name);
        lines.push(Line {
            domain: domain.name(),
            table,
            queue: topology.queue(domain),
            routing_key: domain.routing_key(),
            rows: count(&db, table).await?,
        });
    }
    db.close().await?;
    if json { print(to_json(&lines)?) } else { print(table(&lines)) }
}

async fn count(db: &DatabaseConnection, table: &str) -> Result<i64, DbErr> {
    let whole = whole_table::begin(db).await?;
    let sql = format!("SELECT count(*) FROM {table}");
    let counted = whole.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    whole.commit().await?;
    counted.map_or(Ok(0), |row| row.try_get_by_index(0))
}

fn table(lines: &[Line]) -> String {
    let header = ["DOMAIN", "TABLE", "QUEUE", "ROUTING KEY", "ROWS"].map(str::to_owned);
    let cells = lines.iter().map(|line| {
        [
            line.domain.to_owned(),
            line.table.to_owned(),
            line.queue.clone(),
            line.routing_key.clone(),
            line.rows.to_string(),
        ]
    });
    let rows: Vec<_> = std::iter::once(header).chain(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |[domain, table, queue, key, count]: &[String; 5]| {
        let [w0, w1, w2, w3, w4] = widths;
        format!("{domain:w0$}  {table:w1$}  {queue:w2$}  {key:w3$}  {count:>w4$}\n")
    };
    rows.iter().map(line).collect()
}
