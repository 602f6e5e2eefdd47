//! What ingest is at right now, for whoever watches over it.
//!
//! Reasons are fixed words, as everybody may ask for them: no address, no user, nothing of an event. The log has the
//! rest.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use audit_core::Domain;
use metrics::Gauge;
use tokio::sync::watch;
use tracing::error;

use crate::{
    held::Held,
    metrics::{DomainMetrics, broker_connected},
    trouble,
};

/// So long may messages be held before somebody has to look, whatever the reason is.
const LONGEST_HELD: Duration = Duration::from_mins(1);

/// What ingest is at right now.
#[derive(Debug)]
pub struct State {
    /// There is a connection to the broker.
    pub broker_connected: Condition,
    /// The domains.
    pub domains: Vec<Arc<DomainState>>,
}

/// What one domain is at right now.
#[derive(Debug)]
pub struct DomainState {
    /// Which one.
    pub domain: Domain,
    /// Its queue is being consumed.
    pub(crate) consuming: Condition,
    /// Nobody has to be waited for to bring its batches to their end.
    pub(crate) writing: Condition,
    /// All its events have a partition to go to.
    pub(crate) partitions: Condition,
    /// No message gets lost in its queues by how they were declared.
    pub(crate) declared: Condition,
    /// Its messages that are not acknowledged yet.
    pub(crate) held: Held,
}

/// Something that is as it must be, or is not. A metric tells the same as a number.
#[derive(Debug)]
pub struct Condition {
    now: watch::Sender<Now>,
    gauge: Gauge,
    /// The metric's value while it holds; the other one of 0 and 1 while it does not.
    value: u8,
}

/// A [`Condition`] at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Why it does not hold, in words for operators. `None`: it does.
    pub trouble: Option<Cow<'static, str>>,
    /// Since when it does, or does not.
    pub since: Instant,
}

impl State {
    pub(crate) fn new(domains: Vec<Arc<DomainState>>) -> Self {
        Self { broker_connected: Condition::not_yet(broker_connected(), trouble::NOT_CONNECTED), domains }
    }

    /// Brings those metrics up to date that grow by themselves.
    pub fn tell_ages(&self) {
        for domain in &self.domains {
            domain.held.tell_age();
        }
    }
}

impl DomainState {
    pub(crate) fn new(domain: Domain, metrics: &DomainMetrics) -> Self {
        Self {
            domain,
            consuming: Condition::not_yet(metrics.consuming(), trouble::NOT_CONSUMED),
            writing: Condition::told_when_it_fails(metrics.holding()),
            partitions: Condition::told_when_it_fails(Gauge::noop()),
            declared: Condition::told_when_it_fails(metrics.misdeclared()),
            held: Held::new(metrics),
        }
    }

    /// Its queues were declared, and so messages get lost in them; if they do.
    pub(crate) fn has_flaws(&self, flaws: &[String]) {
        if flaws.is_empty() {
            return self.declared.holds();
        }
        let flaws = flaws.join("; ");
        if self.declared.now().trouble.as_deref() != Some(flaws.as_str()) {
            error!(domain = %self.domain, "messages of domain {} get lost as its queues were declared: {flaws}", self.domain);
        }
        self.declared.fails(flaws);
    }

    /// Whether its events are stored as they come, and since when; or why not.
    #[must_use]
    pub fn now(&self) -> Now {
        let held = match self.held.since() {
            Some(since) if since.elapsed() > LONGEST_HELD => {
                Now { trouble: Some(trouble::HELD_FOR_LONG.into()), since }
            }
            _ => Now { trouble: None, since: self.consuming.now().since },
        };
        let conditions =
            [self.consuming.now(), self.writing.now(), self.partitions.now(), held, self.declared.now()];
        let troubles: Vec<_> = conditions.iter().filter_map(|now| now.trouble.as_deref()).collect();
        let times =
            conditions.iter().filter(|now| now.trouble.is_some() || troubles.is_empty()).map(|now| now.since);
        if troubles.is_empty() {
            // The last that was mended.
            Now { trouble: None, since: times.max().unwrap_or_else(Instant::now) }
        } else {
            Now { trouble: Some(troubles.join("; ").into()), since: times.min().unwrap_or_else(Instant::now) }
        }
    }
}

impl Condition {
    /// One that does not hold yet, and why. `gauge` is 1 while it holds.
    #[must_use]
    pub fn not_yet(gauge: Gauge, why: &'static str) -> Self {
        Self::new(gauge, 1, Some(why.into()))
    }

    /// One that holds until something is in its way. `gauge` is 1 while that is so.
    #[must_use]
    pub fn told_when_it_fails(gauge: Gauge) -> Self {
        Self::new(gauge, 0, None)
    }

    fn new(gauge: Gauge, value: u8, trouble: Option<Cow<'static, str>>) -> Self {
        let holds = trouble.is_none();
        let condition =
            Self { now: watch::Sender::new(Now { trouble, since: Instant::now() }), gauge, value };
        condition.tell(holds);
        condition
    }

    /// It holds.
    pub fn holds(&self) {
        self.set(None);
    }

    /// It does not, and why. Since when stays, if only the reason changes.
    pub fn fails(&self, why: impl Into<Cow<'static, str>>) {
        self.set(Some(why.into()));
    }

    fn set(&self, trouble: Option<Cow<'static, str>>) {
        self.now.send_modify(|now| {
            if now.trouble.is_some() != trouble.is_some() {
                now.since = Instant::now();
                self.tell(trouble.is_none());
            }
            now.trouble = trouble;
        });
    }

    fn tell(&self, holds: bool) {
        self.gauge.set(if holds { self.value } else { 1 - self.value });
    }

    /// Whether it holds, and since when; or why not.
    #[must_use]
    pub fn now(&self) -> Now {
        self.now.borrow().clone()
    }

    /// Holds for as long as the value lives, and fails afterwards.
    pub(crate) fn while_alive(&self, afterwards: &'static str) -> WhileAlive<'_> {
        self.holds();
        WhileAlive { condition: self, afterwards }
    }

    /// For somebody who may have to wait.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        Waiting { condition: self, has_begun: false }
    }
}

/// What its condition holds as long as.
pub(crate) struct WhileAlive<'a> {
    condition: &'a Condition,
    afterwards: &'static str,
}

impl Drop for WhileAlive<'_> {
    fn drop(&mut self) {
        self.condition.fails(self.afterwards);
    }
}

/// While somebody waits, the condition fails. It holds again when the value is dropped, whatever ended the waiting.
pub(crate) struct Waiting<'a> {
    condition: &'a Condition,
    has_begun: bool,
}

impl Waiting<'_> {
    /// Waits from now on, if it has not begun before; it says whether it has only begun.
    pub(crate) fn goes_on(&mut self, why: &'static str) -> bool {
        self.condition.fails(why);
        !std::mem::replace(&mut self.has_begun, true)
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.has_begun {
            self.condition.holds();
        }
    }
}
