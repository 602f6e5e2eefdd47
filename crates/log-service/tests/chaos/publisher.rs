use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use audit_core::publish::{Broker, ConfirmedChannel, Message, PublishError};
use test_servers::{RawMessage, RawPublisher};
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::{
    domains::DOMAINS,
    events::Events,
    hostile::{self, Hostile},
    report::Round,
    site::Site,
};

/// Publishes numbered events of all domains without pause, each domain on a connection of its own, and hostile messages
/// among them. What the broker does not confirm is published again.
pub(crate) struct Publishers {
    events: u64,
    shared: Arc<Shared>,
    publishing: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    /// Events of all domains in a second.
    rate: AtomicU64,
    domains: [OneDomain; DOMAINS.len()],
}

#[derive(Default)]
struct OneDomain {
    confirmed: AtomicU64,
    hold: AtomicBool,
    holds: AtomicBool,
}

const TICK: Duration = Duration::from_millis(100);
const TICKS_PER_SECOND: u64 = 10;
/// How many ticks of all domains make a second.
const SHARES: u64 = DOMAINS.len() as u64 * TICKS_PER_SECOND;
const FASTEST: u64 = 4000;
/// What a round takes, before the first one was seen.
const ROUND: Duration = Duration::from_secs(10);

impl Publishers {
    pub(crate) fn start(site: &Site, events: u64) -> Self {
        let shared = Arc::new(Shared::default());
        let mut publishing = JoinSet::new();
        for domain in 0..DOMAINS.len() {
            publishing.spawn(publish(
                site.broker(),
                site.events().clone(),
                domain,
                events,
                Arc::clone(&shared),
            ));
        }
        Self { events, shared, publishing }
    }

    /// Sets the rate so that the events last for so many faults more.
    pub(crate) fn spread_over(&self, faults: usize, so_far: &[Round]) {
        let mean = match u32::try_from(so_far.len()).unwrap() {
            0 => ROUND,
            rounds => so_far.iter().map(|round| round.took).sum::<Duration>() / rounds,
        };
        let left = u128::from(self.events - self.confirmed());
        let millis = mean.as_millis() * faults as u128;
        let rate = u64::try_from(left * 1000 / millis.max(1)).unwrap();
        self.shared.rate.store(rate.clamp(DOMAINS.len() as u64, FASTEST), Relaxed);
    }

    /// Events that the broker has.
    pub(crate) fn confirmed(&self) -> u64 {
        self.shared.domains.iter().map(|domain| domain.confirmed.load(Relaxed)).sum()
    }

    /// Publishes no more events of a domain, and returns how many the broker has of it, once that is certain.
    pub(crate) async fn hold(&self, domain: usize) -> u64 {
        let shared = &self.shared.domains[domain];
        shared.hold.store(true, Relaxed);
        while !shared.holds.load(Relaxed) {
            tokio::time::sleep(TICK / 10).await;
        }
        shared.confirmed.load(Relaxed)
    }

    pub(crate) fn go_on(&self, domain: usize) {
        self.shared.domains[domain].hold.store(false, Relaxed);
    }

    /// Publishes what is left, and returns how many events there were.
    pub(crate) async fn finish(mut self) -> u64 {
        self.shared.rate.store(FASTEST, Relaxed);
        while let Some(ended) = self.publishing.join_next().await {
            ended.unwrap();
        }
        assert_eq!(self.confirmed(), self.events, "all events are confirmed");
        self.events
    }
}

async fn publish(broker: Broker, events: Events, domain: usize, all: u64, shared: Arc<Shared>) {
    let mine = &shared.domains[domain];
    let mut numbers = (domain as u64..all).step_by(DOMAINS.len()).peekable();
    let mut open: Vec<Message> = Vec::new();
    let mut channel = None;
    let mut due = 0;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !open.is_empty() || numbers.peek().is_some() {
        ticks.tick().await;
        if open.is_empty() {
            let hold = mine.hold.load(Relaxed);
            mine.holds.store(hold, Relaxed);
            if hold {
                continue;
            }
            due += shared.rate.load(Relaxed);
            let now = usize::try_from(due / SHARES).unwrap();
            due %= SHARES;
            let numbers: Vec<_> = numbers.by_ref().take(now).collect();
            let of = &DOMAINS[domain];
            let hostile = numbers.iter().filter(|number| is_hostile(**number));
            publish_raw(&broker, hostile.map(|number| Hostile::message(*number, of, events.topology())))
                .await;
            open.extend(numbers.into_iter().map(|number| events.message(number)));
        }
        let connected = match &mut channel {
            Some(connected) => connected,
            // The broker may be away: the next tick tries again.
            None => match ConfirmedChannel::open(&broker).await {
                Ok(opened) => channel.insert(opened),
                Err(_) => continue,
            },
        };
        let outcomes = connected.publish_all(&open).await;
        let stands =
            outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(PublishError::Unroutable { .. })));
        let before = open.len();
        let mut outcomes = outcomes.into_iter();
        open.retain(|_| outcomes.next().is_none_or(|outcome| outcome.is_err()));
        mine.confirmed.fetch_add((before - open.len()) as u64, Relaxed);
        if !stands {
            channel = None;
        }
    }
    mine.holds.store(true, Relaxed);
    if let Some(channel) = channel {
        channel.close().await;
    }
}

/// Whether a hostile message goes before the event with this number. All domains have their share.
pub(crate) fn is_hostile(number: u64) -> bool {
    (number / DOMAINS.len() as u64).is_multiple_of(hostile::ONE_OF)
}

/// Publishes hostile messages until the broker has confirmed all of them.
async fn publish_raw(broker: &Broker, messages: impl Iterator<Item = RawMessage>) {
    let mut open: Vec<_> = messages.collect();
    let port = broker.port;
    while !open.is_empty() {
        let publishing = tokio::task::spawn_blocking(move || {
            if let Ok(mut publisher) = RawPublisher::connect(port) {
                while let Some(message) = open.last()
                    && publisher.publish(message).is_ok()
                {
                    open.pop();
                }
            }
            open
        });
        open = publishing.await.unwrap();
        if !open.is_empty() {
            tokio::time::sleep(TICK).await;
        }
    }
}
