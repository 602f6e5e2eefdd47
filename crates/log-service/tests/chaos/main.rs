//! Proof that nothing is lost or doubled, whatever happens around the service.
//!
//! Two replicas store what is published without pause, while one fault after the other strikes: processes are
//! killed, networks cut, disks filled. In the end every event that the broker has confirmed must stand in its
//! table exactly once, and no good event among the dead letters. After each fault, the service must recover by
//! itself, and in time.
//!
//! `cargo test` runs a short form. `just chaos` runs the long one and writes `docs/reliability.md`. The seed
//! decides about the order of the faults, their moments and their lengths.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests: what goes wrong fails")]
#![expect(clippy::disallowed_methods, reason = "tests are told by variables what to do")]

mod database;
mod domains;
mod events;
mod fault;
mod hostile;
mod ledger;
mod plan;
mod proxy;
mod publisher;
mod recovery;
mod report;
mod site;

use std::time::Duration;

use fastrand::Rng;

use crate::{
    fault::{Deck, Fault},
    ledger::Ledger,
    plan::Plan,
    publisher::Publishers,
    report::{Report, Round},
    site::Site,
};

/// The most memory of a replica.
const MEMORY_LIMIT_MIB: u64 = 256;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_doubled_whatever_happens() {
    let plan = Plan::from_environment();
    println!("{plan}");
    let mut site = Site::start(&plan);
    let publishers = Publishers::start(&site, plan.events);
    let mut rng = Rng::with_seed(plan.seed);
    let (mut deck, left_out) = Deck::of(&site, &mut rng);
    let mut rounds = Vec::new();
    for number in 0..plan.faults {
        publishers.spread_over(plan.faults - number, &rounds);
        rounds.push(round(&plan, &mut site, &publishers, deck.draw(&mut rng), &mut rng).await);
    }
    let confirmed = publishers.finish().await;
    let probes = Fault::PROBES * rounds.len() as u64;
    let ledger = Ledger::compare(&site, confirmed, probes).await;
    let report = Report {
        plan,
        rounds,
        left_out,
        ledger,
        peak_memory_mib: site.peak_memory_mib(),
        versions: site.versions(),
    };
    println!("{report}");
    report.write();
    site.stop();
    report.judge();
}

/// One fault, and the way back.
async fn round(plan: &Plan, site: &mut Site, publishers: &Publishers, fault: Fault, rng: &mut Rng) -> Round {
    let began = tokio::time::Instant::now();
    // Any moment will do.
    tokio::time::sleep(Duration::from_millis(rng.u64(200..1500))).await;
    fault.strike(site, publishers, rng).await;
    let recovery = recovery::measure(site, fault).await;
    if recovery > plan.recovery_limit {
        site.print_last_words();
    }
    println!("{fault}: recovered in {:.1} s", recovery.as_secs_f64());
    Round { fault, recovery, took: began.elapsed() }
}
