mod generate;
mod requests;
pub(crate) mod stories;

use std::{fmt, time::Instant};

use serde::Serialize;

use crate::{
    Servers,
    events::{DOMAINS, Load},
    service::Service,
};
use requests::{Api, p99};

/// Events in the log that is read.
const EVENTS: u64 = 5_000_000;
/// Each percentile is of so many requests.
const REQUESTS: u64 = 300;
const PAGE: usize = 50;
const DEEP_PAGE: usize = 1_000;
/// A little less than a million events: the most that the service exports.
const EXPORT_DAYS: u64 = 140;
/// Events that are stored while others are read.
const STORED: usize = 100_000;
const READS_PER_SECOND: u32 = 20;

/// How fast the log is read.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    search_p99_ms: f64,
    deep_page_p99_ms: f64,
    timeline_p99_ms: f64,
    stats_ms: f64,
    export_rows_per_s: f64,
    export_memory_mib: f64,
    ingest_beside_reading: f64,
}

pub(crate) async fn measure(servers: &Servers) -> Figures {
    let name = "reading";
    let database = Service::declare(servers, name);
    let start = Instant::now();
    generate::fill(&servers.postgresql, name, EVENTS);
    println!("{EVENTS} events in {:.0} s", start.elapsed().as_secs_f64());

    let service = Service::start(servers, name, &database.url);
    let api = Api::new(&service.api);
    let (mut search_p99_ms, mut deep_page_p99_ms) = (0.0_f64, 0.0_f64);
    for (what, question) in questions() {
        let first =
            p99(REQUESTS, |number| api.get(&format!("/api/v1/logs?limit={PAGE}&{}", question(number))));
        println!("first page by {what:<28} p99 {first:>6.1} ms");
        search_p99_ms = search_p99_ms.max(first);
    }
    for (what, question) in deep_questions() {
        let cursor = api.cursor_after(&question, (DEEP_PAGE - 1) * PAGE);
        let deep =
            p99(REQUESTS, |_| api.get(&format!("/api/v1/logs?limit={PAGE}&{question}&cursor={cursor}")));
        println!("page {DEEP_PAGE} by {what:<29} p99 {deep:>6.1} ms");
        deep_page_p99_ms = deep_page_p99_ms.max(deep);
    }
    let story = |number: u64, range: &str| {
        // Those of the last weeks: two years ago, the default range would find nothing.
        let resource = generate::resource(EVENTS / 8 / 5 - number * 13);
        api.get(&format!("/api/v1/timeline?q={resource}&only_key={}&{range}", !number.is_multiple_of(2)))
    };
    let timeline_p99_ms = p99(REQUESTS, |number| story(number, ""));
    let whole_log = p99(REQUESTS, |number| story(number, &all_time()));
    println!(
        "timeline over the default range p99 {timeline_p99_ms:.1} ms, over the whole log {whole_log:.1} ms"
    );
    let stats_ms = p99(REQUESTS, |number| {
        let day = chrono::Utc::now().date_naive() - chrono::Days::new(number % 600 + 1);
        let next = day + chrono::Days::new(1);
        api.get(&format!("/api/v1/stats?by=domain&by=action_type&bucket=hour&from={day}&to={next}"))
    });
    let before = service.peak_rss_mib();
    let start = Instant::now();
    let rows = api.lines(&format!("/api/v1/logs/export?format=csv&{}", since(EXPORT_DAYS)));
    let export_rows_per_s = rows as f64 / start.elapsed().as_secs_f64();
    println!("exported {rows} rows");
    let export_memory_mib = service.peak_rss_mib() - before;
    service.stop();
    let ingest_beside_reading = beside_reading(servers).await;
    Figures {
        search_p99_ms,
        deep_page_p99_ms,
        timeline_p99_ms,
        stats_ms,
        export_rows_per_s,
        export_memory_mib,
        ingest_beside_reading,
    }
}

/// How fast events are stored while others are read, beside how fast they are alone: the middle of three.
async fn beside_reading(servers: &Servers) -> f64 {
    let mut ratios = Vec::new();
    let load = Load::clean(&DOMAINS, STORED);
    for round in 1..=3 {
        let alone = Service::drain(servers, &format!("alone{round}"), &load).await;
        let read = |api: String| {
            let api = Api::new(&api);
            api.at_rate(READS_PER_SECOND, |number| {
                format!("/api/v1/logs?limit={PAGE}&actor_id={}", generate::actor(number))
            })
        };
        let beside = Service::drain_beside(servers, &format!("beside{round}"), &load, 1, read).await;
        ratios.push(beside.events_per_second / alone.events_per_second);
    }
    crate::report::median(ratios)
}

type Question = Box<dyn Fn(u64) -> String>;

/// What is asked for, as the parameters of a search over all two years.
fn questions() -> Vec<(String, Question)> {
    let mut questions: Vec<(String, Question)> = Vec::new();
    for (of, domain) in [("in one domain", "&domain=payment"), ("in all", "")] {
        let all_time = all_time();
        let by_resource =
            move |number| format!("{all_time}{domain}&resource_id={}", generate::resource(number * 97));
        questions.push((format!("resource {of}"), Box::new(by_resource)));
        let all_time = self::all_time();
        let by_actor =
            move |number| format!("{all_time}{domain}&actor_id={}", generate::actor(number * 7919));
        questions.push((format!("actor {of}"), Box::new(by_actor)));
        let by_time = move |number: u64| {
            let to = chrono::Utc::now().date_naive() - chrono::Days::new(number);
            format!("to={to}{domain}")
        };
        questions.push((format!("time {of}"), Box::new(by_time)));
    }
    questions
}

fn deep_questions() -> Vec<(String, String)> {
    let all_time = all_time();
    let mut questions = Vec::new();
    for (of, domain) in [("in one domain", "&domain=payment"), ("in all", "")] {
        let resource = format!("{all_time}{domain}&resource_id={}", generate::BUSY_RESOURCE);
        questions.push((format!("resource {of}"), resource));
        questions
            .push((format!("actor {of}"), format!("{all_time}{domain}&actor_id={}", generate::BUSY_ACTOR)));
        questions.push((format!("time {of}"), format!("{all_time}{domain}")));
    }
    questions
}

/// All of the log.
fn all_time() -> String {
    since(u64::from(generate::MONTHS) * 31)
}

fn since(days: u64) -> String {
    format!("from={}", chrono::Utc::now().date_naive() - chrono::Days::new(days))
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: f64, unit: &str, goal: &str| {
            writeln!(f, "{name:<22} {value:>10.1}  {unit:<8}  goal {goal}")
        };
        line("search_p99_ms", self.search_p99_ms, "ms", "<= 20")?;
        line("deep_page_p99_ms", self.deep_page_p99_ms, "ms", "<= 20")?;
        line("timeline_p99_ms", self.timeline_p99_ms, "ms", "<= 30")?;
        line("stats_ms", self.stats_ms, "ms", "<= 100")?;
        line("export_rows_per_s", self.export_rows_per_s, "rows/s", ">= 100000")?;
        line("export_memory_mib", self.export_memory_mib, "MiB", "<= 64")?;
        writeln!(
            f,
            "{:<22} {:>10.2}  {:<8}  goal >= 0.9",
            "ingest_beside_reading", self.ingest_beside_reading, "x alone"
        )
    }
}
