use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait,
};
use serde::Serialize;

use super::{CommandResult, in_json, print};
use audit_config::Config;

use crate::domains::all;

/// A domain, where its events come from and where they go.
#[derive(Debug, Serialize)]
struct Line {
    domain: &'static str,
    table: &'static str,
    queue: String,
    routing_key: String,
    rows: i64,
}

pub(super) async fn domains(config: &Config, json: bool) -> CommandResult {
    let db = config.database().open_migrated().await?;
    let topology = config.topology();
    let mut lines = Vec::new();
    for log in all() {
        let (domain, table) = (log.domain(), log.table().name);
        lines.push(Line {
            domain: domain.name(),
            table,
            queue: topology.queue(domain),
            routing_key: domain.routing_key(),
            rows: count(&db, table).await?,
        });
    }
    db.close().await?;
    if json { print(in_json(&lines)?) } else { print(table(&lines)) }
}

async fn count(db: &DatabaseConnection, table: &str) -> Result<i64, DbErr> {
    let whole = read_whole(db).await?;
    let sql = format!("SELECT count(*) FROM {table}");
    let counted = whole.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    whole.commit().await?;
    counted.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// A transaction that reads a table from end to end, and takes as long as that takes.
pub(super) async fn read_whole(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = db.begin().await?;
    if db.get_database_backend() == DbBackend::Postgres {
        let settings =
            "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout TO 0; SET LOCAL enable_seqscan TO on";
        transaction.execute_unprepared(settings).await?;
    }
    Ok(transaction)
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
