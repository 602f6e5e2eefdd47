use audit_core::publish::BudgetUsage;

/// How many unacknowledged messages the broker may deliver: as many as fit into the byte budget, judging by the size of
/// those in flight.
///
/// RabbitMQ keeps unacknowledged messages in memory. A prefetch that suits events of a few hundred bytes would make it load
/// gigabytes of large messages, and then block every publisher, the business services included. So the prefetch starts
/// small and grows while small messages fill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefetch {
    now: u16,
    max: u16,
}

const INITIAL: u16 = 4;
const GROWTH: u16 = 4;

impl Prefetch {
    pub(crate) fn new(max: u16) -> Self {
        Self { now: INITIAL.min(max), max }
    }

    pub(crate) fn now(self) -> u16 {
        self.now
    }

    /// The new prefetch, if it differs much from the current one. A change costs two round trips without deliveries.
    pub(crate) fn adjusted(self, usage: BudgetUsage) -> Option<Self> {
        let BudgetUsage { messages, bytes, limit } = usage;
        let average = bytes.checked_div(messages)?.max(1);
        let fitting = u16::try_from(limit / average).unwrap_or(u16::MAX).clamp(1, self.max);
        let is_full = messages >= usize::from(self.now / 2);
        let is_far_more = fitting / 2 >= self.now || (fitting > self.now && fitting == self.max);
        let now = if bytes >= limit && fitting < self.now / 2 {
            fitting
        } else if is_full && is_far_more {
            fitting.min(self.now.saturating_mul(GROWTH))
        } else {
            return None;
        };
        Some(Self { now, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 8 * 1024 * 1024;

    fn usage(messages: usize, each: usize) -> BudgetUsage {
        BudgetUsage { messages, bytes: messages * each, limit: LIMIT }
    }

    /// Fills the prefetch with messages of one size until it no longer changes.
    fn settled(mut prefetch: Prefetch, size: usize) -> u16 {
        for _ in 0..20 {
            let messages = usize::from(prefetch.now).min(LIMIT.div_ceil(size));
            prefetch = prefetch.adjusted(usage(messages, size)).unwrap_or(prefetch);
        }
        prefetch.now
    }

    #[test]
    fn it_grows_with_small_messages_and_shrinks_with_large_ones() {
        let begin = Prefetch::new(2000);
        assert_eq!(begin.now(), 4);
        assert_eq!(settled(begin, 400), 2000);
        assert!((16..=64).contains(&settled(begin, 255_000)));
        assert_eq!(settled(Prefetch { now: 2000, max: 2000 }, 10_000_000), 1);
        assert!((16..=64).contains(&settled(Prefetch { now: 2000, max: 2000 }, 255_000)));
    }

    #[test]
    fn it_stays_where_few_messages_come() {
        let begin = Prefetch::new(2000);
        assert_eq!(begin.adjusted(usage(1, 400)), None);
        assert_eq!(begin.adjusted(usage(0, 0)), None);
        let large = Prefetch { now: 2000, max: 2000 };
        assert_eq!(large.adjusted(usage(1, 255_000)), None);
    }

    #[test]
    fn it_is_never_more_than_the_configured_one() {
        assert_eq!(settled(Prefetch::new(2), 1), 2);
        assert_eq!(settled(Prefetch::new(u16::MAX), 1), u16::MAX);
    }
}
