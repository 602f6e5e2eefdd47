use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lapin::{message::Delivery, options::BasicGetOptions, types::AMQPValue};
use test_servers::PATIENCE;
use tokio::time::Instant;

use crate::{database, domains::DOMAINS, hostile::Hostile, publisher::is_hostile, site::Site};

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
    /// Good events on the dead-letter queues.
    pub(crate) dead_letters: u64,
    /// Hostile messages that are on no dead-letter queue, or there for another reason.
    pub(crate) astray: u64,
    /// How many hostile messages of each kind there were.
    pub(crate) hostile: BTreeMap<Hostile, u64>,
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
        ledger.count_dead_letters(site).await;
        ledger
    }

    /// Takes all dead letters, and holds them against the hostile messages.
    async fn count_dead_letters(&mut self, site: &Site) {
        let mut buried = BTreeSet::new();
        let connection = site.broker().connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        for of in &DOMAINS {
            let queue = site.events().topology().dead_letter_queue(of.domain);
            let next = || channel.basic_get(queue.as_str().into(), BasicGetOptions { no_ack: true });
            while let Some(letter) = next().await.unwrap() {
                match number(&letter.delivery.data) {
                    Some(number) if reason(&letter.delivery) == Hostile::of(number).0.reason() => {
                        buried.insert(number);
                    }
                    // One that is there for another reason is missed below.
                    Some(_) => {}
                    None => self.dead_letters += 1,
                }
            }
        }
        for number in (0..self.confirmed).filter(|number| is_hostile(*number)) {
            *self.hostile.entry(Hostile::of(number).0).or_default() += 1;
            if !buried.contains(&number) {
                println!("astray: hostile message {number}, {}", Hostile::of(number).0);
                self.astray += 1;
            }
        }
    }
}

/// The number of a hostile message, from its mark.
fn number(body: &[u8]) -> Option<u64> {
    const MARK: &[u8] = b"hostile-";
    let at = body.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit());
    String::from_utf8(digits.copied().collect()).ok()?.parse().ok()
}

fn reason(letter: &Delivery) -> String {
    match letter.properties.headers().as_ref().and_then(|headers| headers.inner().get("x-audit-reason")) {
        Some(AMQPValue::LongString(reason)) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        _ => String::new(),
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
