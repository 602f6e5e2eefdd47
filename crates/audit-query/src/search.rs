use chrono::TimeDelta;

use crate::{
    Cursor, Entry, Filter, LogReader, LogTable, Order, QueryError, ResolvedRange, Unrecorded, chunk::Chunk,
    cursor::SortKey, order::Direction, sql::Sql, time_slice::TimeSlice,
};

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The order; a cursor brings its own.
    pub order: Order,
    /// The most events on a page. There are fewer when they are large.
    pub limit: u16,
    /// Where to go on; without it, the first page.
    pub cursor: Option<Cursor>,
}

/// Some of the events that were asked for, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The events.
    pub entries: Vec<Entry>,
    /// Their order.
    pub order: Order,
    /// The time that was looked at.
    pub range: ResolvedRange,
    /// The page after this one, if there is more.
    pub next: Option<Cursor>,
    /// The page before this one, if there is one.
    pub previous: Option<Cursor>,
}

impl LogReader {
    /// The events that match a filter, a page at a time, those of all domains merged.
    ///
    /// A page costs the same wherever it is: the database goes straight to the cursor's place.
    pub async fn search(
        &self,
        filter: &Filter,
        request: &PageRequest,
    ) -> Result<Unrecorded<Page>, QueryError> {
        let page = self.find_page(filter, request).await?;
        Ok(Unrecorded::new(self.search_action, page.entries.len(), page))
    }

    async fn find_page(&self, filter: &Filter, request: &PageRequest) -> Result<Page, QueryError> {
        let cursor = request.cursor.as_ref();
        let order = cursor.map_or(request.order, Cursor::order);
        let direction = cursor.map_or(Direction::Forward, |cursor| cursor.direction);
        let mut range = self.range(filter);
        if range.assumed
            && let Some(from) = cursor.and_then(|cursor| cursor.assumed_from)
        {
            range.from = Some(from);
        }
        let after = cursor.map(|cursor| &cursor.sort_key);
        let scan = Scan { order: order.towards(direction), after, limit: i64::from(request.limit) + 1 };
        let scanning = self.scan(filter, range, &scan, self.limits.max_bytes);
        let Chunk { mut entries, is_cut, .. } = self.with_timeout(scanning).await?;

        let is_more = is_cut || entries.len() > usize::from(request.limit);
        entries.truncate(request.limit.into());
        if direction == Direction::Backward {
            entries.reverse();
        }
        let assumed_from = if range.assumed { range.from } else { None };
        let turn = |at: Option<&Entry>, to| at.map(|entry| Cursor::at(entry, order, to, assumed_from));
        let came_from_here = cursor.is_some();
        let (next, previous) = match direction {
            Direction::Forward => (is_more, came_from_here),
            Direction::Backward => (came_from_here, is_more),
        };
        let next = if next { turn(entries.last(), Direction::Forward) } else { None };
        let previous = if previous { turn(entries.first(), Direction::Backward) } else { None };
        Ok(Page { entries, order, range, next, previous })
    }

    /// The first events after a place, as many as there is room for. Slices of time are read only as far as needed.
    pub(crate) async fn scan(
        &self,
        filter: &Filter,
        range: ResolvedRange,
        scan: &Scan<'_>,
        max_bytes: usize,
    ) -> Result<Chunk, QueryError> {
        let tables: Vec<_> = self.selected_tables(filter).collect();
        if tables.is_empty() {
            return Ok(Chunk::default());
        }
        let mut slices =
            self.time_slices(tables.iter().map(|(number, _)| *number), scan.rest_of(range)).await?;
        if scan.order == Order::Oldest {
            slices.reverse();
        }
        let mut chunk = Chunk::default();
        for slice in slices {
            let limit = scan.limit.saturating_sub_unsigned(chunk.entries.len() as u64);
            if limit <= 0 || chunk.is_cut {
                break;
            }
            let scan = Scan { limit, ..*scan };
            let room = max_bytes.saturating_sub(chunk.bytes);
            chunk.append(self.scan_slice(&tables, filter, range, &scan, slice, room).await?, max_bytes);
        }
        Ok(chunk)
    }

    /// The tables are read in order side by side, as far as is needed.
    async fn scan_slice(
        &self,
        tables: &[(usize, &LogTable)],
        filter: &Filter,
        range: ResolvedRange,
        scan: &Scan<'_>,
        slice: TimeSlice,
        max_bytes: usize,
    ) -> Result<Chunk, QueryError> {
        let rows = self.row_reader(tables.iter().map(|(_, table)| *table));
        let mut sql = Sql::default();
        for (at, (number, table)) in tables.iter().enumerate() {
            sql.push(if at == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            sql.select(*number, table, &rows.own);
            filter.write(range, &mut sql);
            sql.in_slice(slice);
            if let Some(after) = scan.after {
                self.write_after(after, scan.order, *number, &mut sql);
            }
            // Each branch has its own ORDER BY and LIMIT: it is read along its index, only as far as the merge needs it.
            // With one for all, PostgreSQL would read and sort whole tables.
            sql.push(scan.order.within_table()).push(" LIMIT ").bind(scan.limit);
            sql.push(") AS ").push(table.table.name);
        }
        sql.push(scan.order.clause()).push(" LIMIT ").bind(scan.limit);
        self.fetch_entries(sql, &rows, max_bytes).await
    }

    /// Events are in the order of time, then id, then table. So rows with the cursor's time and id remain only in tables
    /// that sort after the cursor's.
    fn write_after(&self, after: &SortKey, order: Order, number: usize, sql: &mut Sql) {
        let at = self.tables.iter().position(|table| table.domain.name() == after.domain);
        let is_beyond = at.is_some_and(|at| match order {
            Order::Newest => number < at,
            Order::Oldest => number > at,
        });
        let (bound, beyond) = match (order, is_beyond) {
            (Order::Newest, false) => ("<=", "<"),
            (Order::Newest, true) => ("<=", "<="),
            (Order::Oldest, false) => (">=", ">"),
            (Order::Oldest, true) => (">=", ">="),
        };
        // The plain bound lets PostgreSQL leave out partitions; the pair alone does not.
        sql.push(" AND occurred_at ").push(bound).push(" ").bind(after.occurred_at);
        sql.push(" AND (occurred_at, id) ").push(beyond).push(" (");
        sql.bind(after.occurred_at).push(", ").bind(after.id).push(")");
    }
}

/// One way through the tables.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'p> {
    pub(crate) order: Order,
    pub(crate) after: Option<&'p SortKey>,
    pub(crate) limit: i64,
}

impl Scan<'_> {
    /// What of a range is still to come.
    fn rest_of(&self, range: ResolvedRange) -> ResolvedRange {
        let Some(SortKey { occurred_at, .. }) = self.after else { return range };
        match self.order {
            // At the same time there may be more.
            Order::Newest => {
                let end = occurred_at.checked_add_signed(TimeDelta::microseconds(1));
                ResolvedRange { to: range.to.into_iter().chain(end).min(), ..range }
            }
            Order::Oldest => ResolvedRange { from: range.from.max(Some(*occurred_at)), ..range },
        }
    }
}
