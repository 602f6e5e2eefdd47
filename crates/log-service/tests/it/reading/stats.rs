use std::collections::BTreeMap;

use chrono_tz::Asia::Seoul;
use serde_json::{Value, json};

use super::{events, json, read};
use crate::fixture::Fixture;

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
