use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::ClientAddress;

/// How many invalid tokens an address may send in one window. Further ones are throttled until the window ends.
const MAX_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_mins(5);
/// All addresses beyond this many in one window are counted as one.
const MAX_ADDRESSES: usize = 10_000;

/// Counts invalid tokens by the address that sent them.
///
/// Valid tokens are not counted or throttled, so that nobody can be locked out, however many addresses an attacker has.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    of: HashMap<Sender, Window>,
    /// All senders, the oldest window first.
    order: VecDeque<Sender>,
}

/// `None` stands for all addresses beyond the limit.
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
    /// Counts an invalid token. Returns how long its sender has to wait, if it was one too many.
    pub(crate) fn count(&self, address: ClientAddress) -> Option<Duration> {
        // Each update is complete on its own, so a poisoned lock is harmless.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.current(address.network());
        window.failures = window.failures.saturating_add(1);
        (window.failures > MAX_FAILURES).then(|| window.left())
    }
}

impl Windows {
    /// The current window of a sender, which begins now if there is none.
    fn current(&mut self, network: IpAddr) -> &mut Window {
        self.remove_expired();
        let is_counted = self.of.contains_key(&Some(network));
        let sender = (is_counted || self.of.len() < MAX_ADDRESSES).then_some(network);
        self.of.entry(sender).or_insert_with(|| {
            self.order.push_back(sender);
            Window { start: Instant::now(), failures: 0 }
        })
    }

    fn remove_expired(&mut self) {
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
        for _ in 0..MAX_FAILURES {
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
        for address in many.take(2 * MAX_ADDRESSES) {
            slowed += usize::from(count(&throttle, &address).is_some());
        }
        assert_eq!(slowed, MAX_ADDRESSES + 1 - usize::try_from(MAX_FAILURES).unwrap());
        assert!(count(&throttle, "192.0.2.1").is_some());
        assert_eq!(throttle.windows.lock().unwrap().of.len(), MAX_ADDRESSES + 1);
        advance(WINDOW).await;
        assert_eq!(count(&throttle, "192.0.2.1"), None);
        assert_eq!(throttle.windows.lock().unwrap().order.len(), 1);
    }
}
