use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, MutexGuard};

/// The horizon that all followers of a reader share. One of them asks the database, and the others use the result.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedHorizon(Arc<Mutex<Horizon>>);

impl SharedHorizon {
    pub(crate) async fn lock(&self) -> MutexGuard<'_, Horizon> {
        self.0.lock().await
    }
}

/// Up to which number each log table is final: no event with this number or a smaller one will be stored any more.
///
/// A transaction draws a number from the table's sequence before it commits, so larger numbers can be stored earlier. But it
/// takes a lock before it draws, and keeps it until it ends. So a number is final once all transactions have ended that held
/// the lock after the number was drawn.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    looked_at: Option<Instant>,
    tables: Vec<TableHorizon>,
    /// What has been proved, but not yet replayed by the replica.
    unreplayed: Option<Proof>,
    /// The numbers up to which followers may read, by table.
    numbers: Vec<i64>,
}

/// What the primary has proved, and the position of its write-ahead log by then.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) numbers: Vec<i64>,
    pub(crate) wal_position: String,
}

/// The transactions that may have drawn numbers of a table and have not ended.
pub(crate) type Writers = BTreeSet<String>;

impl Horizon {
    pub(crate) fn numbers(&self) -> &[i64] {
        &self.numbers
    }

    /// How long ago the database was asked.
    pub(crate) fn age(&self) -> Duration {
        self.looked_at.map_or(Duration::MAX, |at| at.elapsed())
    }

    /// Takes what was found for each table: the last number drawn, and the writers found after that. Returns the numbers
    /// that are final now.
    pub(crate) fn prove(&mut self, found: impl IntoIterator<Item = (i64, Writers)>) -> Vec<i64> {
        let found: Vec<_> = found.into_iter().collect();
        self.tables.resize_with(found.len(), TableHorizon::default);
        let tables = self.tables.iter_mut().zip(found);
        tables.map(|(table, (last, writers))| table.prove(last, writers)).collect()
    }

    /// Lets followers read up to these numbers.
    pub(crate) fn publish(&mut self, numbers: Vec<i64>) {
        self.numbers = numbers;
    }

    /// What waits for the replica.
    pub(crate) fn unreplayed(&self) -> Option<&Proof> {
        self.unreplayed.as_ref()
    }

    /// Keeps what the primary has proved until the replica is as far.
    pub(crate) fn await_replay(&mut self, proof: Proof) {
        self.unreplayed = Some(proof);
    }

    /// Publishes what was kept: the replica has replayed it.
    pub(crate) fn publish_replayed(&mut self) {
        if let Some(Proof { numbers, .. }) = self.unreplayed.take() {
            self.publish(numbers);
        }
    }

    /// Remembers that the database was asked just now.
    pub(crate) fn looked(&mut self) {
        self.looked_at = Some(Instant::now());
    }
}

#[derive(Debug, Default)]
struct TableHorizon {
    proved: i64,
    candidate: Option<Candidate>,
}

/// A number that is final once these writers have ended.
#[derive(Debug)]
struct Candidate {
    number: i64,
    writers: Writers,
}

impl TableHorizon {
    fn prove(&mut self, last: i64, writers: Writers) -> i64 {
        if writers.is_empty() {
            (self.proved, self.candidate) = (last, None);
            return self.proved;
        }
        if let Some(candidate) = self.candidate.take_if(|candidate| candidate.is_final(&writers)) {
            self.proved = candidate.number;
        }
        // A candidate stays until it is final. Under steady load, there would otherwise always be a newer writer.
        self.candidate.get_or_insert(Candidate { number: last, writers });
        self.proved
    }
}

impl Candidate {
    fn is_final(&self, writers: &Writers) -> bool {
        !writers.iter().any(|writer| self.writers.contains(writer) || is_prepared(writer))
    }
}

/// Whether a transaction is prepared for a commit in two phases. Its name has changed with that, so it may be any writer.
fn is_prepared(writer: &str) -> bool {
    writer.starts_with("-1/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writers<const N: usize>(names: [&str; N]) -> Writers {
        names.map(str::to_owned).into()
    }

    #[test]
    fn without_writers_the_last_number_is_final() {
        assert_eq!(TableHorizon::default().prove(7, writers([])), 7);
    }

    #[test]
    fn a_number_is_final_when_those_have_ended_that_may_precede_it() {
        let mut table = TableHorizon::default();
        assert_eq!(table.prove(7, writers(["3/1", "4/1"])), 0);
        assert_eq!(table.prove(9, writers(["4/1", "5/1"])), 0);
        assert_eq!(table.prove(11, writers(["3/2", "5/1"])), 7, "others may still store 8 to 11");
        assert_eq!(table.prove(12, writers(["5/1"])), 7);
        assert_eq!(table.prove(13, writers(["6/1"])), 11);
    }

    #[test]
    fn a_prepared_transaction_may_be_one_that_had_another_name() {
        let mut table = TableHorizon::default();
        assert_eq!(table.prove(7, writers(["3/1"])), 0);
        assert_eq!(table.prove(9, writers(["-1/811"])), 0);
        assert_eq!(table.prove(9, writers([])), 9);
    }
}
