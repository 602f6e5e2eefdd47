use std::process::ExitCode;

use audit_database::{DatabaseUrl, PowerList};
use audit_query::AccessLog;
use clap::Args;
use migration::{RoleName, Roles};

use crate::{context::Context, exit::CommandResult, terminal::print, usage::UsageError};

/// Print the SQL that creates PostgreSQL's roles: an owner that migrates, a writer that runs the service, and a reader.
///
/// It makes the owner the owner of the schema and everything in it, and grants writer and reader the rights that they
/// need and no others. Run it as a superuser, or as a role with CREATEROLE that is a member of the current owner; it can
/// be repeated at any time. Existing roles are used as they are. Set passwords afterwards, with psql's \password.
#[derive(Debug, Args)]
pub(super) struct RolesArgs {
    /// The role that migrates.
    #[arg(long, value_name = "NAME", default_value = "log_owner")]
    owner: RoleName,
    /// The role that runs the service.
    #[arg(long, value_name = "NAME", default_value = "log_writer")]
    writer: RoleName,
    /// The role that only reads.
    #[arg(long, value_name = "NAME", default_value = "log_reader")]
    reader: RoleName,
    /// Run the SQL over the configured connection instead of printing it.
    #[arg(long)]
    apply: bool,
    /// Change nothing: list how the configured role could change the log. The exit status is 1 if it could.
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
