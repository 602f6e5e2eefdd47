use audit_config::Config;
use audit_database::DatabaseError;
use audit_query::{
    AccessAction, AccessLog, AccessRecord, Accessor, LogReader, LogTable, NotRecorded, ResolvedRange,
    Unrecorded,
};
use chrono_tz::Tz;
use serde_json::Value as Json;

use super::access::reader_name;
use crate::{context::Context, terminal::note};

/// One reader's access to the log.
pub(crate) struct Session<'c> {
    pub(crate) log: LogReader,
    pub(crate) config: &'c Config,
    access_log: AccessLog,
    accessor: Accessor,
}

impl<'c> Session<'c> {
    /// Opens the database twice: the log is read over connections that can't write, the access log needs one that can.
    pub(crate) async fn open(context: &Context<'c>) -> Result<Self, DatabaseError> {
        let config = context.config;
        let writing = config.database().open_migrated().await?;
        let reading = config.database().open_for_reading().await?;
        let tables = context.domains.iter().map(|domain| LogTable::from(&domain.log)).collect();
        let log = LogReader::new(reading, tables, config.reading.limits());
        Ok(Self {
            log: if config.database.read_url.is_some() { log.of_replica(writing.clone()) } else { log },
            config,
            access_log: AccessLog::new(writing, config.reading.when_unrecordable()),
            accessor: Accessor { id: None, name: reader_name(), kind: "COMMAND_LINE", address: None },
        })
    }

    /// The zone that times are shown in, and that times without one are read in.
    pub(crate) fn zone(&self, chosen: Option<Tz>) -> Tz {
        chosen.unwrap_or(self.config.web.time_zone)
    }

    /// Records who asked for an answer, and gives the answer out.
    pub(crate) async fn release<T>(&self, answer: Unrecorded<T>, query: Json) -> Result<T, NotRecorded> {
        self.access_log.release(answer.for_accessor(self.accessor.clone(), Some(query))).await
    }

    /// Records that something begins, or has ended. After an error, nothing more may be shown.
    pub(crate) async fn record(
        &self,
        action: AccessAction,
        query: Json,
        rows: u64,
    ) -> Result<(), NotRecorded> {
        let record = AccessRecord::new(action, self.accessor.clone());
        self.access_log.record(AccessRecord { query: Some(query), rows, ..record }).await
    }

    /// Notes that the beginning of the range was assumed.
    pub(crate) fn note_assumed_range(&self, range: ResolvedRange, has_end: bool) {
        const DAY: u64 = 24 * 60 * 60;
        if range.assumed {
            let days = self.log.limits().default_range.as_secs() / DAY;
            let which =
                if has_end { format!("{days} days before --to") } else { format!("last {days} days") };
            note(&format!("showing the {which}; use --from to change that"));
        }
    }
}
