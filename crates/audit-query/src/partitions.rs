use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

/// How long found partitions are used. Those made since then are few: they make a slice a little larger, and are read
/// with it.
const MAX_AGE: Duration = Duration::from_secs(10);

/// A partition of one of the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partition {
    /// The number of its table.
    pub(crate) table: usize,
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
}

/// The partitions of all tables, as they were found at most [`MAX_AGE`] ago.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownPartitions(Arc<Mutex<Option<Found>>>);

#[derive(Debug)]
struct Found {
    at: Instant,
    partitions: Arc<[Partition]>,
}

impl KnownPartitions {
    pub(crate) fn get(&self) -> Option<Arc<[Partition]>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.as_ref().filter(|found| found.at.elapsed() < MAX_AGE)?;
        Some(Arc::clone(&found.partitions))
    }

    pub(crate) fn set(&self, partitions: Arc<[Partition]>) {
        let found = Found { at: Instant::now(), partitions };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }
}
