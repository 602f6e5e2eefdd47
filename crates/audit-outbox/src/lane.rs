//! Lanes: a resource always has the same one, and a lane has one relay at a time. So no event overtakes another of
//! its resource, however many relays there are.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

/// As many relays as can work at the same time.
///
/// It stays as it is: with another number, a resource's next event could be in another lane than its last one.
const LANES: u8 = 8;

pub(crate) fn all() -> impl Iterator<Item = i16> {
    (0..LANES).map(i16::from)
}

/// The lane of a key. Every version of this crate must give the same one, which the hash of the standard library
/// does not promise: this is FNV-1a.
pub(crate) fn of(key: &str) -> i16 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let [first, ..] = hash.to_be_bytes();
    i16::from(first % LANES)
}

/// Takes a lane for as long as the transaction lasts, unless another relay has it. PostgreSQL only.
///
/// The lock is of this table, so that outboxes in other schemas do not wait for it. It writes nothing, and does not
/// touch the rows: enqueueing never waits for it.
pub(crate) async fn take(transaction: &DatabaseTransaction, lane: i16) -> Result<bool, DbErr> {
    let lock = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_try_advisory_xact_lock('audit_outbox'::regclass::oid::int, $1::int)",
        [i32::from(lane).into()],
    );
    match transaction.query_one_raw(lock).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_keeps_its_lane_in_every_version() {
        assert_eq!(of(""), 0xcb % 8);
        assert_eq!(of("a"), 0xaf % 8);
        assert_eq!(of("foobar"), 0x85 % 8);
    }

    #[test]
    fn resources_are_spread_over_all_lanes() {
        let mut lanes = [0; LANES as usize];
        for number in 0..8000 {
            lanes[usize::try_from(of(&format!("product/{number}"))).unwrap()] += 1;
        }
        assert!(lanes.iter().all(|resources| (500..1500).contains(resources)), "{lanes:?}");
    }
}
