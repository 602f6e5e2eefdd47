use crate::{Entry, Filter, Order, Queries, QueryError, Range, cursor::Place, queries::Piece, search::Scan};

/// The most events that are fetched, and in memory, at a time.
const STEP: u16 = 2_000;
/// So many are asked for at first. How many have room is known only then.
const FIRST_STEP: u16 = 250;

/// All events that a filter names, some at a time. The database holds nothing between the steps, however long they
/// are apart.
#[derive(Debug)]
pub struct Export {
    queries: Queries,
    filter: Filter,
    range: Range,
    order: Order,
    after: Option<Place>,
    left: u64,
    /// So many are asked for next.
    step: u16,
}

impl Queries {
    /// All events that a filter names, in order, up to `limit`.
    #[must_use]
    pub fn export(&self, filter: Filter, order: Order, limit: u64) -> Export {
        let range = self.range(&filter);
        Export { queries: self.clone(), filter, range, order, after: None, left: limit, step: FIRST_STEP }
    }
}

impl Export {
    /// The next events; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>, QueryError> {
        let wanted = u16::try_from(self.left).unwrap_or(STEP).min(self.step);
        if wanted == 0 {
            return Ok(None);
        }
        let scan = Scan { order: self.order, after: self.after.as_ref(), limit: wanted.into() };
        let most_bytes = self.queries.limits.step_bytes();
        let scanning = self.queries.scan(&self.filter, self.range, &scan, most_bytes);
        let Piece { entries, is_cut, .. } = self.queries.with_timeout(scanning).await?;
        let is_last = !is_cut && entries.len() < wanted.into();
        self.left = if is_last { 0 } else { self.left - entries.len() as u64 };
        // Asked for in vain, rows cost the database work, and perhaps a connection.
        self.step = if is_cut {
            u16::try_from(entries.len()).unwrap_or(STEP)
        } else {
            wanted.saturating_mul(2).clamp(1, STEP)
        };
        self.after = entries.last().map(Place::of);
        Ok((!entries.is_empty()).then_some(entries))
    }
}
