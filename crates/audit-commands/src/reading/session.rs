use audit_config::Config;
use audit_database::DatabaseError;
use audit_query::{Access, AccessLog, LogTable, Queries, Range};
use chrono_tz::Tz;
use sea_orm::DbErr;
use serde_json::Value as Json;
use tracing::warn;

use super::access::reader_name;
use crate::{context::Context, terminal::note};

/// One reader's way to the log.
pub(crate) struct Session<'c> {
    pub(crate) queries: Queries,
    pub(crate) config: &'c Config,
    access_log: AccessLog,
    reader: String,
}

/// The access can't be recorded.
#[derive(Debug, thiserror::Error)]
#[error("the read can't be recorded, and reading.refuse_unrecorded refuses it then: {0}")]
pub(crate) struct Unrecorded(#[source] DbErr);

impl<'c> Session<'c> {
    /// Opens the log twice: queries use connections that can't write, the access log one that can.
    pub(crate) async fn open(context: &Context<'c>) -> Result<Self, DatabaseError> {
        let config = context.config;
        let writing = config.database().open_migrated().await?;
        let reading = config.database().open_for_reading().await?;
        let tables = context.domains.iter().map(|domain| LogTable::from(&domain.log)).collect();
        Ok(Self {
            queries: Queries::new(reading, tables, config.reading.limits()),
            config,
            access_log: AccessLog::new(writing),
            reader: reader_name(),
        })
    }

    /// The zone that times are shown in, and that times without one are read in.
    pub(crate) fn zone(&self, chosen: Option<Tz>) -> Tz {
        chosen.unwrap_or(self.config.web.time_zone)
    }

    /// Records an access. Nothing may be shown before, and after an error nothing may be shown at all.
    pub(crate) async fn record(
        &self,
        action: &'static str,
        resource: Option<&str>,
        arguments: &Json,
        rows: u64,
    ) -> Result<(), Unrecorded> {
        let recorded = self.access_log.record(Access {
            resource: resource.map(str::to_owned),
            question: Some(arguments.clone()),
            rows,
            ..Access::new(action, self.reader.clone(), "COMMAND_LINE")
        });
        match recorded.await {
            Err(error) if self.config.reading.refuse_unrecorded => Err(Unrecorded(error)),
            Err(error) => {
                warn!(%error, action, "the read can't be recorded");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Notes that the beginning of the range was assumed.
    pub(crate) fn note_assumed_range(&self, range: Range, has_end: bool) {
        const DAY: u64 = 24 * 60 * 60;
        if range.assumed {
            let days = self.queries.limits().default_range.as_secs() / DAY;
            let which =
                if has_end { format!("{days} days before --to") } else { format!("last {days} days") };
            note(&format!("showing the {which}; --from says otherwise"));
        }
    }
}
