use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use serde::Serialize;

use super::{DomainsFormat, whole_table};
use crate::{
    context::Context,
    exit::CommandResult,
    terminal::{Items, Line, Table, print, to_json},
};

/// A domain, where its events come from and where they go.
#[derive(Debug, Serialize)]
struct ListedDomain {
    domain: &'static str,
    table: &'static str,
    queue: String,
    routing_key: String,
    rows: i64,
}

pub(super) async fn list(context: &Context<'_>, format: DomainsFormat) -> CommandResult {
    let db = context.config.database().open_migrated().await?;
    let topology = context.config.topology();
    let mut domains = Vec::new();
    for registration in context.domains {
        let (domain, table) = (registration.log.domain(), registration.log.table().name);
        domains.push(ListedDomain {
            domain: domain.name(),
            table,
            queue: topology.queue(domain),
            routing_key: domain.routing_key(),
            rows: count(&db, table).await?,
        });
    }
    db.close().await?;
    match format {
        DomainsFormat::Table => table(&domains).print(),
        DomainsFormat::Json => print(to_json(&Items { items: &domains })?),
        DomainsFormat::Array => print(to_json(&domains)?),
    }
}

async fn count(db: &DatabaseConnection, table: &str) -> Result<i64, DbErr> {
    let whole = whole_table::begin(db).await?;
    let sql = format!("SELECT count(*) FROM {table}");
    let counted = whole.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    whole.commit().await?;
    counted.map_or(Ok(0), |row| row.try_get_by_index(0))
}

fn table(domains: &[ListedDomain]) -> Table {
    let line = |domain: &ListedDomain| Line {
        heading: None,
        cells: vec![
            domain.domain.to_owned(),
            domain.table.to_owned(),
            domain.queue.clone(),
            domain.routing_key.clone(),
            domain.rows.to_string(),
        ],
        is_failure: false,
    };
    let header = ["DOMAIN", "TABLE", "QUEUE", "ROUTING KEY", "ROWS"].map(str::to_owned).to_vec();
    Table { header, lines: domains.iter().map(line).collect(), ends_with_number: true }
}
