use std::time::Duration;

use crate::{DatabaseUrl, Month};

/// Where the database is, and how it is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The main database.
    pub url: DatabaseUrl,
    /// The replica that readers ask, if there is one.
    pub read_url: Option<DatabaseUrl>,
    /// The schema on PostgreSQL.
    pub schema: String,
    /// The first month that has a partition of its own.
    pub first_month: Month,
    /// Whether [`Database::open_or_wait`](crate::Database::open_or_wait) migrates.
    pub migrate_at_start: bool,
    /// The pool that writes.
    pub writers: PoolSettings,
    /// The pool that only reads.
    pub readers: PoolSettings,
}

/// The bounds of a pool of connections.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// The most connections.
    pub max_connections: u32,
    /// The longest that one statement may take.
    pub timeout: Duration,
}
