use std::{borrow::Cow, time::Instant};

use metrics::Gauge;
use tokio::sync::watch;

/// Something that should hold, with a gauge that shows whether it does.
#[derive(Debug)]
pub struct Condition {
    status: watch::Sender<ConditionStatus>,
    gauge: Gauge,
    /// The gauge's value, 0 or 1, while it holds. It has the other value while it does not.
    value: u8,
}

/// A [`Condition`] at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionStatus {
    /// Why it does not hold, in words for operators. `None`: it holds.
    pub problem: Option<Cow<'static, str>>,
    /// Since when it holds, or does not.
    pub since: Instant,
}

impl Condition {
    /// A condition that does not hold yet, with the reason. `gauge` is 1 while it holds.
    #[must_use]
    pub fn failing(gauge: Gauge, why: &'static str) -> Self {
        Self::new(gauge, 1, Some(why.into()))
    }

    /// A condition that holds until something fails. `gauge` is 1 while it does not hold.
    #[must_use]
    pub fn holding(gauge: Gauge) -> Self {
        Self::new(gauge, 0, None)
    }

    fn new(gauge: Gauge, value: u8, problem: Option<Cow<'static, str>>) -> Self {
        let holds = problem.is_none();
        let status = watch::Sender::new(ConditionStatus { problem, since: Instant::now() });
        let condition = Self { status, gauge, value };
        condition.set_gauge(holds);
        condition
    }

    /// Notes that it holds.
    pub fn holds(&self) {
        self.set(None);
    }

    /// Notes that it does not hold, with the reason. If it already failed, only the reason changes.
    pub fn fails(&self, why: impl Into<Cow<'static, str>>) {
        self.set(Some(why.into()));
    }

    fn set(&self, problem: Option<Cow<'static, str>>) {
        self.status.send_modify(|status| {
            if status.problem.is_some() != problem.is_some() {
                status.since = Instant::now();
                self.set_gauge(problem.is_none());
            }
            status.problem = problem;
        });
    }

    fn set_gauge(&self, holds: bool) {
        self.gauge.set(if holds { self.value } else { 1 - self.value });
    }

    /// Whether it holds, and since when; or why not.
    #[must_use]
    pub fn status(&self) -> ConditionStatus {
        self.status.borrow().clone()
    }

    /// Holds for as long as the returned guard lives, and fails afterwards.
    pub(crate) fn while_alive(&self, afterwards: &'static str) -> WhileAlive<'_> {
        self.holds();
        WhileAlive { condition: self, afterwards }
    }

    /// Starts a step that may have to be retried.
    pub(crate) fn retrying(&self) -> Retrying<'_> {
        Retrying { condition: self, has_failed: false }
    }
}

/// See [`Condition::while_alive`].
pub(crate) struct WhileAlive<'a> {
    condition: &'a Condition,
    afterwards: &'static str,
}

impl Drop for WhileAlive<'_> {
    fn drop(&mut self) {
        self.condition.fails(self.afterwards);
    }
}

/// A step that is retried until it succeeds. The condition fails with the first failed attempt, and holds again when this
/// is dropped, however the step ended.
pub(crate) struct Retrying<'a> {
    condition: &'a Condition,
    has_failed: bool,
}

impl Retrying<'_> {
    /// Notes a failed attempt. Returns whether it was the first one.
    pub(crate) fn failed(&mut self, why: &'static str) -> bool {
        self.condition.fails(why);
        !std::mem::replace(&mut self.has_failed, true)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }
}

impl Drop for Retrying<'_> {
    fn drop(&mut self) {
        if self.has_failed {
            self.condition.holds();
        }
    }
}
