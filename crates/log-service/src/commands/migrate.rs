use audit_core::terminal::visible;
use migration::{OtherLogs, Version};

use super::{CommandResult, print, roles::roles};
use audit_config::Config;

use crate::cli::MigrateAction;

pub(super) async fn migrate(config: &Config, action: MigrateAction) -> CommandResult {
    let text = match action {
        MigrateAction::Up => up(config).await?,
        MigrateAction::Status => status(config).await?,
        MigrateAction::Roles(args) => return roles(config, &args).await,
    };
    print(&text)
}

async fn up(config: &Config) -> Result<String, Box<dyn std::error::Error>> {
    let db = config.database().open().await?;
    let added = migration::up(&db, &config.database.schema, OtherLogs::Allowed).await?;
    db.close().await?;
    Ok(match added.as_slice() {
        [] => "nothing to do: the database has all versions\n".to_owned(),
        added => format!("added {}\n", added.join("\nadded ")),
    })
}

async fn status(config: &Config) -> Result<String, Box<dyn std::error::Error>> {
    let db = config.database().open().await?;
    let versions = migration::status(&db, &config.database.schema, OtherLogs::Allowed).await?;
    db.close().await?;
    let state = |applied| if applied { "applied" } else { "pending" };
    let line = |version: &Version| format!("{:<8} {}\n", state(version.applied), visible(&version.name));
    Ok(versions.iter().map(line).collect::<Vec<_>>().concat())
}
