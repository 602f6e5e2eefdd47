use audit_core::{Topology, publish::Message};
use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use fastrand::Rng;
use lapin::BasicProperties;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domains::{DOMAINS, Logged};

/// All events there will be. Each follows from the seed and its number, so that none has to be remembered.
#[derive(Clone)]
pub(crate) struct Events {
    seed: u64,
    begin: DateTime<Utc>,
    topology: Topology,
}

/// What an event is known by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: Uuid,
    pub(crate) occurred_at: DateTime<Utc>,
}

/// One event of so many comes from a clock that is far off.
const FAR_OFF: u32 = 500;

impl Events {
    pub(crate) fn new(seed: u64, topology: Topology) -> Self {
        Self { seed, begin: now(), topology }
    }

    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    pub(crate) fn key(&self, number: u64) -> Key {
        const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(GOLDEN_RATIO));
        let id = Uuid::from_u128(rng.u128(..));
        let in_turn = self.begin + Duration::milliseconds(number.cast_signed());
        let occurred_at =
            if rng.u32(..FAR_OFF) == 0 { in_month(in_turn, far_month(&mut rng)) } else { in_turn };
        Key { id, occurred_at }
    }

    pub(crate) fn message(&self, number: u64) -> Message {
        let at = usize::try_from(number % DOMAINS.len() as u64).unwrap();
        self.publishable(&DOMAINS[at], self.key(number), ("number", json!(number)))
    }

    /// An event that is new now.
    pub(crate) fn probe(&self, of: &Logged) -> (Key, Message) {
        let key = Key { id: Uuid::now_v7(), occurred_at: now() };
        (key, self.publishable(of, key, ("probe", json!(true))))
    }

    fn publishable(&self, of: &Logged, key: Key, (name, value): (&str, Value)) -> Message {
        let body = json!({
            "eventId": key.id,
            "actionType": "CREATE",
            "actorType": "SYSTEM",
            "occurredAt": key.occurred_at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            name: value,
        });
        Message {
            exchange: self.topology.exchange(),
            routing_key: of.domain.routing_key(),
            properties: BasicProperties::default()
                .with_content_type("application/json".into())
                .with_content_encoding("UTF-8".into())
                .with_delivery_mode(2),
            body: body.to_string().into_bytes(),
        }
    }
}

/// The database keeps microseconds.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).unwrap()
}

/// Months long ago. Those before 2020 share a partition, and each of the others is one of every table.
fn far_month(rng: &mut Rng) -> NaiveDate {
    let (year, month) = match rng.u32(..3) {
        0 => (1900 + 10 * rng.i32(0..12), 6),
        1 => (2020, rng.u32(1..=12)),
        _ => (2022, rng.u32(1..=12)),
    };
    NaiveDate::from_ymd_opt(year, month, 1).unwrap()
}

fn in_month(time: DateTime<Utc>, month: NaiveDate) -> DateTime<Utc> {
    month.with_day(1).unwrap().and_time(time.time()).and_utc()
}
