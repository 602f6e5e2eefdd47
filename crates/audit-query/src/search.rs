use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Cursor, Entry, Filter, LogTable, Queries, QueryError, Range, cursor::Place, queries::Piece, sql::Sql,
    steps::Step,
};

/// Which events come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Those that happened last.
    #[default]
    Newest,
    /// Those that happened first.
    Oldest,
}

/// Whether the page after a cursor is wanted, or the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

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
    pub range: Range,
    /// The page after this one, if there is more.
    pub next: Option<Cursor>,
    /// The page before this one, if there is one.
    pub previous: Option<Cursor>,
}

impl Queries {
    /// The events that a filter names, a page at a time, those of all domains merged.
    ///
    /// A page costs the same wherever it is: the database goes straight to the cursor's place.
    pub async fn search(&self, filter: &Filter, request: &PageRequest) -> Result<Page, QueryError> {
        let cursor = request.cursor.as_ref();
        let order = cursor.map_or(request.order, Cursor::order);
        let direction = cursor.map_or(Direction::Forward, |cursor| cursor.direction);
        let mut range = self.range(filter);
        if range.assumed
            && let Some(from) = cursor.and_then(|cursor| cursor.assumed_from)
        {
            range.from = Some(from);
        }
        let after = cursor.map(|cursor| &cursor.place);
        let scan = Scan { order: order.seen(direction), after, limit: i64::from(request.limit) + 1 };
        let scanning = self.scan(filter, range, &scan, self.limits.max_bytes);
        let Piece { mut entries, is_cut, .. } = self.with_timeout(scanning).await?;

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

    /// The first events after a place, as many as there is room for, one step of time after the other, as far as is
    /// needed.
    pub(crate) async fn scan(
        &self,
        filter: &Filter,
        range: Range,
        scan: &Scan<'_>,
        most_bytes: usize,
    ) -> Result<Piece, QueryError> {
        let tables: Vec<_> = self.concerned(filter).collect();
        if tables.is_empty() {
            return Ok(Piece::default());
        }
        let mut steps = self.steps(tables.iter().map(|(number, _)| *number), scan.rest_of(range)).await?;
        if scan.order == Order::Oldest {
            steps.reverse();
        }
        let mut piece = Piece::default();
        for step in steps {
            let limit = scan.limit.saturating_sub_unsigned(piece.entries.len() as u64);
            if limit <= 0 || piece.is_cut {
                break;
            }
            let scan = Scan { limit, ..*scan };
            let room = most_bytes.saturating_sub(piece.bytes);
            piece.append(self.scan_step(&tables, filter, range, &scan, step, room).await?, most_bytes);
        }
        Ok(piece)
    }

    /// The tables are read in order side by side, as far as is needed.
    async fn scan_step(
        &self,
        tables: &[(usize, &LogTable)],
        filter: &Filter,
        range: Range,
        scan: &Scan<'_>,
        step: Step,
        most_bytes: usize,
    ) -> Result<Piece, QueryError> {
        let rows = self.rows(tables.iter().map(|(_, table)| *table));
        let mut sql = Sql::default();
        for (at, (number, table)) in tables.iter().enumerate() {
            sql.push(if at == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            sql.select(*number, table, &rows.own);
            filter.write(range, &mut sql);
            sql.in_step(step);
            if let Some(after) = scan.after {
                self.write_after(after, scan.order, *number, &mut sql);
            }
            // Ordered and bounded each by itself, a table is read along its index, only as far as the merge
            // needs it. Left to the whole, PostgreSQL would read and sort all of them.
            sql.push(scan.order.within_table()).push(" LIMIT ").bind(scan.limit);
            sql.push(") AS ").push(table.table.name);
        }
        sql.push(scan.order.clause()).push(" LIMIT ").bind(scan.limit);
        self.entries(sql, &rows, most_bytes).await
    }

    /// Events are in the order of time, then id, then table. So of the place's own time and id, the tables on
    /// its far side are still to come.
    fn write_after(&self, after: &Place, order: Order, number: usize, sql: &mut Sql) {
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
    pub(crate) after: Option<&'p Place>,
    pub(crate) limit: i64,
}

impl Scan<'_> {
    /// What of a range is still to come.
    fn rest_of(&self, range: Range) -> Range {
        let Some(Place { occurred_at, .. }) = self.after else { return range };
        match self.order {
            // At the same time there may be more.
            Order::Newest => {
                let end = occurred_at.checked_add_signed(TimeDelta::microseconds(1));
                Range { to: range.to.into_iter().chain(end).min(), ..range }
            }
            Order::Oldest => Range { from: range.from.max(Some(*occurred_at)), ..range },
        }
    }
}

impl Order {
    fn seen(self, direction: Direction) -> Self {
        match (self, direction) {
            (order, Direction::Forward) => order,
            (Self::Newest, Direction::Backward) => Self::Oldest,
            (Self::Oldest, Direction::Backward) => Self::Newest,
        }
    }

    /// ` ORDER BY …` of one table, as its index has it.
    pub(crate) fn within_table(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY occurred_at DESC, id DESC",
            Self::Oldest => " ORDER BY occurred_at, id",
        }
    }

    /// ` ORDER BY …` of several.
    pub(crate) fn clause(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY occurred_at DESC, id DESC, number DESC",
            Self::Oldest => " ORDER BY occurred_at, id, number",
        }
    }
}
