use std::process::ExitCode;

use super::{CommandResult, print, reading::wrong};
use crate::{
    cli::RolesArgs,
    config::Config,
    database::{self, DatabaseUrl},
    powerful_role::{self, Listed},
};

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
    database::run(&config.database, &roles.statements(schema)).await?;
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
    let db = database::open_migrated(&config.database).await?;
    let found = powerful_role::powers(&db, &config.database).await?;
    db.close().await?;
    if found.powers.is_empty() {
        return print(format!("the role {} can add to the log, and change nothing in it\n", found.role));
    }
    print(format!("{}\n", Listed(&found)))?;
    Ok(ExitCode::FAILURE)
}
