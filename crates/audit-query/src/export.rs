use crate::{Entry, Filter, Order, Queries, QueryError, Range, cursor::Place, search::Scan};

/// So many events are fetched, and in memory, at a time.
const STEP: u16 = 2_000;

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
}

impl Queries {
    /// All events that a filter names, in order, up to `limit`.
    #[must_use]
    pub fn export(&self, filter: Filter, order: Order, limit: u64) -> Export {
        let range = self.range(&filter);
        Export { queries: self.clone(), filter, range, order, after: None, left: limit }
    }
}

impl Export {
    /// The next events; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>, QueryError> {
        let wanted = u16::try_from(self.left).unwrap_or(STEP).min(STEP);
        if wanted == 0 {
            return Ok(None);
        }
        let scan = Scan { order: self.order, after: self.after.as_ref(), limit: wanted.into() };
        let scanning = self.queries.scan(&self.filter, self.range, &scan);
        let entries = self.queries.in_time(scanning).await?;
        let is_last = entries.len() < wanted.into();
        self.left = if is_last { 0 } else { self.left - u64::from(wanted) };
        self.after = entries.last().map(Place::of);
        Ok((!entries.is_empty()).then_some(entries))
    }
}
