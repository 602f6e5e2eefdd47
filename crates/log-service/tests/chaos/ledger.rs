use std::time::Duration;

use lapin::{options::QueueDeclareOptions, types::FieldTable};
use test_servers::PATIENCE;
use tokio::time::Instant;

use crate::{database, domains::DOMAINS, site::Site};

/// What the broker has confirmed, and what became of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) confirmed: u64,
    /// Confirmed, and in no table.
    pub(crate) lost: u64,
    /// Rows beyond the first of an event.
    pub(crate) doubled: u64,
    /// Rows that nobody has published like this.
    pub(crate) altered: u64,
    /// Messages on the dead-letter queues: all of them were good.
    pub(crate) dead_letters: u64,
}

impl Ledger {
    /// Compares the tables, row by row, with the events that were confirmed, and as many probes.
    pub(crate) async fn compare(site: &Site, confirmed: u64, probes: u64) -> Self {
        wait_for_rows(site, confirmed + probes).await;
        let mut db = database::connect(site.database_url()).await.unwrap();
        // One bit an event.
        let mut seen = vec![0_u64; usize::try_from(confirmed / 64 + 1).unwrap()];
        let (mut ledger, mut found, mut probes_found) = (Self { confirmed, ..Self::default() }, 0, 0);
        for (at, of) in DOMAINS.iter().enumerate() {
            let looking = database::each_row(&mut db, of, |key, number| {
                let Some(number) = number else { return probes_found += 1 };
                let is_known = number < confirmed && number % DOMAINS.len() as u64 == at as u64;
                if !is_known || site.events().key(number) != key {
                    ledger.altered += 1;
                    return;
                }
                let (word, bit) = (usize::try_from(number / 64).unwrap(), 1 << (number % 64));
                if seen[word] & bit == 0 {
                    found += 1;
                } else {
                    ledger.doubled += 1;
                }
                seen[word] |= bit;
            });
            looking.await.unwrap();
        }
        // Each probe was waited for.
        ledger.altered += u64::abs_diff(probes_found, probes);
        ledger.lost = confirmed - found;
        if ledger.lost > 0 {
            let is_lost =
                |number: &u64| seen[usize::try_from(number / 64).unwrap()] & (1 << (number % 64)) == 0;
            println!("lost: {:?} …", (0..confirmed).filter(is_lost).take(20).collect::<Vec<_>>());
        }
        ledger.dead_letters = dead_letters(site).await;
        ledger
    }
}

/// Waits until so many rows are there, or until no more come.
async fn wait_for_rows(site: &Site, expected: u64) {
    let (mut last, mut changed) = (0, Instant::now());
    while changed.elapsed() < PATIENCE / 2 {
        let mut db = database::connect(site.database_url()).await.unwrap();
        let mut rows = 0;
        for of in &DOMAINS {
            rows += database::count(&mut db, of).await.unwrap();
        }
        if rows >= expected {
            return;
        }
        if rows > last {
            (last, changed) = (rows, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn dead_letters(site: &Site) -> u64 {
    let connection = site.broker().connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut found = 0;
    for of in &DOMAINS {
        let queue = site.events().topology().dead_letter_queue(of.domain);
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap();
        found += u64::from(declared.message_count());
    }
    found
}
