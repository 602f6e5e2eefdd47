//! Whole stories: what the timeline answers, against worlds whose truth is known.
//!
//! `cargo test -p log-service --test it stories:: -- --nocapture` prints how much of the stories was found, and what was
//! wrong with some of them.

mod keys;
mod measure;
mod variety;
pub mod world;

use std::time::Duration;

use audit_store::Store;
use chrono::{DateTime, Utc};
use chrono_tz::Asia::Seoul;

use crate::{fixture::Fixture, reading::events::domains, web::Site};
use keys::Key;
use measure::{Figures, Measure};
use world::{Setting, World};

/// What is to be reached in every setting.
const GOAL: Figures = Figures { recall: 0.98, precision: 0.95, whole: 0.9 };
const SETTINGS: [Setting; 3] = [Setting::AsPublished, Setting::Traced(0.85), Setting::Named];

fn world(setting: Setting) -> World {
    const SEED: u64 = 20_251_220;
    const ORDERS: usize = 360;
    // Many stories go on into the next month.
    let start: DateTime<Utc> = "2025-12-20T00:00:00+09:00".parse().unwrap();
    World::simulate(setting, SEED, start, ORDERS)
}

/// A service that has stored a world, as if it had been published.
async fn served(place: &Fixture, world: &World) -> Site {
    place.prepare();
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
    Site::of(place)
}

/// Asks by a key of so many reservations, evenly over all.
fn measure(site: &Site, world: &World, key: Key, count: usize) -> Measure {
    let mut measure = Measure::default();
    let step = world.reservations.len() / count;
    let some = (0..world.reservations.len()).step_by(step);
    for (question, truth) in some.filter_map(|reservation| key.of(world, reservation)).take(count) {
        measure.add(site, world, &question, &truth);
    }
    measure
}

#[expect(clippy::print_stdout, reason = "with `--nocapture`, these are the figures")]
fn check(setting: Setting, key: Key, measure: &Measure) {
    println!("{setting:?} by {key:?}: {measure}");
    let figures = measure.figures();
    assert!(figures.reach(GOAL), "{setting:?} by {key:?}: {figures:?}; to be reached: {GOAL:?}");
}

#[tokio::test]
async fn a_reservation_s_number_tells_its_whole_story() {
    for setting in SETTINGS {
        let world = world(setting);
        for (place, count) in [(Fixture::postgresql(), 120), (Fixture::sqlite(), 40)] {
            let site = served(&place, &world).await;
            check(setting, Key::Number, &measure(&site, &world, Key::Number, count));
        }
    }
}

#[tokio::test]
async fn every_other_key_tells_it_too() {
    for setting in SETTINGS {
        let (place, world) = (Fixture::postgresql(), world(setting));
        let site = served(&place, &world).await;
        for key in Key::OTHERS {
            check(setting, key, &measure(&site, &world, key, 40));
        }
    }
}
