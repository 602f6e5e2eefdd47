use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{
    Servers,
    events::{DOMAINS, Load},
    report::median,
    rounds,
    service::Service,
};

/// So many processes on the same queues.
const PROCESSES: [usize; 3] = [1, 2, 4];

/// What more processes bring: on one machine, they share its cores with broker and database.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// By number of processes.
    replicas: BTreeMap<usize, Together>,
}

/// What several processes do together.
#[derive(Debug, Serialize)]
struct Together {
    events_per_second: f64,
    cpu_us_per_event: f64,
    rss_mib: f64,
}

pub(crate) async fn measure(servers: &Servers) -> Figures {
    let load = Load::clean(&DOMAINS, rounds::events());
    let mut runs = BTreeMap::<usize, Vec<_>>::new();
    for round in 1..=rounds::ROUNDS {
        for processes in PROCESSES {
            let name = format!("replicas{processes}_{round}");
            let run = Service::drain_beside(servers, &name, &load, processes, |_| ()).await;
            println!("round {round}: {processes} processes {:>8.0} events/s", run.events_per_second);
            runs.entry(processes).or_default().push(run);
        }
    }
    let together = |runs: Vec<crate::service::Run>| Together {
        events_per_second: median(runs.iter().map(|run| run.events_per_second).collect()),
        cpu_us_per_event: median(runs.iter().map(|run| run.cpu_us_per_event).collect()),
        rss_mib: runs.iter().map(|run| run.peak_rss_mib).fold(0.0, f64::max),
    };
    Figures { replicas: runs.into_iter().map(|(processes, runs)| (processes, together(runs))).collect() }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10} {:>10} {:>10} {:>8}", "processes", "events/s", "us CPU each", "MiB")?;
        for (processes, Together { events_per_second, cpu_us_per_event, rss_mib }) in &self.replicas {
            writeln!(f, "{processes:<10} {events_per_second:>10.0} {cpu_us_per_event:>11.1} {rss_mib:>8.1}")?;
        }
        Ok(())
    }
}
