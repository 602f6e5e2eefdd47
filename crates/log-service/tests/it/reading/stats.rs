use std::{collections::BTreeMap, time::Duration};

use audit_core::store::DomainLog;
use audit_store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{Asia::Seoul, Tz, UTC};
use serde_json::{Value, json};

use super::{events, json, read, run, stderr};
use crate::fixture::{Fixture, payment_with};

const BY_DAY: [&str; 7] = ["stats", "--from", "2025-12-01", "--bucket", "day", "--time-zone", "Asia/Seoul"];

#[tokio::test]
async fn days_of_seoul_are_counted_alike_on_both_databases() {
    let mut answers = Vec::new();
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 40).await;
        let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
        for event in &events {
            let day = event.occurred_at.with_timezone(&Seoul).format("%Y-%m-%dT00:00:00%:z").to_string();
            *expected.entry((day, event.domain.clone())).or_default() += 1;
        }
        let answer = json(&place, &[&BY_DAY[..], &["--by", "domain"]].concat());
        let line = |((day, domain), count)| json!({"bucket": day, "domain": domain, "count": count});
        assert_eq!(answer["items"], expected.into_iter().map(line).collect::<Value>());
        assert_eq!(answer["time_zone"], "Asia/Seoul");
        assert!(answer["items"].as_array().unwrap().len() > 8, "more than one day");
        answers.push([
            read(&place, &BY_DAY),
            read(&place, &["stats", "--from", "2025-12-01", "--by", "actor_type", "--format", "csv"]),
            read(&place, &["stats", "--from", "2025-12-01", "--bucket", "hour", "--by", "actor_type"]),
            read(
                &place,
                &["stats", "--from", "2025-12-01", "--bucket", "month", "--by", "domain,actor_type"],
            ),
            read(&place, &["stats", "--from", "2025-12-01", "--domain", "payment", "--own", "retry_count=1"]),
        ]);
    }
    assert_eq!(answers[0], answers[1]);
    insta::assert_snapshot!(answers[0].join("----\n"));
}

/// A zone, and when its clocks change, or might.
const CHANGES: [(&str, &str); 7] = [
    ("Asia/Kathmandu", "2025-12-06T00:00:00Z"),
    ("America/St_Johns", "2025-03-09T05:30:00Z"),
    ("America/St_Johns", "2025-11-02T04:30:00Z"),
    ("Australia/Lord_Howe", "2025-04-05T15:00:00Z"),
    ("Australia/Lord_Howe", "2025-10-04T15:30:00Z"),
    // Midnight comes twice there.
    ("America/Havana", "2025-11-02T05:00:00Z"),
    // A name of old, which many servers don't have.
    ("US/Pacific", "2025-11-02T09:00:00Z"),
];

/// Every seven minutes of a day and a half around each change.
fn times() -> Vec<DateTime<Utc>> {
    let around = |(_, change): (&str, &str)| {
        let change: DateTime<Utc> = change.parse().unwrap();
        (-150..150).map(move |step| change + TimeDelta::minutes(7 * step))
    };
    CHANGES.into_iter().flat_map(around).collect()
}

async fn store_payments(place: &Fixture, times: &[DateTime<Utc>]) {
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    let log = DomainLog::of::<payment_log::PaymentLog>();
    let row = |time: &DateTime<Utc>| {
        log.decode(payment_with(json!({"occurredAt": time})).to_string().as_bytes(), UTC, None).unwrap()
    };
    let rows: Vec<_> = times.iter().map(row).collect();
    let store = Store::new(place.db().await, Duration::from_secs(30));
    assert_eq!(store.insert(log.table(), &rows).await.unwrap().stored, times.len() as u64);
}

/// Whether two instants are in one bucket: the clocks show the same, and were not changed in between.
fn is_one_bucket(bucket: &str, zone: Tz, one: DateTime<Utc>, next: DateTime<Utc>) -> bool {
    let form = match bucket {
        "minute" => "%F %H:%M%:z",
        "hour" => "%F %H%:z",
        "day" => "%F",
        _ => "%Y-%m",
    };
    let shown = |time: DateTime<Utc>| time.with_timezone(&zone).format(form).to_string();
    shown(one) == shown(next)
}

