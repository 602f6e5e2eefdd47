//! Whole stories: what the timeline answers, against worlds whose truth is known.
//!
//! `cargo test -p log-service --test it stories:: -- --nocapture` prints how much of each story was found.

mod measure;
pub mod world;

use std::time::Duration;

use audit_store::Store;
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Seoul;

use crate::{fixture::Fixture, reading::events::domains, web::Site};
use measure::{Figures, Measure};
use world::{Setting, World};

/// What is to be reached in every setting.
const GOAL: Figures = Figures { recall: 0.98, precision: 0.95, whole: 0.9 };
/// What is reached so far.
const REACHED: Figures = Figures { recall: 0.0, precision: 0.0, whole: 0.0 };

const SETTINGS: [Setting; 3] = [Setting::AsPublished, Setting::Traced(0.85), Setting::Named];
const ORDERS: usize = 360;
const SEED: u64 = 20_251_220;

/// The begin of a day in Korea, such that stories go on into the next month.
fn start() -> DateTime<Utc> {
    "2025-12-20T00:00:00+09:00".parse().unwrap()
}

/// Stores what the services published, as the service itself would.
async fn store(place: &Fixture, world: &World) {
    let store = Store::new(place.db().await, Duration::from_secs(30));
    for log in domains() {
        let of_domain = world.events.iter().filter(|event| event.domain == log.domain());
        let rows: Vec<_> = of_domain
            .map(|event| log.decode(event.body.to_string().as_bytes(), Seoul, event.trace.clone()).unwrap())
            .collect();
        for some in rows.chunks(1_000) {
            let inserted = store.insert(log.table(), some).await.unwrap();
            assert_eq!(inserted.stored, u64::try_from(some.len()).unwrap());
        }
    }
}

/// Asks for so many reservations by their numbers, in each setting.
async fn measure(place: impl Fn() -> Fixture, count: usize) {
    for setting in SETTINGS {
        let (place, world) = (place(), World::simulate(setting, SEED, start(), ORDERS));
        place.prepare();
        store(&place, &world).await;
        let site = Site::of(&place);
        let mut measure = Measure::new(format!("{setting:?}, reservation number"));
        let step = world.reservations.len() / count;
        for (index, reservation) in world.reservations.iter().enumerate().step_by(step).take(count) {
            measure.add(&site, &world, &reservation.number, &world.of_reservation(index));
        }
        println!("{measure}");
        let figures = measure.figures();
        assert!(figures.reach(REACHED), "{setting:?}: {figures:?}, to reach: {GOAL:?}");
    }
}

#[tokio::test]
async fn a_reservation_s_number_tells_its_whole_story_on_postgresql() {
    measure(Fixture::postgresql, 120).await;
}

#[tokio::test]
async fn a_reservation_s_number_tells_its_whole_story_on_sqlite() {
    measure(Fixture::sqlite, 40).await;
}
