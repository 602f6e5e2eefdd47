//! Who read what is recorded before anything is shown.

use audit_query::access_entity::Entity;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{events, run, stderr};
use crate::fixture::{Fixture, rows};

const READS: [&[&str]; 5] = [
    &["search", "--from", "2025-12-01", "--domain", "payment", "--own", "retry_count=1"],
    &["timeline", events::NUMBER, "--from", "2025-12-01", "--widen"],
    &["stats", "--from", "2025-12-01", "--by", "domain"],
    &["export", "--from", "2025-12-01", "--format", "csv"],
    &["tail", "--since", "start", "--domain", "user"],
];

#[tokio::test]
async fn every_read_is_recorded_with_its_reader_and_its_question() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 6).await;
        for read in READS {
            assert!(run(&place, read).status.success(), "{read:?}");
        }
        let records = rows::<Entity>(&place.db().await).await;
        let seen: Vec<_> = records
            .iter()
            .map(|record| (record.action_type.as_str(), record.resource_id.as_deref(), record.rows_read > 0))
            .collect();
        assert_eq!(
            seen,
            [
                ("SEARCH", None, true),
                ("TIMELINE", Some(events::NUMBER), true),
                ("STATS", None, true),
                ("EXPORT", None, false),
                ("EXPORT_END", None, true),
                ("TAIL", None, false),
                ("TAIL_END", None, true),
            ]
        );
        assert!(records.iter().all(|record| record.reader.as_deref() == Some("auditor")));
        assert!(records.iter().all(|record| record.actor_type == "COMMAND_LINE"));
        assert_eq!(
            records[0].extra,
            Some(json!({"from": "2025-12-01", "domain": ["payment"], "own": [["retry_count", "1"]],
                "order": "newest", "limit": 50, "format": "table"}))
        );
        assert_eq!((records[2].rows_read, records[4].rows_read), (8, 48));
    }
}

#[tokio::test]
async fn a_read_that_cannot_be_recorded_is_refused() {
    for (place, refuse) in [
        (
            Fixture::sqlite(),
            "CREATE TRIGGER full BEFORE INSERT ON p_access_log BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
        ),
        (Fixture::postgresql(), "ALTER TABLE p_access_log ADD CONSTRAINT full_disk CHECK (false) NOT VALID"),
    ] {
        events::store(&place, 3).await;
        place.db().await.execute_unprepared(refuse).await.unwrap();
        for read in READS {
            let output = run(&place, read);
            assert_eq!(output.status.code(), Some(1), "{read:?}");
            assert!(output.stdout.is_empty(), "{read:?}");
            assert!(stderr(&output).contains("can't be recorded"), "{}", stderr(&output));

            let mut command = place.command(read);
            let output = command.env("LOG_SERVICE__READING__REFUSE_UNRECORDED", "false").output().unwrap();
            assert!(output.status.success(), "{read:?}: {}", stderr(&output));
            assert!(!output.stdout.is_empty(), "{read:?}");
            assert!(stderr(&output).contains("was not recorded"), "{}", stderr(&output));
        }
    }
}

#[tokio::test]
async fn a_read_is_recorded_in_a_month_that_no_service_has_prepared() {
    let place = Fixture::postgresql();
    events::store(&place, 1).await;
    for _ in 0..2 {
        assert!(run(&place, READS[0]).status.success());
    }
    assert_eq!(place.count("p_access_log").await, 2);
}
