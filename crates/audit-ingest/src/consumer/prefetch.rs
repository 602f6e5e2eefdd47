use audit_core::publish::BudgetUsage;

/// How many messages the broker may deliver ahead of their acknowledgement: as many as the budget of bytes has room for,
/// judging by those that are in flight.
///
/// RabbitMQ loads what it hands out into its memory. A prefetch that is good for events of some hundred bytes would load
/// gigabytes of large messages there; the broker would then block those who publish, the business services included.
/// So it begins with few, and grows while small messages fill it.
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

    /// The new prefetch, if it should change much. A change costs two round trips, in which nothing comes.
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

    /// Holds as many messages of a size as it may, until nothing changes any more.
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
