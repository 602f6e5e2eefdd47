use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How many wrong tokens an address may send in one window.
const MOST_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_mins(5);
/// Beyond this many addresses, the oldest is forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Counts wrong tokens by the address that they come from.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    start: Instant,
    failures: u32,
}

impl Window {
    fn left(self) -> Duration {
        WINDOW.saturating_sub(self.start.elapsed())
    }

    fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

impl Throttle {
    /// How long this address has to wait, if it has to.
    pub(super) fn wait(&self, peer: IpAddr) -> Option<Duration> {
        let window = self.windows().get(&network(peer)).copied()?;
        (window.failures >= MOST_FAILURES && !window.is_over()).then(|| window.left())
    }

    /// Counts a wrong token.
    pub(super) fn count(&self, peer: IpAddr) {
        let mut windows = self.windows();
        let peer = network(peer);
        if !windows.contains_key(&peer) && windows.len() >= MOST_ADDRESSES {
            make_room(&mut windows);
        }
        let fresh = Window { start: Instant::now(), failures: 0 };
        let window = windows.entry(peer).or_insert(fresh);
        if window.is_over() {
            *window = fresh;
        }
        window.failures += 1;
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<IpAddr, Window>> {
        // Every change is whole: a thread that panicked has left nothing half done.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(windows: &mut HashMap<IpAddr, Window>) {
    windows.retain(|_, window| !window.is_over());
    if windows.len() >= MOST_ADDRESSES
        && let Some(oldest) = windows.iter().min_by_key(|(_, window)| window.start).map(|(&peer, _)| peer)
    {
        windows.remove(&oldest);
    }
}

/// What counts as one address. Who has one IPv6 address has the 2^64 of its network.
pub(crate) fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(peer) => IpAddr::V6(Ipv6Addr::from_bits(peer.to_bits() & (u128::MAX << 64))),
        peer @ IpAddr::V4(_) => peer,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn fail_often(throttle: &Throttle, peer: &str) {
        (0..MOST_FAILURES).for_each(|_| throttle.count(address(peer)));
    }

    #[tokio::test(start_paused = true)]
    async fn after_ten_failures_an_address_waits_for_the_rest_of_five_minutes() {
        let throttle = Throttle::default();
        let peer = address("192.0.2.1");
        (0..9).for_each(|_| throttle.count(peer));
        assert_eq!(throttle.wait(peer), None);
        advance(Duration::from_mins(2)).await;
        throttle.count(peer);
        assert_eq!(throttle.wait(peer), Some(Duration::from_mins(3)));
        assert_eq!(throttle.wait(address("192.0.2.2")), None);
        advance(Duration::from_mins(3)).await;
        assert_eq!(throttle.wait(peer), None);
        throttle.count(peer);
        assert_eq!(throttle.wait(peer), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_ipv6_network_and_a_mapped_ipv4_address_are_one_address() {
        let throttle = Throttle::default();
        fail_often(&throttle, "2001:db8:1:2::1");
        assert!(throttle.wait(address("2001:db8:1:2:ffff::9")).is_some());
        assert!(throttle.wait(address("2001:db8:1:3::1")).is_none());
        fail_often(&throttle, "::ffff:192.0.2.1");
        assert!(throttle.wait(address("192.0.2.1")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_address_makes_room() {
        let throttle = Throttle::default();
        fail_often(&throttle, "192.0.2.1");
        advance(Duration::from_secs(1)).await;
        fail_often(&throttle, "192.0.2.2");
        let many = (0u32..).map(|bits| IpAddr::from((0x0a00_0000 + bits).to_be_bytes()));
        many.take(MOST_ADDRESSES - 1).for_each(|peer| throttle.count(peer));
        assert_eq!(throttle.windows().len(), MOST_ADDRESSES);
        assert!(throttle.wait(address("192.0.2.1")).is_none());
        assert!(throttle.wait(address("192.0.2.2")).is_some());
    }
}
