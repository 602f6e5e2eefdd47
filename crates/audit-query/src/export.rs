use crate::{
    AccessAction, Entry, Filter, LogReader, Order, QueryError, ResolvedRange, Unrecorded, chunk::Chunk,
    cursor::SortKey, search::Scan,
};

/// The most events that are fetched, and in memory, at a time.
const MAX_BATCH: u16 = 2_000;
/// How many events are fetched first. How many fit is known only after that.
const FIRST_BATCH: u16 = 250;

/// All events that match a filter, a batch at a time. The database holds nothing between the batches, however long they
/// are apart.
#[derive(Debug)]
pub struct Export {
    log: LogReader,
    filter: Filter,
    range: ResolvedRange,
    order: Order,
    after: Option<SortKey>,
    left: u64,
    /// How many are fetched next.
    batch_size: u16,
}

impl LogReader {
    /// All events that match a filter, in order, up to `limit`. The record says that an export begins; whoever runs it
    /// records its end.
    pub fn export(&self, filter: Filter, order: Order, limit: u64) -> Unrecorded<Export> {
        let range = self.range(&filter);
        let batch_size = FIRST_BATCH;
        let export = Export { log: self.clone(), filter, range, order, after: None, left: limit, batch_size };
        Unrecorded::new(AccessAction::Export, 0, export)
    }
}

impl Export {
    /// The next events; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>, QueryError> {
        let wanted = u16::try_from(self.left).unwrap_or(MAX_BATCH).min(self.batch_size);
        if wanted == 0 {
            return Ok(None);
        }
        let scan = Scan { order: self.order, after: self.after.as_ref(), limit: wanted.into() };
        let max_bytes = self.log.limits.batch_bytes();
        let scanning = self.log.scan(&self.filter, self.range, &scan, max_bytes);
        let Chunk { entries, is_cut, .. } = self.log.with_timeout(scanning).await?;
        let is_last = !is_cut && entries.len() < wanted.into();
        self.left = if is_last { 0 } else { self.left - entries.len() as u64 };
        // Asked for in vain, rows cost the database work, and perhaps a connection.
        self.batch_size = if is_cut {
            u16::try_from(entries.len()).unwrap_or(MAX_BATCH)
        } else {
            wanted.saturating_mul(2).clamp(1, MAX_BATCH)
        };
        self.after = entries.last().map(SortKey::of);
        Ok((!entries.is_empty()).then_some(entries))
    }
}
