use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use uuid::Uuid;

use super::simulation::{Request, hours};

/// One performance. Its seats have ids of their own; their printed numbers are the same in all of them.
#[derive(Debug)]
pub struct Product {
    pub id: i64,
    pub seller: Uuid,
    pub on_sale_from: DateTime<Utc>,
    pub outcome: Outcome,
    sold: i64,
    released: Vec<(DateTime<Utc>, Seat)>,
}

/// What becomes of a performance.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It takes place after the last event.
    Later,
    /// It takes place, and tickets are used.
    Shown(DateTime<Utc>),
    /// It is called off. One request causes all that follows.
    CalledOff(DateTime<Utc>, Request),
}

/// A seat of a performance. Who gives it up leaves it, with its id, to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub id: i64,
    pub number: String,
}

impl Product {
    pub fn new(id: i64, seller: Uuid, on_sale_from: DateTime<Utc>, outcome: Outcome) -> Self {
        Self { id, seller, on_sale_from, outcome, sold: 0, released: Vec::new() }
    }

    /// Until when customers can change anything.
    pub fn closes_at(&self) -> DateTime<Utc> {
        match &self.outcome {
            Outcome::Later => DateTime::<Utc>::MAX_UTC,
            Outcome::Shown(at) => *at - hours(2),
            Outcome::CalledOff(at, _) => *at - TimeDelta::minutes(1),
        }
    }

    /// Takes a seat that is free at this time: the wanted one, or one that somebody gave up, or one that nobody had.
    pub fn take(&mut self, wanted: Option<&Seat>, at: DateTime<Utc>, rng: &mut Rng) -> Seat {
        let is_free = |(since, _): &(DateTime<Utc>, Seat)| *since < at;
        let same =
            wanted.and_then(|seat| self.released.iter().position(|free| is_free(free) && free.1 == *seat));
        let other = || self.released.iter().rposition(is_free);
        let place = same.or_else(|| if rng.f64() < 0.6 { other() } else { None });
        if let Some(place) = place {
            return self.released.swap_remove(place).1;
        }
        let n = self.sold;
        self.sold += 1;
        let number = format!(
            "{}층 {}구역 {}열 {}번",
            1 + n / 4_000,
            ["A", "B"][usize::from(n / 20 % 2 == 1)],
            1 + n / 40 % 100,
            1 + n % 20
        );
        Seat { id: self.id * 100_000 + n, number }
    }

    pub fn release(&mut self, seat: Seat, at: DateTime<Utc>) {
        self.released.push((at, seat));
    }
}
