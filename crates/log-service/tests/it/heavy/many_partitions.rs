//! Two hundred partitions of each table, read by many at once.

use std::thread;

use serde_json::json;
use test_servers::PostgreSql;

use crate::{
    fixture::{Fixture, PAYMENT, payment},
    partitions::partitions_of,
    reading::{events, read},
    web::Site,
};

/// So many partitions of each table.
const EACH: u32 = 200;

/// The last one is that of the month after the next.
fn make_partitions(server: &PostgreSql, place: &Fixture) {
    let database = place.url.rsplit('/').next().unwrap();
    server.psql(&format!(
        "ALTER DATABASE {database} SET log_service.first_month TO '1990-01';
        ALTER DATABASE {database} SET search_path TO audit"
    ));
    server.psql_in(
        database,
        &format!(
            "DO $$ DECLARE log regclass; BEGIN
                FOR log IN SELECT oid FROM pg_class WHERE relkind = 'p' LOOP
                    FOR months IN -2..{EACH} - 3 LOOP
                        PERFORM ensure_log_partition(
                            log::text, (now() AT TIME ZONE 'UTC' - months * interval '1 month')::date);
                        COMMIT;
                    END LOOP;
                END LOOP;
            END $$"
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_partitions_of_each_table_are_read_by_twenty_at_once() {
    const READERS: usize = 20;
    // PostgreSQL's own defaults.
    let server = PostgreSql::start_with("max_connections = 100\nmax_locks_per_transaction = 64");
    let place = Fixture::postgresql_on(&server);
    let stored = events::store(&place, 12).await;
    make_partitions(&server, &place);
    assert_eq!(partitions_of(&place, "p_access_log").await, i64::from(EACH));
    let readers = READERS.to_string();
    // Each of them reads at the same time: twice a page of the default size.
    let answers = ((READERS + 2) * 16 * 1024 * 1024).to_string();
    let site = Site::with(
        &place,
        &[
            ("LOG_SERVICE__READING__MAX_CONNECTIONS", &readers),
            ("LOG_SERVICE__READING__MAX_ANSWER_BYTES", &answers),
            ("LOG_SERVICE__READING__TIMEOUT_SECONDS", "60"),
        ],
    );
    let (event, actor) = (&stored[0], events::actor(2));
    let id = event.id.to_string();
    let all = "from=1950-01-01";
    // Each with something that its answer must have.
    let of_all_time = [
        (format!("/api/v1/logs?order=oldest&{all}"), id.as_str()),
        (format!("/api/v1/stats?by=domain&bucket=month&{all}"), "reservation-seat"),
        (format!("/api/v1/timeline?q={actor}&widen=true&{all}"), "CONFIRM"),
    ];
    let questions = [
        (format!("/api/v1/logs?{all}"), "items"),
        (format!("/api/v1/logs?id={id}"), id.as_str()),
        (format!("/api/v1/logs/{}/{id}", event.domain), id.as_str()),
        ("/api/v1/logs?actor_type=NOBODY".to_owned(), "items"),
        ("/api/v1/stats".to_owned(), "items"),
        (format!("/api/v1/timeline?q={actor}"), "items"),
        ("/overview".to_owned(), "</html>"),
        ("/access-log".to_owned(), "</html>"),
    ];
    thread::scope(|threads| {
        for number in 0..READERS {
            let (of_all_time, questions, ask) = (&of_all_time, &questions, site.reader());
            threads.spawn(move || {
                // More often than a connection takes to want one plan for all values.
                let often = std::iter::repeat_n(questions.iter(), 8).flatten();
                for (question, part) in of_all_time.iter().cycle().skip(number).take(1).chain(often) {
                    let answer = ask(question);
                    assert!(answer.contains(part), "{question}: {answer}");
                }
            });
        }
        let ask = site.reader();
        threads.spawn(|| {
            let (everything, ask) = (format!("/api/v1/logs/export?format=ndjson&{all}"), ask);
            for _ in 0..8 {
                assert!(ask(&everything).lines().count() >= stored.len());
                let stored_since = read(&place, &["tail", "--format", "ndjson", "--since", "start"]);
                assert!(stored_since.lines().count() >= stored.len());
            }
        });
        // Meanwhile, what comes twice is told from what only has the same id.
        threads.spawn(|| {
            let body = payment();
            let mut other = body.clone();
            other["method"] = json!("KAKAO_PAY");
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                for body in [&body, &body, &other] {
                    place.publish_payments(std::slice::from_ref(body)).await;
                }
                assert_eq!(place.dead_letters(PAYMENT, 1).await.len(), 1);
            });
        });
    });
    let stopped = site.service.stop();
    assert_eq!((stopped.counted("payment", "stored"), stopped.counted("payment", "duplicates")), (1, 1));
    let log = server.psql("SELECT pg_read_file('log')");
    assert!(!log.contains("out of shared memory"), "{log}");
}
