use std::process::ExitCode;

use super::{CommandResult, print, reading::wrong};
use crate::{cli::RolesArgs, domains::all};
use audit_config::Config;
use audit_core::store::DomainLog;
use audit_database::{DatabaseUrl, PowerList};
use audit_query::AccessLog;

pub(super) async fn roles(config: &Config, args: &RolesArgs) -> CommandResult {
    if !matches!(config.database.url, DatabaseUrl::Postgres(_)) {
        return Err("SQLite has no roles: whoever may write its file can change what is in it. Leave the file to the \
                    service's own user, or name a PostgreSQL in database.url"
            .into());
    }
    if args.check {
        return check(config).await;
    }
    let roles = args.roles();
    if let Some((option, name)) = roles.same() {
        return Err(wrong(option, format!("a role of its own; {name} is another one already")).into());
    }
    let schema = &config.database.schema;
    if !args.apply {
        return print(roles.script(schema));
    }
    config.database().run(&roles.statements(schema)).await?;
    print(format!(
        "the schema {schema} is {owner}'s, {writer} may add to it, {reader} may read it. Now:\n\
         - set their passwords, in psql with \\password\n\
         - migrate as {owner}: DB_USERNAME={owner} log-service migrate up\n\
         - run the service as {writer}, with database.migrate_at_start = false\n",
        owner = roles.owner,
        writer = roles.writer,
        reader = roles.reader,
    ))
}

async fn check(config: &Config) -> CommandResult {
    let db = config.database().open_migrated().await?;
    let (domains, access_log) = (all(), AccessLog::table().table);
    let tables: Vec<_> =
        domains.iter().map(DomainLog::table).chain([&access_log]).map(|table| table.name).collect();
    let found = config.database().role_powers(&db, &tables).await?;
    db.close().await?;
    if found.powers.is_empty() {
        return print(format!("the role {} can add to the log, and change nothing in it\n", found.role));
    }
    print(format!("{}\n", PowerList(&found)))?;
    Ok(ExitCode::FAILURE)
}
