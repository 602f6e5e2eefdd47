use audit_core::Domain;
use uuid::Uuid;

use crate::{
    AccessAction, Entry, Filter, LogReader, QueryError, ResolvedRange, Unrecorded, chunk::Chunk, sql::Sql,
};

/// How many events of one id are answered at once. Search has all of them, a page at a time.
const MAX_EVENTS_PER_ID: usize = 10;

impl LogReader {
    /// The events of a domain that have this id, whole, in the order of storing. It should be one; of more than ten,
    /// some are left out.
    pub async fn events(&self, domain: Domain, id: Uuid) -> Result<Unrecorded<Vec<Entry>>, QueryError> {
        let events = self.with_timeout(self.find_events(domain, id)).await?;
        Ok(Unrecorded::new(AccessAction::Event, events.len(), events).about(format!("{domain}/{id}")))
    }

    async fn find_events(&self, domain: Domain, id: Uuid) -> Result<Vec<Entry>, QueryError> {
        let filter = Filter::of_domains([domain]).with("id", [id]);
        let Some((number, table)) = self.selected_tables(&filter).next() else { return Ok(Vec::new()) };
        let rows = self.row_reader([table]);
        let max_bytes = self.limits.max_bytes;
        let mut chunk = Chunk::default();
        for slice in self.time_slices([number], ResolvedRange::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.select(number, table, &rows.own);
            filter.write(ResolvedRange::ALL_TIME, &mut sql);
            sql.in_slice(slice).push(&format!(" ORDER BY seq LIMIT {MAX_EVENTS_PER_ID}"));
            let room = max_bytes.saturating_sub(chunk.bytes);
            chunk.append(self.fetch_entries(sql, &rows, room).await?, max_bytes);
        }
        let mut found = chunk.entries;
        found.sort_by_key(|entry| entry.seq);
        found.truncate(MAX_EVENTS_PER_ID);
        Ok(found)
    }
}
