use std::{collections::BTreeMap, fmt, fs, time::Duration};

use crate::{MEMORY_LIMIT_MIB, fault::Fault, hostile, ledger::Ledger, plan::Plan, site::Versions};

/// One fault, and what followed.
pub(crate) struct Round {
    pub(crate) fault: Fault,
    pub(crate) recovery: Duration,
    /// Fault and recovery together.
    pub(crate) took: Duration,
}

/// What came of all faults, as a page of the documents.
pub(crate) struct Report {
    pub(crate) plan: Plan,
    pub(crate) rounds: Vec<Round>,
    pub(crate) left_out: Vec<Fault>,
    pub(crate) ledger: Ledger,
    pub(crate) peak_memory_mib: u64,
    pub(crate) versions: Versions,
}

impl Report {
    pub(crate) fn write(&self) {
        if let Some(path) = &self.plan.report {
            fs::write(path, self.to_string()).unwrap();
        }
    }

    /// Fails unless everything is as it must be.
    pub(crate) fn judge(&self) {
        let Ledger { confirmed, hostile, .. } = &self.ledger;
        let none_lost = Ledger { confirmed: *confirmed, hostile: hostile.clone(), ..Ledger::default() };
        assert_eq!(self.ledger, none_lost);
        assert!(self.peak_memory_mib <= MEMORY_LIMIT_MIB, "{} MiB of memory", self.peak_memory_mib);
        for Round { fault, recovery, .. } in &self.rounds {
            assert!(*recovery <= self.plan.recovery_limit, "{fault}: recovered only after {recovery:?}");
        }
    }

    /// The recoveries of each kind of fault, shortest first.
    fn recoveries(&self) -> BTreeMap<Fault, Vec<Duration>> {
        let mut by_kind = BTreeMap::<_, Vec<_>>::new();
        for round in &self.rounds {
            by_kind.entry(round.fault).or_default().push(round.recovery);
        }
        for recoveries in by_kind.values_mut() {
            recoveries.sort();
        }
        by_kind
    }
}

/// Of sorted times, at least one.
fn median(times: &[Duration]) -> Duration {
    let last = times.len() - 1;
    (times[last / 2] + times[last.div_ceil(2)]) / 2
}

const INTRODUCTION: &str = "\
# Reliability

For whoever has to rely on the log: the result of one run of the fault suite (`crates/log-service/tests/chaos/`), which
writes this page. Two replicas stored the events of all eight domains while faults struck one after the other and a
publisher went on without pause. One event of 500 came from a clock that was decades off. Hostile messages were mixed in.

";

const RECOVERY: &str = "
A recovery is the time from the end of a fault until a new event of each domain was published and stored. The
service recovers by itself. A network that silently forgets open connections takes longest: each side has to
find out on its own, by heartbeats or a time-out.

";

const REPEAT: &str = "\
The seed determines the order, times and lengths of the faults; how they meet the processes differs from run to run.
To repeat this run and rewrite this page:

";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(INTRODUCTION)?;
        self.fmt_figures(f)?;
        f.write_str(RECOVERY)?;
        self.fmt_recoveries(f)?;
        self.fmt_hostile(f)?;
        self.fmt_circumstances(f)?;
        f.write_str(REPEAT)?;
        let Plan { events, faults, seed, .. } = self.plan;
        writeln!(f, "```sh\nCHAOS_EVENTS={events} CHAOS_FAULTS={faults} CHAOS_SEED={seed} just chaos\n```")
    }
}

impl Report {
    fn fmt_figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ledger { confirmed, lost, doubled, altered, dead_letters, astray, ref hostile } = self.ledger;
        writeln!(f, "| what | figure |\n|---|---|")?;
        writeln!(f, "| events that the broker confirmed | {confirmed} |")?;
        writeln!(f, "| faults | {} |", self.rounds.len())?;
        writeln!(f, "| lost | {lost} |")?;
        writeln!(f, "| stored twice | {doubled} |")?;
        writeln!(f, "| altered, in the wrong table, or never published | {altered} |")?;
        writeln!(f, "| good events among the dead letters | {dead_letters} |")?;
        writeln!(f, "| hostile messages among the events | {} |", hostile.values().sum::<u64>())?;
        writeln!(f, "| of those, stored, lost, or dead letters for a wrong reason | {astray} |")?;
        writeln!(f, "| peak memory of a replica | {} MiB |", self.peak_memory_mib)?;
        let worst = self.rounds.iter().map(|round| round.recovery).max().unwrap_or_default();
        let limit = self.plan.recovery_limit.as_secs();
        writeln!(f, "| longest recovery | {:.1} s, limit {limit} s |", worst.as_secs_f64())
    }

    fn fmt_recoveries(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| fault | times | worst recovery | median |\n|---|---|---|---|")?;
        for (fault, recoveries) in self.recoveries() {
            let (worst, median) = (recoveries[recoveries.len() - 1], median(&recoveries));
            let (worst, median) = (worst.as_secs_f64(), median.as_secs_f64());
            writeln!(f, "| {fault} | {} | {worst:.1} s | {median:.1} s |", recoveries.len())?;
        }
        for fault in &self.left_out {
            writeln!(f, "| {fault} | 0: left out, nothing can be mounted here | | |")?;
        }
        Ok(())
    }

    fn fmt_hostile(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n## Hostile messages\n")?;
        writeln!(
            f,
            "One message per domain preceded each {}th event. Each became a dead letter by",
            hostile::ONE_OF
        )?;
        writeln!(f, "itself, and nothing else stopped or was lost because of it.\n")?;
        writeln!(f, "| what was sent | times | became a dead letter as |\n|---|---|---|")?;
        for (kind, times) in &self.ledger.hostile {
            writeln!(f, "| {kind} | {times} | `{}` |", kind.reason())?;
        }
        Ok(())
    }

    fn fmt_circumstances(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        let profile = if cfg!(debug_assertions) { "unoptimised" } else { "optimised" };
        let Versions { rabbitmq, postgresql } = &self.versions;
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let minutes = self.rounds.iter().map(|round| round.took).sum::<Duration>().as_secs().div_ceil(60);
        let date = chrono::Utc::now().format("%Y-%m-%d");
        writeln!(f, "\nlog-service {version} ({profile}), RabbitMQ {rabbitmq}, PostgreSQL {postgresql}.")?;
        writeln!(f, "Servers, replicas and publisher shared {cores} cores. {date}, in {minutes} minutes.\n")
    }
}
