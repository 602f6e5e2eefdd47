use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::ClientAddress;

/// How many wrong tokens an address may send in one window; what else it sends wrong then is answered with how long the
/// window still is.
const MOST_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_mins(5);
/// Beyond this many addresses in one window, the others are counted as one.
const MOST_ADDRESSES: usize = 10_000;

/// Counts wrong tokens by the address that they come from.
///
/// Whoever has a good token never gets here, so nobody can be kept out, however many addresses somebody else has.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    of: HashMap<Sender, Window>,
    /// All that are counted, the oldest window first.
    order: VecDeque<Sender>,
}

/// None: one of those that there is no room for.
type Sender = Option<IpAddr>;

#[derive(Clone, Copy, Debug)]
struct Window {
    start: Instant,
    failures: u32,
}

impl Window {
    fn left(self) -> Duration {
        WINDOW.saturating_sub(self.start.elapsed())
    }
}

impl Throttle {
    /// Counts a wrong token. How long its sender has to wait, if it was one too many.
    pub(super) fn count(&self, address: ClientAddress) -> Option<Duration> {
        // Every change is whole: a thread that panicked has left nothing half done.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.current(address.network());
        window.failures = window.failures.saturating_add(1);
        (window.failures > MOST_FAILURES).then(|| window.left())
    }
}

impl Windows {
    /// The window of a sender, begun now if there is none.
    fn current(&mut self, network: IpAddr) -> &mut Window {
        self.forget();
        let is_counted = self.of.contains_key(&Some(network));
        let sender = (is_counted || self.of.len() < MOST_ADDRESSES).then_some(network);
        self.of.entry(sender).or_insert_with(|| {
            self.order.push_back(sender);
            Window { start: Instant::now(), failures: 0 }
        })
    }

    /// Takes away the windows that are over.
    fn forget(&mut self) {
        while let Some(oldest) = self.order.front()
            && self.of.get(oldest).is_none_or(|window| window.left().is_zero())
        {
            self.of.remove(oldest);
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn count(throttle: &Throttle, peer: &str) -> Option<Duration> {
        throttle.count(ClientAddress::direct(peer.parse().unwrap()))
    }

    fn fail_often(throttle: &Throttle, peer: &str) {
        for _ in 0..MOST_FAILURES {
            assert_eq!(count(throttle, peer), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_ten_failures_an_address_waits_for_the_rest_of_five_minutes() {
        let throttle = Throttle::default();
        count(&throttle, "192.0.2.1");
        advance(Duration::from_mins(2)).await;
        (1..10).for_each(|_| assert_eq!(count(&throttle, "192.0.2.1"), None));
        assert_eq!(count(&throttle, "192.0.2.1"), Some(Duration::from_mins(3)));
        assert_eq!(count(&throttle, "192.0.2.2"), None);
        advance(Duration::from_mins(3)).await;
        fail_often(&throttle, "192.0.2.1");
        assert_eq!(count(&throttle, "192.0.2.1"), Some(WINDOW));
    }

    #[tokio::test(start_paused = true)]
    async fn an_ipv6_network_and_a_mapped_ipv4_address_are_one_address() {
        let throttle = Throttle::default();
        fail_often(&throttle, "2001:db8:1:2::1");
        assert!(count(&throttle, "2001:db8:1:2:ffff::9").is_some());
        assert!(count(&throttle, "2001:db8:1:3::1").is_none());
        fail_often(&throttle, "::ffff:192.0.2.1");
        assert!(count(&throttle, "192.0.2.1").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_many_addresses_pushes_nobody_out_and_is_slowed_as_one() {
        let throttle = Throttle::default();
        fail_often(&throttle, "192.0.2.1");
        let many = (0u32..).map(|bits| IpAddr::from((0x0a00_0000 + bits).to_be_bytes()).to_string());
        let mut slowed = 0;
        for address in many.take(2 * MOST_ADDRESSES) {
            slowed += usize::from(count(&throttle, &address).is_some());
        }
        assert_eq!(slowed, MOST_ADDRESSES + 1 - usize::try_from(MOST_FAILURES).unwrap());
        assert!(count(&throttle, "192.0.2.1").is_some());
        assert_eq!(throttle.windows.lock().unwrap().of.len(), MOST_ADDRESSES + 1);
        advance(WINDOW).await;
        assert_eq!(count(&throttle, "192.0.2.1"), None);
        assert_eq!(throttle.windows.lock().unwrap().order.len(), 1);
    }
}
