//! Who makes partitions, and of which months.

use chrono::{Months, NaiveDate, Utc};
use sea_orm::ConnectionTrait;

use super::{Site, quoted, said};
use crate::fixture::{count, unique_name};

const LOG: &str = "log_partitions('p_payment_log')";

async fn ensure(db: &sea_orm::DatabaseConnection, day: &str) -> Result<(), String> {
    let sql = format!("SELECT ensure_log_partition('p_payment_log', {day})");
    db.execute_unprepared(&sql).await.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_caller_cannot_make_partitions_far_ahead_or_very_many() {
    let site = Site::new();
    let writer = site.connect_as(&site.writer).await;
    let before = count(&writer, LOG).await;
    for day in ["'9999-01-01'", "'infinity'", "NULL", "(now() + interval '27 months')::date"] {
        assert!(ensure(&writer, day).await.unwrap_err().contains("too far ahead"), "{day}");
    }
    assert_eq!(count(&writer, LOG).await, before);

    // Whatever the session says of the first month.
    for first_month in ["0001-01", "1700-01", "9999-01"] {
        writer.execute_unprepared(&format!("SET log_service.first_month TO '{first_month}'")).await.unwrap();
        ensure(&writer, "'-infinity'").await.unwrap();
        let days =
            (0..400).map(|month| NaiveDate::from_ymd_opt(1700, 1, 1).unwrap() + Months::new(month * 11));
        for day in days.filter(|day| *day < Utc::now().date_naive()) {
            ensure(&writer, &format!("'{day}'")).await.unwrap();
        }
    }
    let made = count(&writer, LOG).await;
    assert!(made < 30, "{made}");
}

#[tokio::test]
async fn nobody_but_the_writer_makes_partitions() {
    let site = Site::new();
    let stranger = format!("stranger_{}", unique_name());
    site.as_superuser(&format!("CREATE ROLE {stranger} LOGIN; GRANT USAGE ON SCHEMA audit TO {stranger}"));
    for role in [&site.reader, &stranger] {
        let error = ensure(&site.connect_as(role).await, "'2025-12-01'").await.unwrap_err();
        assert!(error.contains("permission denied for function ensure_log_partition"), "{error}");
    }
    ensure(&site.connect_as(&site.writer).await, "'2025-12-01'").await.unwrap();
}

/// Before, everybody could make partitions, and the manual's rights named the writer for it or not.
#[tokio::test]
async fn a_writer_of_before_keeps_its_right_to_make_partitions() {
    let site = Site::new();
    let writer = quoted(&site.writer);
    site.as_superuser(&format!(
        "GRANT EXECUTE ON FUNCTION ensure_log_partition TO PUBLIC;
        REVOKE EXECUTE ON FUNCTION ensure_log_partition FROM {writer};
        GRANT INSERT ON seaql_migrations TO {writer};
        DELETE FROM seaql_migrations WHERE version = 'm20261127_000002_bounded_months'"
    ));
    said(&mut site.command(&site.owner, &["migrate", "up"]));
    ensure(&site.connect_as(&site.writer).await, "'2025-12-01'").await.unwrap();
    ensure(&site.connect_as(&site.reader).await, "'2025-11-01'").await.unwrap_err();
    let may_add = format!("SELECT has_table_privilege($r${}$r$, 'seaql_migrations', 'INSERT')", site.writer);
    assert_eq!(site.as_superuser(&may_add).trim(), "f");
    let check = said(&mut site.command(&site.writer, &["migrate", "roles", "--check"]));
    assert!(check.contains("change nothing in it"), "{check}");
}
