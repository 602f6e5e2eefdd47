use std::sync::Arc;

use audit_core::{Domain, store::OwnColumn};
use futures::TryStreamExt;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, StreamTrait};

use crate::{
    AccessAction, AccessLog, Filter, Limits, LogTable, QueryError, ResolvedRange,
    chunk::Chunk,
    entry::RowReader,
    horizon::SharedHorizon,
    partitions::KnownPartitions,
    sql::Sql,
    table::{domain_named, own_columns},
};

/// Reads the log. Every question is bounded in rows and in time, and answered along an index.
///
/// Answers are [`Unrecorded`](crate::Unrecorded): they can be used only once the access log holds who asked for them.
#[derive(Clone, Debug)]
pub struct LogReader {
    pub(crate) db: DatabaseConnection,
    pub(crate) tables: Arc<[LogTable]>,
    pub(crate) limits: Limits,
    pub(crate) partitions: KnownPartitions,
    /// The same tables in the primary, if `db` is a replica.
    pub(crate) primary: Option<Arc<LogReader>>,
    pub(crate) horizon: SharedHorizon,
    /// What a search of these tables is in the access log.
    pub(crate) search_action: AccessAction,
}

/// An event of more bytes takes so long to read that other tasks get their turn after it.
const LARGE_EVENT: usize = 64 * 1024;

impl LogReader {
    /// Reads some tables. `db` should be a pool of its own that can't write: readers must not keep ingest waiting.
    #[must_use]
    pub fn new(db: DatabaseConnection, tables: Vec<LogTable>, limits: Limits) -> Self {
        Self {
            db,
            tables: tables.into(),
            limits,
            partitions: KnownPartitions::default(),
            primary: None,
            horizon: SharedHorizon::default(),
            search_action: AccessAction::Search,
        }
    }

    /// Reads a replica of this database. The primary is asked how far followers may read, and for nothing else.
    #[must_use]
    pub fn of_replica(self, primary: DatabaseConnection) -> Self {
        let primary = Self { db: primary, ..self.clone() };
        Self { primary: Some(Arc::new(primary)), ..self }
    }

    /// Reads the access log.
    #[must_use]
    pub fn of_access_log(db: DatabaseConnection, limits: Limits) -> Self {
        Self { search_action: AccessAction::AccessLog, ..Self::new(db, vec![AccessLog::table()], limits) }
    }

    /// The tables that are read.
    #[must_use]
    pub fn tables(&self) -> &[LogTable] {
        &self.tables
    }

    /// What one question may cost.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The columns that only some domains have, each name once.
    #[must_use]
    pub fn own_columns(&self) -> Vec<OwnColumn> {
        own_columns(self.tables.iter())
    }

    /// Those of the domains that a filter selects.
    #[must_use]
    pub fn own_columns_of(&self, filter: &Filter) -> Vec<OwnColumn> {
        own_columns(self.selected_tables(filter).map(|(_, table)| table))
    }

    /// The domain of this name.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<Domain> {
        domain_named(&self.tables, name)
    }

    /// The time that a question covers. Ids are looked up in all time.
    #[must_use]
    pub fn range(&self, filter: &Filter) -> ResolvedRange {
        if filter.names_ids() {
            return ResolvedRange { from: filter.range.from, to: filter.range.to, assumed: false };
        }
        filter.range.or_last(self.limits.default_range)
    }

    /// The tables that a filter selects, each with its number among all.
    pub(crate) fn selected_tables<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> impl Iterator<Item = (usize, &'a LogTable)> {
        self.tables.iter().enumerate().filter(|(_, table)| filter.may_match(table))
    }

    pub(crate) fn row_reader<'t>(&self, tables: impl IntoIterator<Item = &'t LogTable>) -> RowReader {
        RowReader { tables: Arc::clone(&self.tables), own: own_columns(tables) }
    }

    /// The first events that a statement finds, as many as fit into `room` bytes; the first one in any case.
    ///
    /// An event that does not fit into a whole answer comes without the fields that no column holds.
    pub(crate) async fn fetch_entries(
        &self,
        sql: Sql,
        rows: &RowReader,
        room: usize,
    ) -> Result<Chunk, QueryError> {
        let Limits { timeout, max_bytes, .. } = self.limits;
        let backend = self.db.get_database_backend();
        let statement = sql.entries(&rows.own, max_bytes, backend).statement(backend);
        let reading = async {
            let mut found = self.db.stream_raw(statement).await?;
            let mut chunk = Chunk::default();
            while let Some(row) = found.try_next().await? {
                let entry = rows.read(&row)?;
                let entry_bytes = entry.size();
                let bytes = chunk.bytes + entry_bytes;
                if bytes > room && !chunk.entries.is_empty() {
                    chunk.is_cut = true;
                    break;
                }
                chunk.bytes = bytes;
                chunk.entries.push(entry);
                if entry_bytes > LARGE_EVENT {
                    // Other tasks get their turn.
                    tokio::task::yield_now().await;
                }
            }
            Ok(chunk)
        };
        tokio::time::timeout(timeout, reading)
            .await
            .map_err(|_| QueryError::TimedOut(timeout))?
            .map_err(|error: DbErr| QueryError::from_db(error, timeout))
    }

    /// The answer to a whole question, within the time limit.
    pub(crate) async fn with_timeout<T>(
        &self,
        answer: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<T, QueryError> {
        let limit = self.limits.timeout;
        tokio::time::timeout(limit, answer).await.unwrap_or(Err(QueryError::TimedOut(limit)))
    }

    /// Hands over each row as it arrives, until one is refused, so that they are never all in memory.
    pub(crate) async fn for_each_row(
        &self,
        sql: Sql,
        mut handle: impl FnMut(&QueryResult) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let failed = |error| QueryError::from_db(error, self.limits.timeout);
        let statement = sql.statement(self.db.get_database_backend());
        let mut rows = self.db.stream_raw(statement).await.map_err(failed)?;
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            handle(&row)?;
        }
        Ok(())
    }

    pub(crate) async fn fetch_rows(&self, sql: Sql) -> Result<Vec<QueryResult>, QueryError> {
        let limit = self.limits.timeout;
        let statement = sql.statement(self.db.get_database_backend());
        self.with_timeout(async {
            self.db.query_all_raw(statement).await.map_err(|error| QueryError::from_db(error, limit))
        })
        .await
    }
}
