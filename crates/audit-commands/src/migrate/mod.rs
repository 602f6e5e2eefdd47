mod roles;

use audit_core::terminal::visible;
use clap::{Args, Subcommand};
use migration::{OtherLogs, Version};

use crate::{context::Context, exit::CommandResult, terminal::print};

/// Migrate the database's schema to this program's version, list its versions, or set up roles.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// What to do with the schema.
    #[command(subcommand)]
    action: MigrateAction,
}

#[derive(Debug, Subcommand)]
enum MigrateAction {
    /// Migrate to the newest version. Several processes may do this at once.
    Up,
    /// List all versions and whether the database has them. Changes nothing.
    Status,
    Roles(roles::RolesArgs),
}

pub(crate) async fn migrate(context: &Context<'_>, args: &MigrateArgs) -> CommandResult {
    match &args.action {
        MigrateAction::Up => up(context).await,
        MigrateAction::Status => status(context).await,
        MigrateAction::Roles(args) => roles::roles(context, args).await,
    }
}

async fn up(context: &Context<'_>) -> CommandResult {
    let db = context.config.database().open().await?;
    let added = migration::up(&db, &context.config.database.schema, OtherLogs::Allowed).await?;
    db.close().await?;
    print(match added.as_slice() {
        [] => "nothing to do: the schema is up to date\n".to_owned(),
        added => format!("added {}\n", added.join("\nadded ")),
    })
}

async fn status(context: &Context<'_>) -> CommandResult {
    let db = context.config.database().open().await?;
    let versions = migration::status(&db, &context.config.database.schema, OtherLogs::Allowed).await?;
    db.close().await?;
    let state = |applied| if applied { "applied" } else { "pending" };
    let line = |version: &Version| format!("{:<8} {}\n", state(version.applied), visible(&version.name));
    print(versions.iter().map(line).collect::<String>())
}
