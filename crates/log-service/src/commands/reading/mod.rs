//! What the commands that read have in common: the way to the log, the filter, the record of the read, and
//! how events look to people.

mod cells;
mod filter;
mod output;
mod record;
mod table;

use audit_query::{AccessLog, LogTable, Queries};
use chrono_tz::Tz;

use crate::domains::all;
use audit_config::Config;
use audit_database::DatabaseError;

pub(super) use cells::{actor, details, gap, is_failure, resource, time};
pub(super) use filter::{UsageError, wrong};
pub(super) use output::{Unopened, created, csv, form, form_on_stdout, ndjson, note, say_assumed, write};
pub(super) use record::question;
pub(super) use table::{Line, Look, Table};

/// One reader at the log.
pub(super) struct Reading<'c> {
    pub(super) queries: Queries,
    pub(super) config: &'c Config,
    access: AccessLog,
    reader: String,
}

impl<'c> Reading<'c> {
    /// Opens the log twice: reads go over connections that can't write, their records over one that can.
    pub(super) async fn open(config: &'c Config) -> Result<Self, DatabaseError> {
        let writing = config.database().open_migrated().await?;
        let reading = config.database().open_for_reading().await?;
        let tables = all().iter().map(LogTable::from).collect();
        Ok(Self {
            queries: Queries::new(reading, tables, config.reading.limits()),
            config,
            access: AccessLog::new(writing),
            reader: record::reader(),
        })
    }

    /// The zone that people see times in, and that times without one are read in.
    pub(super) fn zone(&self, chosen: Option<Tz>) -> Tz {
        chosen.unwrap_or(self.config.web.time_zone)
    }
}
