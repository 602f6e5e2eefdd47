use std::{sync::Arc, time::Duration};

use audit_core::{Domain, store::OwnColumn};
use futures::TryStreamExt;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, StreamTrait};
use uuid::Uuid;

use crate::{
    Entry, Filter, LogTable, QueryError, Range, entry::Rows, sql::Sql, steps::Partitions, table::own_columns,
};

/// Questions to the log. Each is bounded in rows and in time, and an index answers it.
#[derive(Clone, Debug)]
pub struct Queries {
    pub(crate) db: DatabaseConnection,
    pub(crate) tables: Arc<[LogTable]>,
    pub(crate) limits: Limits,
    pub(crate) partitions: Partitions,
}

/// What one question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far a question reaches back that names no beginning.
    pub default_range: Duration,
    /// The longest that an answer may take. The database must know it too (`statement_timeout`).
    pub timeout: Duration,
    /// The most memory that the events of an answer may take, in bytes. What goes on by itself takes less at a time.
    pub max_bytes: usize,
}

impl Limits {
    /// For what goes on by itself, such as an export: so many can be at it at the same time that each has a small share.
    pub(crate) fn step_bytes(&self) -> usize {
        self.max_bytes / 8
    }
}

/// So many events of one id are shown at once. Search has all of them, a page at a time.
const MOST_OF_AN_ID: usize = 10;

/// Events that are larger take longer than a moment.
const LARGE: usize = 64 * 1024;

/// Some events that were read.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) entries: Vec<Entry>,
    /// How much memory they take.
    pub(crate) bytes: usize,
    /// Whether there are more, for which there was no room.
    pub(crate) is_cut: bool,
}

impl Piece {
    /// Adds what was read after it, as far as there is room for all of it.
    pub(crate) fn append(&mut self, next: Self, most_bytes: usize) {
        let has_room = self.entries.is_empty() || self.bytes + next.bytes <= most_bytes;
        if has_room {
            self.bytes += next.bytes;
            self.entries.extend(next.entries);
        }
        self.is_cut |= next.is_cut || !has_room;
    }
}

impl Queries {
    /// Questions about some tables. `db` should be connections of their own that can't write: readers must
    /// not keep ingest waiting.
    #[must_use]
    pub fn new(db: DatabaseConnection, tables: Vec<LogTable>, limits: Limits) -> Self {
        Self { db, tables: tables.into(), limits, partitions: Partitions::default() }
    }

    /// The tables that are asked.
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

    /// Those of the domains that a filter is about.
    #[must_use]
    pub fn own_columns_of(&self, filter: &Filter) -> Vec<OwnColumn> {
        own_columns(self.concerned(filter).map(|(_, table)| table))
    }

    /// The domain of this name.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<Domain> {
        self.tables.iter().map(|table| table.domain).find(|domain| domain.name() == name)
    }

    /// The events of a domain that have this id, whole, in the order of storing. It should be one; of more than ten,
    /// some are left out.
    pub async fn events(&self, domain: Domain, id: Uuid) -> Result<Vec<Entry>, QueryError> {
        let filter = Filter { domains: vec![domain], ids: vec![id], ..Filter::default() };
        let Some((number, table)) = self.concerned(&filter).next() else { return Ok(Vec::new()) };
        let rows = self.rows([table]);
        self.with_timeout(async {
            let most_bytes = self.limits.max_bytes;
            let mut piece = Piece::default();
            for step in self.steps([number], Range::ALL_TIME).await? {
                let mut sql = Sql::default();
                sql.select(number, table, &rows.own);
                filter.write(Range::ALL_TIME, &mut sql);
                sql.in_step(step).push(&format!(" ORDER BY seq LIMIT {MOST_OF_AN_ID}"));
                let room = most_bytes.saturating_sub(piece.bytes);
                piece.append(self.entries(sql, &rows, room).await?, most_bytes);
            }
            let mut found = piece.entries;
            found.sort_by_key(|entry| entry.seq);
            found.truncate(MOST_OF_AN_ID);
            Ok(found)
        })
        .await
    }

    /// The time that a question is about. Ids are looked up in all time.
    #[must_use]
    pub fn range(&self, filter: &Filter) -> Range {
        if filter.ids.is_empty() {
            return filter.range.or_last(self.limits.default_range);
        }
        Range { from: filter.range.from, to: filter.range.to, assumed: false }
    }

    /// The tables that a filter is about, each with its place among all.
    pub(crate) fn concerned<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = (usize, &'a LogTable)> {
        self.tables.iter().enumerate().filter(|(_, table)| filter.concerns(table))
    }

    pub(crate) fn rows<'t>(&self, tables: impl IntoIterator<Item = &'t LogTable>) -> Rows {
        Rows { tables: Arc::clone(&self.tables), own: own_columns(tables) }
    }

    /// The first events that a statement finds, as many as there is room for; one, if there is any.
    ///
    /// Of an event that has no room in a whole answer, the fields are left out that no column holds.
    pub(crate) async fn entries(
        &self,
        sql: Sql,
        rows: &Rows,
        most_bytes: usize,
    ) -> Result<Piece, QueryError> {
        let Limits { timeout, max_bytes, .. } = self.limits;
        let backend = self.db.get_database_backend();
        let statement = sql.entries(&rows.own, max_bytes, backend).statement(backend);
        let reading = async {
            let mut found = self.db.stream_raw(statement).await?;
            let mut piece = Piece::default();
            while let Some(row) = found.try_next().await? {
                let entry = rows.read(&row)?;
                let entry_bytes = entry.size();
                let bytes = piece.bytes + entry_bytes;
                if bytes > most_bytes && !piece.entries.is_empty() {
                    piece.is_cut = true;
                    break;
                }
                piece.bytes = bytes;
                piece.entries.push(entry);
                if entry_bytes > LARGE {
                    // To read it took a while: others have their turn.
                    tokio::task::yield_now().await;
                }
            }
            Ok(piece)
        };
        tokio::time::timeout(timeout, reading)
            .await
            .map_err(|_| QueryError::TimedOut(timeout))?
            .map_err(|error: DbErr| QueryError::from_db(error, timeout))
    }

    /// The answer to a whole question, if it does not take too long.
    pub(crate) async fn with_timeout<T>(
        &self,
        answer: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<T, QueryError> {
        let limit = self.limits.timeout;
        tokio::time::timeout(limit, answer).await.unwrap_or(Err(QueryError::TimedOut(limit)))
    }

    /// Looks at each row of an answer as it comes, until one is refused: nobody keeps all of them.
    pub(crate) async fn each_row(
        &self,
        sql: Sql,
        mut look: impl FnMut(&QueryResult) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let failed = |error| QueryError::from_db(error, self.limits.timeout);
        let statement = sql.statement(self.db.get_database_backend());
        let mut rows = self.db.stream_raw(statement).await.map_err(failed)?;
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            look(&row)?;
        }
        Ok(())
    }

    pub(crate) async fn ask(&self, sql: Sql) -> Result<Vec<QueryResult>, QueryError> {
        let limit = self.limits.timeout;
        let statement = sql.statement(self.db.get_database_backend());
        self.with_timeout(async {
            self.db.query_all_raw(statement).await.map_err(|error| QueryError::from_db(error, limit))
        })
        .await
    }
}
