//! Stories of customers who book, in a log of millions of such events.

#[path = "../../../tests/it/stories/world/mod.rs"]
#[expect(dead_code, reason = "the tests ask for more than the benchmark")]
mod world;

use std::{
    fmt,
    time::{Duration, Instant},
};

use audit_store::Store;
use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Asia::Seoul;
use futures::future::join_all;
use sea_orm::{ConnectOptions, Database};
use serde::Serialize;

use super::requests::{Api, Percentiles};
use crate::{Servers, domains, service::Service};
use world::{Setting, World};

/// Events in the log, unless `BENCH_EVENTS` says otherwise.
const EVENTS: usize = 5_000_000;
/// The worlds follow each other over two years.
const DAYS: u64 = 730;
/// The last events of a world are so long after its first.
const WORLD_DAYS: u64 = 20;
/// How many orders a world has.
const ORDERS: usize = 4_000;
/// Each world has room for so many reservations.
const NUMBERS: usize = 20_000;
/// Each percentile is of so many stories.
const STORIES: u64 = 300;

/// How fast a reservation's number tells its story.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "they stand beside those of the other parts")]
pub(crate) struct Figures {
    story_p50_ms: f64,
    story_p99_ms: f64,
    story_of_all_time_p99_ms: f64,
}

pub(crate) async fn measure(servers: &Servers) -> Figures {
    let name = "stories";
    let database = Service::declare(servers, name);
    let events = std::env::var("BENCH_EVENTS").map_or(EVENTS, |count| count.parse().expect("a number"));
    let start = Instant::now();
    let log = Log::fill(&database.url, events).await;
    for clean in ["VACUUM ANALYZE", "CHECKPOINT"] {
        servers.postgresql.psql_in(name, clean);
    }
    println!("{} events in {:.0} s", log.events, start.elapsed().as_secs_f64());

    let service = Service::start(servers, name, &database.url);
    let api = Api::new(&service.api);
    let story = |numbers: &[String], number: u64, range: &str| {
        let place = usize::try_from(number * 7_919).expect("a place") % numbers.len();
        api.get(&format!("/api/v1/timeline?q={}{range}", numbers[place]))
    };
    let recent = Percentiles::of(STORIES, |number| story(&log.recent, number, ""));
    let from = format!("&from={}", Utc::now().date_naive() - Days::new(DAYS + WORLD_DAYS));
    let of_all_time = Percentiles::of(STORIES, |number| story(&log.all, number, &from));
    service.stop();
    Figures { story_p50_ms: recent.p50, story_p99_ms: recent.p99, story_of_all_time_p99_ms: of_all_time.p99 }
}

/// What is in the log.
#[derive(Default)]
struct Log {
    events: usize,
    /// The numbers of all reservations, and of those of the last weeks.
    all: Vec<String>,
    recent: Vec<String>,
}

impl Log {
    /// Stores worlds, one after the other, until there are so many events.
    async fn fill(url: &str, events: usize) -> Self {
        let mut options = ConnectOptions::new(url);
        options.sqlx_logging(false).set_schema_search_path("audit");
        let db = Database::connect(options).await.expect("a database");
        let store = Store::new(db, Duration::from_mins(10));
        let mut log = Self::default();
        let mut first_number = 0;
        while log.events < events {
            // From now into the past, as far as this share of the events.
            let back = DAYS as f64 * log.events as f64 / events as f64;
            #[expect(clippy::cast_possible_truncation, reason = "a number of days")]
            let start = midnight(Utc::now() - TimeDelta::days(back as i64 + WORLD_DAYS.cast_signed()));
            let orders = ORDERS.min(events.div_ceil(10));
            let world =
                World::simulate_from(Setting::AsPublished, first_number as u64, start, orders, first_number);
            publish(&store, &world).await;
            let numbers: Vec<_> =
                world.reservations.iter().map(|reservation| reservation.number.clone()).collect();
            if back < 60.0 {
                log.recent.extend_from_slice(&numbers);
            }
            log.all.extend(numbers);
            log.events += world.events.len();
            first_number += NUMBERS;
        }
        log
    }
}

/// The begin of a day in Korea.
fn midnight(time: DateTime<Utc>) -> DateTime<Utc> {
    let korea = TimeDelta::hours(9);
    let day = (time + korea).date_naive();
    day.and_time(chrono::NaiveTime::MIN).and_utc() - korea
}

/// Stores a world's events, each domain's by itself.
async fn publish(store: &Store, world: &World) {
    let storing = domains::logs().into_iter().map(async |log| {
        let of_domain = world.events.iter().filter(|event| event.domain == log.domain());
        let rows: Vec<_> = of_domain
            .map(|event| {
                let body = event.body.to_string();
                log.decode(body.as_bytes(), Seoul, event.trace.clone()).expect("an event of the domain")
            })
            .collect();
        for some in rows.chunks(2_000) {
            store.insert(log.table(), some).await.expect("rows");
        }
    });
    join_all(storing).await;
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line =
            |name: &str, value: f64, goal: &str| writeln!(f, "{name:<26} {value:>6.1}  ms  goal {goal}");
        line("story_p50_ms", self.story_p50_ms, "-")?;
        line("story_p99_ms", self.story_p99_ms, "<= 60")?;
        line("story_of_all_time_p99_ms", self.story_of_all_time_p99_ms, "<= 60")
    }
}
