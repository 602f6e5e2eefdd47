use std::fs::OpenOptions;

use audit_config::{Config, PowerfulRole};
use audit_database::{DatabaseUrl, PowerList, SqliteUrl};
use audit_query::AccessLog;
use migration::OtherLogs;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::report::Check;
use crate::context::Context;

const NAME: &str = "database";
const MIGRATE: &str = "run `log-service migrate up`";
/// How many tables or rights are named: a log has hundreds.
const MAX_NAMED: usize = 6;

/// Connects, and looks at the schema, the role's rights, and the partitions.
pub(super) async fn check(context: &Context<'_>) -> Vec<Check> {
    let config = context.config;
    let db = match config.database().open_unchanged().await {
        Ok(db) => db,
        Err(error) => {
            return vec![
                Check::problem(NAME, error.to_string(), error.remedy()),
                Check::skipped("schema", "not checked: it needs the database"),
            ];
        }
    };
    let mut checks = vec![server(&db, config).await];
    let schema = schema(&db, config).await;
    match schema {
        Ok(detail) => {
            checks.push(Check::ok("schema", detail));
            match &config.database.url {
                DatabaseUrl::Postgres(_) => checks.extend(postgres(&db, context).await),
                DatabaseUrl::Sqlite(file) => checks.push(file_rights(file)),
            }
        }
        Err(missing) => checks.push(missing),
    }
    if config.database.read_url.is_some() {
        checks.push(replica(config).await);
    }
    // It ends with the process in any case.
    let _ = db.close().await;
    checks
}

async fn server(db: &DatabaseConnection, config: &Config) -> Check {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT 'PostgreSQL ' || current_setting('server_version') || ', as ' || quote_ident(session_user)"
        }
        _ => "SELECT 'SQLite ' || sqlite_version()",
    };
    match text(db, sql).await {
        Ok(server) => Check::ok(NAME, format!("{} ({server})", config.database.url)),
        Err(error) => Check::problem(NAME, error.to_string(), None),
    }
}

async fn text(db: &DatabaseConnection, sql: &str) -> Result<String, DbErr> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(0))
}

async fn schema(db: &DatabaseConnection, config: &Config) -> Result<String, Check> {
    let versions = migration::status(db, &config.database.schema, OtherLogs::Refused).await;
    let versions = versions.map_err(|error| Check::problem("schema", error.to_string(), None))?;
    let pending = versions.iter().filter(|version| !version.applied).map(|version| version.name.clone());
    let pending: Vec<_> = pending.collect();
    if pending.is_empty() {
        return Ok(format!("all {} versions", versions.len()));
    }
    let lacks = format!("lacks {} of {} versions: {}", pending.len(), versions.len(), some_of(&pending));
    let remedy = if config.database.migrate_at_start {
        format!("{MIGRATE}, or start the service, which does that (database.migrate_at_start)")
    } else {
        MIGRATE.to_owned()
    };
    Err(Check::problem("schema", lacks, Some(&remedy)))
}

/// Opening a file for writing changes nothing in it.
fn file_rights(file: &SqliteUrl) -> Check {
    let path = file.options.get_filename();
    match OpenOptions::new().write(true).open(path) {
        Ok(_) => Check::ok("rights", "the file can be written"),
        Err(error) => Check::problem(
            "rights",
            format!("can't write {}: {error}", path.display()),
            Some("run the service as the file's owner"),
        ),
    }
}

/// What only PostgreSQL has: rights and partitions.
async fn postgres(db: &DatabaseConnection, context: &Context<'_>) -> [Check; 3] {
    let access_log = AccessLog::table().table;
    let tables = context.domains.iter().map(|domain| domain.log.table()).chain([&access_log]);
    let tables: Vec<_> = tables.map(|table| table.name).collect();
    let rights = migration::missing_rights(db, &tables).await;
    let may_make_partitions = rights.as_ref().is_ok_and(Vec::is_empty);
    [
        match rights {
            Ok(missing) if missing.is_empty() => Check::ok("rights", "can add to every log table"),
            Ok(missing) => Check::problem(
                "rights",
                format!("missing: {}", some_of(&missing)),
                Some("as an administrator, run `log-service migrate roles --apply`"),
            ),
            Err(error) => Check::problem("rights", error.to_string(), None),
        },
        role(db, context.config, &tables).await,
        partitions(db, context.config, &tables, may_make_partitions).await,
    ]
}

async fn role(db: &DatabaseConnection, config: &Config, tables: &[&str]) -> Check {
    const REMEDY: &str = "`log-service migrate roles` makes a role that can only add";
    match config.database().role_powers(db, tables).await {
        Ok(found) if found.powers.is_empty() => {
            Check::ok("role", format!("{} can change nothing in the log", found.role))
        }
        Ok(found) => {
            let powers = PowerList(&found).to_string().replace('\n', " ");
            match config.database.powerful_role {
                PowerfulRole::Refuse => Check::problem("role", powers, Some(REMEDY)),
                PowerfulRole::Warn => Check::ok("role", format!("{powers}; {REMEDY}")),
            }
        }
        Err(error) => Check::problem("role", error.to_string(), None),
    }
}

async fn partitions(db: &DatabaseConnection, config: &Config, tables: &[&str], may_make: bool) -> Check {
    let ahead = config.database.months_ahead().0;
    match migration::missing_partitions(db, tables, ahead).await {
        Ok(missing) if missing.is_empty() => {
            Check::ok("partitions", format!("of this month and the next {ahead}"))
        }
        Ok(missing) if may_make => Check::ok(
            "partitions",
            format!("not yet: {}; the service makes them when it starts", some_of(&missing)),
        ),
        Ok(missing) => Check::problem(
            "partitions",
            format!("missing: {}", some_of(&missing)),
            Some("give the role its rights: the service makes partitions when it starts"),
        ),
        Err(error) => Check::problem("partitions", error.to_string(), None),
    }
}

async fn replica(config: &Config) -> Check {
    match config.database().open_for_reading().await {
        Ok(db) => {
            let _ = db.close().await;
            let url = config.database.read_url.as_ref().map(DatabaseUrl::to_string).unwrap_or_default();
            Check::ok("replica", url)
        }
        Err(error) => Check::problem("replica", error.to_string(), Some("check database.read_url")),
    }
}

fn some_of(names: &[String]) -> String {
    let first = names.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
