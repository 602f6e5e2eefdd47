use std::{collections::BTreeMap, fmt, fs, time::Duration};

use crate::{MEMORY_LIMIT_MIB, RECOVERY_LIMIT, fault::Fault, ledger::Ledger, plan::Plan, site::Versions};

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
        let Ledger { confirmed, .. } = self.ledger;
        assert_eq!(self.ledger, Ledger { confirmed, ..Ledger::default() });
        assert!(self.peak_memory_mib <= MEMORY_LIMIT_MIB, "{} MiB of memory", self.peak_memory_mib);
        for Round { fault, recovery, .. } in &self.rounds {
            assert!(*recovery <= RECOVERY_LIMIT, "{fault}: recovered only after {recovery:?}");
        }
    }

    /// The recoveries of each kind of fault, shortest first.
    fn recoveries(&self) -> BTreeMap<Fault, Vec<Duration>> {
        let mut by_kind = BTreeMap::<_, Vec<_>>::new();
        for round in &self.rounds {
            by_kind.entry(round.fault).or_default().push(round.recovery);
        }
        by_kind.values_mut().for_each(|recoveries| recoveries.sort());
        by_kind
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, ledger, versions, .. } = self;
        writeln!(f, "# Reliability\n")?;
        writeln!(
            f,
            "What the fault suite (`crates/log-service/tests/chaos/`) saw in one run. It is written by that"
        )?;
        writeln!(
            f,
            "run, not by hand. Two replicas stored the events of all eight domains, one fault after the other"
        )?;
        writeln!(
            f,
            "struck, and a publisher went on without pause. One event of 500 came from a clock that was"
        )?;
        writeln!(f, "decades off.\n")?;
        writeln!(f, "| what | figure |\n|---|---|")?;
        writeln!(f, "| events that the broker confirmed | {} |", ledger.confirmed)?;
        writeln!(f, "| faults | {} |", self.rounds.len())?;
        writeln!(f, "| lost | {} |", ledger.lost)?;
        writeln!(f, "| stored twice | {} |", ledger.doubled)?;
        writeln!(f, "| altered, or never published | {} |", ledger.altered)?;
        writeln!(f, "| good events among the dead letters | {} |", ledger.dead_letters)?;
        writeln!(f, "| peak memory of a replica | {} MiB |\n", self.peak_memory_mib)?;
        writeln!(
            f,
            "A recovery is the time from the end of the fault until a new event of each domain was published"
        )?;
        writeln!(
            f,
            "and stored. The service recovers by itself; the limit is {} s.\n",
            RECOVERY_LIMIT.as_secs()
        )?;
        writeln!(f, "| fault | times | worst recovery | median |\n|---|---|---|---|")?;
        for (fault, recoveries) in self.recoveries() {
            let (worst, median) = (recoveries[recoveries.len() - 1], recoveries[recoveries.len() / 2]);
            let (worst, median) = (worst.as_secs_f64(), median.as_secs_f64());
            writeln!(f, "| {fault} | {} | {worst:.1} s | {median:.1} s |", recoveries.len())?;
        }
        for fault in &self.left_out {
            writeln!(f, "| {fault} | 0: left out, nothing can be mounted here | | |")?;
        }
        let profile = if cfg!(debug_assertions) { "unoptimised" } else { "optimised" };
        let took: Duration = self.rounds.iter().map(|round| round.took).sum();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        writeln!(
            f,
            "\nlog-service {} ({profile}), RabbitMQ {}, PostgreSQL {}; {cores} cores that servers, replicas and",
            env!("CARGO_PKG_VERSION"),
            versions.rabbitmq,
            versions.postgresql
        )?;
        writeln!(
            f,
            "publisher shared; {}, in {} minutes. The same once more, which also writes this page:\n",
            chrono::Utc::now().format("%Y-%m-%d"),
            took.as_secs().div_ceil(60)
        )?;
        writeln!(
            f,
            "```sh\nCHAOS_EVENTS={} CHAOS_FAULTS={} CHAOS_SEED={} just chaos\n```\n",
            plan.events, plan.faults, plan.seed
        )?;
        writeln!(
            f,
            "The seed decides about the order of the faults, their moments and their lengths; how the processes"
        )?;
        writeln!(f, "meet them differs from run to run.")
    }
}