#[tokio::test]
async fn odd_zones_and_changes_of_summer_time_are_counted_alike_on_both_databases() {
    let places = [Fixture::sqlite(), Fixture::postgresql()];
    for place in &places {
        store_payments(place, &times()).await;
    }
    for (zone, change) in CHANGES {
        let tz: Tz = zone.parse().unwrap();
        let change: DateTime<Utc> = change.parse().unwrap();
        let [from, to] = [change - TimeDelta::hours(17), change + TimeDelta::hours(17)];
        let mut within: Vec<_> = times().into_iter().filter(|time| (from..to).contains(time)).collect();
        within.sort_unstable();
        for bucket in ["minute", "hour", "day", "month"] {
            let expected = within.chunk_by(|one, next| is_one_bucket(bucket, tz, *one, *next));
            let expected: Vec<_> = expected.map(|bucket| (bucket[0], bucket.len() as u64)).collect();
            let [from, to] = [from, to].map(|time| time.to_rfc3339());
            let args = ["stats", "--from", &from, "--to", &to, "--bucket", bucket, "--time-zone", zone];
            let [sqlite, postgresql] = [0, 1].map(|place| json(&places[place], &args)["items"].clone());
            assert_eq!(sqlite, postgresql, "{zone} {bucket}");
            let counted: Vec<_> = sqlite.as_array().unwrap().iter().map(|count| &count["count"]).collect();
            let counts: Vec<_> = expected.iter().map(|(_, count)| json!(count)).collect();
            assert_eq!(counted, counts.iter().collect::<Vec<_>>(), "{zone} {bucket}");
            for (count, (first, _)) in sqlite.as_array().unwrap().iter().zip(expected) {
                let start: DateTime<Utc> = count["bucket"].as_str().unwrap().parse().unwrap();
                assert!(start <= first, "{zone} {bucket}: {count} begins after {first}");
                assert!(
                    is_one_bucket(bucket, tz, start, first),
                    "{zone} {bucket}: {count} is not that of {first}"
                );
            }
        }
    }
}

#[tokio::test]
async fn actors_and_own_columns_are_told_apart() {
    let mut answers = Vec::new();
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 40).await;
        let mut expected: BTreeMap<(Option<String>, String, Option<i64>), u64> = BTreeMap::new();
        for event in &events {
            let text = |column: &str| event.get(column).as_str().map(str::to_owned);
            let method = text("method").filter(|_| event.domain == "payment");
            let Some(method) = method else { continue };
            let key = (text("actor_id"), method, event.get("retry_count").as_i64());
            *expected.entry(key).or_default() += 1;
        }
        let by = ["stats", "--from", "2025-12-01", "--by", "actor_id,method,retry_count"];
        let answer = json(&place, &[&by[..], &["--domain", "payment"]].concat());
        let line = |((actor, method, retries), count)| json!({"actor_id": actor, "method": method, "retry_count": retries, "count": count});
        assert_eq!(answer["items"], expected.into_iter().map(line).collect::<Value>());
        let all: u64 =
            json(&place, &by)["items"].as_array().unwrap().iter().map(|c| c["count"].as_u64().unwrap()).sum();
        assert_eq!(all, events.len() as u64, "events of domains without the columns count as well");
        let table = ["stats", "--from", "2025-12-01", "--domain", "payment"];
        answers.push([
            read(&place, &[&table[..], &["--by", "method,retry_count"]].concat()),
            read(&place, &[&by[..], &["--domain", "payment", "--format", "csv"]].concat()),
        ]);
    }
    assert_eq!(answers[0], answers[1]);
    insta::assert_snapshot!(answers[0].join("----\n"));
}

#[test]
fn what_cannot_be_counted_is_named() {
    let place = Fixture::sqlite();
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    for (args, named) in [
        (["--by", "seat", "--from", "2025-12-01"], "--by: expected one of domain, action_type"),
        (["--from", "2025-12-02", "--to", "2025-12-01"], "--to: expected a time after `from`"),
        (["--from", "2025-12-02", "--from", "2025-12-01"], "'--from <TIME>' cannot be used multiple times"),
        (["--bucket", "day", "--bucket", "hour"], "'--bucket <BUCKET>' cannot be used multiple times"),
        (["--time-zone", "Mars/Olympus", "--from", "2025-12-01"], "--time-zone"),
    ] {
        let output = run(&place, &[&["stats"][..], &args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(named), "{args:?}: {}", stderr(&output));
    }
}
