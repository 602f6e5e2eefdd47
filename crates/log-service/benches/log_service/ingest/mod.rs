mod drain;
mod per_message;

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    Servers,
    events::{DOMAINS, Load},
    report::median,
    rounds,
    service::Service,
};

/// One message at a time is slow: fewer give the same figure.
const EVENTS_PER_MESSAGE: usize = 10_000;
/// Beside malformed messages: one of so many.
const ONE_MALFORMED_OF: usize = 10;
const LATENCY_RATE: f64 = 200.0;
const LATENCY_TIME: Duration = Duration::from_secs(20);

/// How fast events are stored.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    drain_limit: f64,
    end_to_end: f64,
    per_message: f64,
    mixed_end_to_end: f64,
    poison_ratio: f64,
    latency_p50_ms: f64,
    latency_p99_ms: f64,
    cpu_us_per_event: f64,
    peak_rss_mib: f64,
}

pub(crate) async fn measure(servers: &Servers) -> Figures {
    // First, while the disk is quiet: the rounds below leave much to be written.
    let latency = Service::latency(servers, "latency", LATENCY_RATE, LATENCY_TIME).await;
    let (mut drain_limit, mut end_to_end, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut per_message, mut poison) = (Vec::new(), Vec::new());
    let (mut cpu, mut rss) = (Vec::new(), Vec::new());
    let events = rounds::events();
    for round in 1..=rounds::ROUNDS {
        drain_limit.push(drain::events_per_second(servers, &format!("drain{round}"), events).await);
        println!("round {round}: drain_limit      {:>8.0} events/s", drain_limit[round - 1]);

        let load = Load::clean(&["payment"], events);
        let run = Service::drain(servers, &format!("single{round}"), &load).await;
        println!("round {round}: end_to_end       {:>8.0} events/s", run.events_per_second);
        end_to_end.push(run.events_per_second);
        cpu.push(run.cpu_us_per_event);
        rss.push(run.peak_rss_mib);

        let load = Load::clean(&DOMAINS, events);
        let clean = Service::drain(servers, &format!("mixed{round}"), &load).await;
        println!("round {round}: mixed_end_to_end {:>8.0} events/s", clean.events_per_second);
        mixed.push(clean.events_per_second);
        rss.push(clean.peak_rss_mib);

        let load = Load { one_malformed_of: Some(ONE_MALFORMED_OF), ..load };
        let run = Service::drain(servers, &format!("poison{round}"), &load).await;
        println!("round {round}: with malformed   {:>8.0} messages/s", run.events_per_second);
        poison.push(run.events_per_second / clean.events_per_second);

        let name = format!("single_inserts{round}");
        per_message.push(per_message::events_per_second(servers, &name, EVENTS_PER_MESSAGE).await);
        println!("round {round}: per_message      {:>8.0} events/s", per_message[round - 1]);
    }
    Figures {
        drain_limit: median(drain_limit),
        end_to_end: median(end_to_end),
        per_message: median(per_message),
        mixed_end_to_end: median(mixed),
        poison_ratio: median(poison),
        latency_p50_ms: latency.p50_ms,
        latency_p99_ms: latency.p99_ms,
        cpu_us_per_event: median(cpu),
        peak_rss_mib: rss.into_iter().fold(0.0, f64::max),
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: f64, unit: &str, goal: String| {
            writeln!(f, "{name:<18} {value:>10.1}  {unit:<14}  {goal}")
        };
        let (single, limit) = (self.end_to_end, self.drain_limit);
        line("drain_limit", limit, "events/s", "what this machine can do at most".to_owned())?;
        line("end_to_end", single, "events/s", format!("{:.2} x drain_limit; goal >= 0.70", single / limit))?;
        let times = single / self.per_message;
        line(
            "per_message",
            self.per_message,
            "events/s",
            format!("end_to_end is {times:.1} x this; goal >= 15"),
        )?;
        let mixed = self.mixed_end_to_end;
        line(
            "mixed_end_to_end",
            mixed,
            "events/s",
            format!("{:.2} x end_to_end; goal >= 0.9", mixed / single),
        )?;
        let poison = "x mixed_end_to_end, one message of ten malformed; goal >= 0.6";
        writeln!(f, "{:<18} {:>10.2}  {poison}", "poison_ratio", self.poison_ratio)?;
        let mut line = |name: &str, value: f64, unit: &str, goal: String| {
            writeln!(f, "{name:<18} {value:>10.1}  {unit:<14}  {goal}")
        };
        line("latency_p50_ms", self.latency_p50_ms, "ms", String::new())?;
        line("latency_p99_ms", self.latency_p99_ms, "ms", "goal <= 15".to_owned())?;
        line("cpu_us_per_event", self.cpu_us_per_event, "microseconds", "goal <= 10".to_owned())?;
        line("peak_rss_mib", self.peak_rss_mib, "MiB", "goal <= 64".to_owned())
    }
}
