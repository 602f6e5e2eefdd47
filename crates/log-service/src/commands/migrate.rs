use audit_core::terminal::visible;
use migration::{OtherLogs, Version};

use super::{CommandResult, print};
use crate::{cli::MigrateAction, config::Config, database};

pub(super) async fn migrate(config: &Config, action: MigrateAction) -> CommandResult {
    let db = database::open(&config.database).await?;
    let schema = &config.database.schema;
    let text = match action {
        MigrateAction::Up => {
            let added = migration::up(&db, schema, OtherLogs::Allowed).await?;
            match added.as_slice() {
                [] => "nothing to do: the database has all versions\n".to_owned(),
                added => format!("added {}\n", added.join("\nadded ")),
            }
        }
        MigrateAction::Status => {
            let versions = migration::status(&db, schema, OtherLogs::Allowed).await?;
            let state = |applied| if applied { "applied" } else { "pending" };
            let line =
                |version: &Version| format!("{:<8} {}\n", state(version.applied), visible(&version.name));
            versions.iter().map(line).collect::<Vec<_>>().concat()
        }
    };
    db.close().await?;
    print(&text)
}
