//! How many events a reader may be given in a day whose role is not to take the log away.
//!
//! The log of reading says how many he was given, and is asked when he comes, and again every minute: so a restart
//! forgets nothing, and of several replicas each knows what the others gave. In between, they are counted here.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use audit_query::{AccessLog, DbErr};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use metrics::{Counter, counter, describe_counter};
use tokio::time::Instant;

use crate::{
    auth::{KnownAs, Permission, Reader},
    problem::Problem,
};

/// How often the log of reading is asked about a reader.
const ASK_EVERY: Duration = Duration::from_mins(1);
/// Beyond so many, the one is forgotten who was asked about the longest ago; when he comes again, that is done again.
const MOST_READERS: usize = 10_000;

const REFUSALS: &str = "log_service_row_budget_refusals_total";

/// The rows of all readers who have a budget. Days are those of UTC.
#[derive(Debug)]
pub(crate) struct RowBudget {
    each: u64,
    given: Mutex<HashMap<KnownAs, Given>>,
    refusals: Counter,
}

/// What a reader was given.
#[derive(Clone, Copy, Debug)]
struct Given {
    on: NaiveDate,
    rows: u64,
    asked: Instant,
}

/// What a reader may be given, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) rows: u64,
    pub(crate) left: u64,
    /// When all of it is there again.
    pub(crate) renewed: DateTime<Utc>,
}

/// An answer that the budget is too small for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) allowance: Allowance,
    /// So many rows it would have.
    pub(crate) asked: u64,
}

/// Why an answer is not given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BudgetError {
    #[error("the reader has used up his rows")]
    Spent(Spent),
    #[error(transparent)]
    Unknown(#[from] DbErr),
}

impl RowBudget {
    pub(crate) fn new(each: u64) -> Self {
        describe_counter!(
            REFUSALS,
            metrics::Unit::Count,
            "Answers that were refused because their reader had used up the rows of his day."
        );
        let refusals = counter!(REFUSALS);
        // From the start, so that the first one counts as an increase.
        refusals.increment(0);
        Self { each, given: Mutex::default(), refusals }
    }

    /// Takes what an answer has; what is left then. None: the reader has no budget.
    pub(crate) async fn take(
        &self,
        log: &AccessLog,
        reader: &Reader,
        rows: u64,
    ) -> Result<Option<Allowance>, BudgetError> {
        if !is_bounded(reader) {
            return Ok(None);
        }
        let today = self.today(log, reader).await?;
        let mut given = self.given();
        let taken = given.get_mut(&who(reader)).filter(|given| given.on == today);
        // Forgotten meanwhile, or the day is over: the next answer finds out.
        let Some(taken) = taken else { return Ok(Some(self.allowance(rows, today))) };
        if taken.rows + rows > self.each {
            self.refusals.increment(1);
            let allowance = self.allowance(taken.rows, today);
            return Err(BudgetError::Spent(Spent { allowance, asked: rows }));
        }
        taken.rows += rows;
        Ok(Some(self.allowance(taken.rows, today)))
    }

    /// What is left. That nothing is left is an error.
    pub(crate) async fn left(
        &self,
        log: &AccessLog,
        reader: &Reader,
    ) -> Result<Option<Allowance>, BudgetError> {
        match self.take(log, reader, 0).await? {
            Some(allowance) if allowance.left == 0 => {
                self.refusals.increment(1);
                Err(BudgetError::Spent(Spent { allowance, asked: 1 }))
            }
            allowance => Ok(allowance),
        }
    }

    /// Gives back what was taken for an answer that was not given.
    pub(crate) fn give_back(&self, reader: &Reader, rows: u64) {
        if let Some(given) = self.given().get_mut(&who(reader)) {
            given.rows = given.rows.saturating_sub(rows);
        }
    }

    /// Makes sure that it is known what a reader was given today.
    async fn today(&self, log: &AccessLog, reader: &Reader) -> Result<NaiveDate, DbErr> {
        let today = Utc::now().date_naive();
        let known = self.given().get(&who(reader)).copied().filter(|given| given.on == today);
        if known.is_some_and(|given| given.asked.elapsed() < ASK_EVERY) {
            return Ok(today);
        }
        let asked = Instant::now();
        let since = today.and_time(NaiveTime::MIN).and_utc();
        let recorded = log.events_given(reader.name(), reader.via().code(), since).await?;
        let mut given = self.given();
        if !given.contains_key(&who(reader)) && given.len() >= MOST_READERS {
            make_room(&mut given);
        }
        let fresh = Given { on: today, rows: 0, asked };
        let entry = given.entry(who(reader)).or_insert(fresh);
        if entry.on != today {
            *entry = fresh;
        }
        // What was taken here may not have been recorded yet.
        (entry.rows, entry.asked) = (entry.rows.max(recorded), asked);
        Ok(today)
    }

    fn allowance(&self, given: u64, today: NaiveDate) -> Allowance {
        let renewed = today.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
        Allowance { rows: self.each, left: self.each.saturating_sub(given), renewed }
    }

    fn given(&self) -> MutexGuard<'_, HashMap<KnownAs, Given>> {
        // Every change is whole: a thread that panicked has left nothing half done.
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who may read, but not take events away in bulk, is not to do so piece by piece.
pub(crate) fn is_bounded(reader: &Reader) -> bool {
    reader.may(Permission::Read) && !reader.may(Permission::Export)
}

fn who(reader: &Reader) -> KnownAs {
    (reader.via(), reader.name().to_owned())
}

fn make_room(given: &mut HashMap<KnownAs, Given>) {
    if let Some(oldest) = given.iter().min_by_key(|(_, given)| given.asked).map(|(who, _)| who.clone()) {
        given.remove(&oldest);
    }
}

impl Allowance {
    /// How it is told to programs (draft-ietf-httpapi-ratelimit-headers).
    pub(crate) fn headers(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let Self { rows, left, .. } = self;
        let policy = format!("\"rows-per-day\";q={rows};w=86400");
        let state = format!("\"rows-per-day\";r={left};t={}", self.seconds());
        let headers = [("ratelimit-policy", policy), ("ratelimit", state)];
        headers.into_iter().filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        })
    }

    /// When to come again.
    pub(crate) fn retry_after(self) -> (HeaderName, HeaderValue) {
        (header::RETRY_AFTER, HeaderValue::from(self.seconds()))
    }

    /// How long it takes until all of it is there again, rounded up.
    fn seconds(self) -> i64 {
        (self.renewed - Utc::now()).num_seconds().max(0) + 1
    }
}

impl From<Spent> for Problem {
    fn from(spent: Spent) -> Self {
        let Spent { allowance, asked } = spent;
        let Allowance { rows, left, renewed } = allowance;
        let less = if left > 0 { ": ask for fewer, or later" } else { "" };
        let detail = format!(
            "a reader with the role support is given at most {rows} rows of events a day \
             (reading.support_rows_per_day): {left} are left, and the answer has {asked}{less}; it begins anew at {}",
            renewed.format("%Y-%m-%dT%H:%M:%SZ")
        );
        let (name, value) = allowance.retry_after();
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).with_header(name, value).of_budget(spent)
    }
}
