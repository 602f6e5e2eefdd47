use std::process::ExitCode;

use audit_database::{DatabaseUrl, PowerList};
use audit_query::AccessLog;
use clap::Args;
use migration::{RoleName, Roles};

use crate::{context::Context, exit::CommandResult, terminal::print, usage::UsageError};

/// Print the SQL that makes PostgreSQL's roles: an owner, who migrates, a writer, who runs the service, and a reader.
///
/// It gives the schema and all that is in it to the owner, whosever it was, and writer and reader the rights that
/// they need, and no others. It is for a superuser, or for a role with CREATEROLE that is a member of today's
/// owner, and can be run again at any time. Roles that are there are used as they are; passwords are set afterwards, by
/// psql's \password.
#[derive(Debug, Args)]
pub(super) struct RolesArgs {
    /// Who migrates.
    #[arg(long, value_name = "NAME", default_value = "log_owner")]
    owner: RoleName,
    /// Who runs the service.
    #[arg(long, value_name = "NAME", default_value = "log_writer")]
    writer: RoleName,
    /// Who only reads.
    #[arg(long, value_name = "NAME", default_value = "log_reader")]
    reader: RoleName,
    /// Run the SQL over the configured connection in place of printing it.
    #[arg(long)]
    apply: bool,
    /// Change nothing: list what the configured role could do to the log. The exit status is 1 if there is anything.
    #[arg(long, conflicts_with_all = ["apply", "owner", "writer", "reader"])]
    check: bool,
}

impl RolesArgs {
    fn roles(&self) -> Roles {
        Roles { owner: self.owner.clone(), writer: self.writer.clone(), reader: self.reader.clone() }
    }
}

pub(super) async fn roles(context: &Context<'_>, args: &RolesArgs) -> CommandResult {
    if !matches!(context.config.database.url, DatabaseUrl::Postgres(_)) {
        return Err("SQLite has no roles: whoever may write its file can change what is in it. Leave the file to the \
                    service's own user, or name a PostgreSQL in database.url"
            .into());
    }
    if args.check {
        return check(context).await;
    }
    let roles = args.roles();
    if let Some((option, name)) = roles.same() {
        return Err(
            UsageError::new(option, format!("a role of its own; {name} is another one already")).into()
        );
    }
    let schema = &context.config.database.schema;
    if !args.apply {
        return print(roles.script(schema));
    }
    context.config.database().run(&roles.statements(schema)).await?;
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

async fn check(context: &Context<'_>) -> CommandResult {
    let database = context.config.database();
    let db = database.open_migrated().await?;
    let access_log = AccessLog::table().table;
    let tables = context.domains.iter().map(|domain| domain.log.table()).chain([&access_log]);
    let tables: Vec<_> = tables.map(|table| table.name).collect();
    let found = database.role_powers(&db, &tables).await?;
    db.close().await?;
    if found.powers.is_empty() {
        return print(format!("the role {} can add to the log, and change nothing in it\n", found.role));
    }
    print(format!("{}\n", PowerList(&found)))?;
    Ok(ExitCode::FAILURE)
}
