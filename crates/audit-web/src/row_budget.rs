//! How many events a reader may read in a day whose role does not permit exports.
//!
//! The access log knows how many he has read. It is queried with his first request and then every minute, so that a restart
//! forgets nothing and every replica sees what the others have answered. In between, rows are counted here.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use audit_auth::{Permission, Reader, ReaderKey};
use audit_query::{AccessLog, DbErr};
use axum::http::{HeaderName, HeaderValue, header};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use metrics::{Counter, counter, describe_counter};
use tokio::time::Instant;

/// How often the access log is queried for each reader.
const QUERY_INTERVAL: Duration = Duration::from_mins(1);
/// Beyond this many readers, the one whose count is the oldest is dropped. His next request queries the access log again.
const MAX_READERS: usize = 10_000;

const REFUSALS: &str = "log_service_row_budget_refusals_total";

/// The budgets of all readers. Days are in UTC.
#[derive(Debug)]
pub(crate) struct RowBudget {
    rows_per_day: u64,
    used: Mutex<HashMap<ReaderKey, Used>>,
    refusals: Counter,
}

/// What a reader has used of his budget.
#[derive(Clone, Copy, Debug)]
struct Used {
    on: NaiveDate,
    rows: u64,
    queried: Instant,
}

/// A reader's budget, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The rows of a day.
    pub rows: u64,
    /// The rows that are left.
    pub left: u64,
    /// When the budget is renewed.
    pub renewed: DateTime<Utc>,
}

/// The budget is too small for an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{}", explained(self))]
pub struct BudgetExceeded {
    /// The budget.
    pub allowance: Allowance,
    /// The rows of the answer.
    pub asked: u64,
}

/// Why no rows can be taken from a budget.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BudgetError {
    #[error(transparent)]
    Exceeded(#[from] BudgetExceeded),
    #[error(transparent)]
    Unavailable(#[from] DbErr),
}

impl RowBudget {
    pub(crate) fn new(rows_per_day: u64) -> Self {
        describe_counter!(
            REFUSALS,
            metrics::Unit::Count,
            "Answers that were refused because their reader had used up the rows of his day."
        );
        let refusals = counter!(REFUSALS);
        // Registers the counter, so that the first refusal counts as an increase.
        refusals.increment(0);
        Self { rows_per_day, used: Mutex::default(), refusals }
    }

    /// Takes the rows of an answer. Returns what is left, or `None` if the reader has no budget.
    pub(crate) async fn take(
        &self,
        log: &AccessLog,
        reader: &Reader,
        rows: u64,
    ) -> Result<Option<Allowance>, BudgetError> {
        if !has_row_budget(reader) {
            return Ok(None);
        }
        let today = self.refresh(log, reader).await?;
        let mut all = self.used();
        let used = all.get_mut(&key(reader)).filter(|used| used.on == today);
        // Dropped meanwhile, or the day is over: the next request queries the access log.
        let Some(used) = used else { return Ok(Some(self.allowance(rows, today))) };
        if used.rows + rows > self.rows_per_day {
            self.refusals.increment(1);
            return Err(BudgetExceeded { allowance: self.allowance(used.rows, today), asked: rows }.into());
        }
        used.rows += rows;
        Ok(Some(self.allowance(used.rows, today)))
    }

    /// Fails if nothing is left.
    pub(crate) async fn require_left(
        &self,
        log: &AccessLog,
        reader: &Reader,
    ) -> Result<Option<Allowance>, BudgetError> {
        match self.take(log, reader, 0).await? {
            Some(allowance) if allowance.left == 0 => {
                self.refusals.increment(1);
                Err(BudgetExceeded { allowance, asked: 1 }.into())
            }
            allowance => Ok(allowance),
        }
    }

    /// Returns the rows of an answer that was not given.
    pub(crate) fn give_back(&self, reader: &Reader, rows: u64) {
        if let Some(used) = self.used().get_mut(&key(reader)) {
            used.rows = used.rows.saturating_sub(rows);
        }
    }

    /// Queries the access log for what a reader has used today, unless that was done just now.
    async fn refresh(&self, log: &AccessLog, reader: &Reader) -> Result<NaiveDate, DbErr> {
        let today = Utc::now().date_naive();
        let known = self.used().get(&key(reader)).copied().filter(|used| used.on == today);
        if known.is_some_and(|used| used.queried.elapsed() < QUERY_INTERVAL) {
            return Ok(today);
        }
        let queried = Instant::now();
        let since = today.and_time(NaiveTime::MIN).and_utc();
        let recorded = log.events_given(reader.name(), reader.auth_method().code(), since).await?;
        let mut all = self.used();
        if !all.contains_key(&key(reader)) && all.len() >= MAX_READERS {
            drop_oldest(&mut all);
        }
        let fresh = Used { on: today, rows: 0, queried };
        let used = all.entry(key(reader)).or_insert(fresh);
        if used.on != today {
            *used = fresh;
        }
        // Rows that were taken here may not have been recorded yet.
        (used.rows, used.queried) = (used.rows.max(recorded), queried);
        Ok(today)
    }

    fn allowance(&self, used: u64, today: NaiveDate) -> Allowance {
        let renewed = today.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
        Allowance { rows: self.rows_per_day, left: self.rows_per_day.saturating_sub(used), renewed }
    }

    fn used(&self) -> MutexGuard<'_, HashMap<ReaderKey, Used>> {
        // Each update is complete on its own, so a poisoned lock is harmless.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the reader has a budget: whoever may read but not export must not export piece by piece.
#[must_use]
pub fn has_row_budget(reader: &Reader) -> bool {
    reader.may(Permission::Read) && !reader.may(Permission::Export)
}

fn key(reader: &Reader) -> ReaderKey {
    (reader.auth_method(), reader.name().to_owned())
}

fn drop_oldest(all: &mut HashMap<ReaderKey, Used>) {
    if let Some(oldest) = all.iter().min_by_key(|(_, used)| used.queried).map(|(key, _)| key.clone()) {
        all.remove(&oldest);
    }
}

impl Allowance {
    /// The headers that tell it to programs (draft-ietf-httpapi-ratelimit-headers).
    pub(crate) fn headers(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let Self { rows, left, .. } = self;
        let policy = format!("\"rows-per-day\";q={rows};w=86400");
        let state = format!("\"rows-per-day\";r={left};t={}", self.seconds());
        let headers = [("ratelimit-policy", policy), ("ratelimit", state)];
        headers.into_iter().filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        })
    }

    /// The header that tells when to retry.
    pub(crate) fn retry_after(self) -> (HeaderName, HeaderValue) {
        (header::RETRY_AFTER, HeaderValue::from(self.seconds()))
    }

    /// The time until the budget is renewed, rounded up.
    fn seconds(self) -> i64 {
        (self.renewed - Utc::now()).num_seconds().max(0) + 1
    }
}

fn explained(exceeded: &BudgetExceeded) -> String {
    let BudgetExceeded { allowance: Allowance { rows, left, renewed }, asked } = exceeded;
    let less = if *left > 0 { ": ask for fewer, or later" } else { "" };
    format!(
        "a reader with the role support is given at most {rows} rows of events a day \
         (reading.support_rows_per_day): {left} are left, and the answer has {asked}{less}; it begins anew at {}",
        renewed.format("%Y-%m-%dT%H:%M:%SZ")
    )
}
