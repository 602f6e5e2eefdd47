//! An index answers every question: PostgreSQL itself says how it went about each.

use std::time::Duration;

use audit_query::{Accessor, Limits, LogReader, LogTable};
use sea_orm::ConnectionTrait;
use test_servers::PostgreSql;

use super::{events, json, read, search, stderr};
use crate::fixture::Fixture;

/// Every plan is logged, and a table is read from end to end only where nothing else is possible.
const CONF: &str = "session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
enable_seqscan = off";

#[tokio::test]
async fn no_question_reads_a_whole_table() {
    let server = PostgreSql::start_with(CONF);
    let place = Fixture::postgresql_on(&server);
    events::store(&place, 40).await;
    let (actor, id) = (events::actor(2).to_string(), "00000000-0000-0000-0000-000019000003");
    let mut questions = vec![
        vec!["tail", "--since", "start"],
        vec!["tail", "--since", "payment:7,user:3", "--domain", "payment", "--action-type", "CONFIRM"],
        vec!["export", "--from", "2025-12-01", "--format", "csv"],
        vec!["stats"],
        vec!["stats", "--from", "2025-12-01", "--bucket", "day"],
        vec!["search", "--order", "oldest"],
        vec!["timeline", &actor],
        vec!["timeline", &actor, "--from", "2025-12-01", "--widen"],
        vec!["timeline", id, "--from", "2025-12-01"],
        vec!["timeline", events::NUMBER, "--from", "2025-12-01", "--widen"],
        vec!["timeline", "3", "--from", "2025-12-01", "--to", "2026-02-01"],
    ];
    let cases = search::cases();
    for (options, _) in &cases {
        for command in ["search", "stats"] {
            questions.push([command].into_iter().chain(options.iter().map(String::as_str)).collect());
        }
    }
    let page = json(&place, &["search", "--from", "2025-12-01", "--limit", "9"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    questions.push(vec!["search", "--from", "2025-12-01", "--cursor", cursor]);

    for question in questions {
        let before = plans(&server).len();
        // The questions without a beginning are about these events too.
        let mut command = place.command(&question);
        let output = command.env("LOG_SERVICE__READING__DEFAULT_DAYS", "3650").output().unwrap();
        assert!(output.status.success(), "{question:?}: {}", stderr(&output));
        uses_indexes(&plans(&server)[before..], &format!("{question:?}"));
    }

    let tables: Vec<_> = events::domains().iter().map(LogTable::from).collect();
    let limits = Limits {
        default_range: Duration::from_hours(24),
        timeout: Duration::from_mins(1),
        max_bytes: 8 << 20,
    };
    let log = LogReader::new(place.db().await, tables, limits);
    for domain in log.tables().iter().map(|table| table.domain) {
        let before = plans(&server).len();
        let events = log.events(domain, id.parse().unwrap()).await.unwrap();
        let nobody = Accessor { id: None, name: String::new(), kind: "TEST", address: None };
        assert_eq!(events.for_accessor(nobody, None).record().rows, 1);
        uses_indexes(&plans(&server)[before..], "event");
    }
}

/// Rows of a large log: four months, many actors, the same times in several domains.
const MANY: &str = "
    SET search_path TO audit, pg_temp;
    SELECT ensure_log_partition('p_' || name || '_log', month::date)
        FROM unnest(ARRAY['payment', 'user', 'reservation']) name,
            generate_series('2025-09-01'::date, '2025-12-01', '1 month') month;
    DO $$ DECLARE name text; BEGIN
        FOREACH name IN ARRAY ARRAY['payment', 'user', 'reservation'] LOOP
            EXECUTE format('INSERT INTO p_%s_log (id, action_type, actor_id, actor_type, resource_id, occurred_at)
                SELECT gen_random_uuid(), ''CREATED'', lpad((n %% 1000)::text, 32, ''0'')::uuid, ''CUSTOMER'',
                    (n %% 2000)::text, ''2025-09-01''::timestamptz + n * interval ''6 minutes''
                FROM generate_series(0, 19999) n', name);
        END LOOP;
    END $$;
    ANALYZE";

#[tokio::test]
async fn a_page_of_a_large_log_reads_little_more_than_it_shows() {
    let server = PostgreSql::start_with(
        "session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on",
    );
    let place = Fixture::postgresql_on(&server);
    events::store(&place, 1).await;
    place.db().await.execute_unprepared(MANY).await.unwrap();
    let all = ["search", "--from", "2025-09-01"];
    let middle = json(&place, &["search", "--from", "2025-10-15", "--order", "oldest", "--limit", "9"]);
    let cursor = middle["next_cursor"].as_str().unwrap();
    let actor = "00000000-0000-0000-0000-000000000007";
    for more in [
        [].as_slice(),
        &["--order", "oldest"],
        &["--cursor", cursor],
        &["--actor-id", actor],
        &["--resource-id", "7", "--resource-id", "1007"],
        &["--actor-type", "CUSTOMER", "--order", "oldest"],
        &["--id", actor],
    ] {
        let before = plans(&server).len();
        read(&place, &[&all[..], more].concat());
        reads_little(&plans(&server)[before..], &format!("{more:?}"));
    }
    let before = plans(&server).len();
    read(&place, &["timeline", actor, "--from", "2025-09-01", "--limit", "50"]);
    reads_little(&plans(&server)[before..], "timeline");
}

/// Of 60,000 rows, no scan may take more than a few hundred.
fn reads_little(plans: &str, question: &str) {
    let scans: Vec<_> =
        plans.lines().filter(|line| line.contains("Scan") && line.contains(" on p_")).collect();
    assert!(!scans.is_empty(), "{question} has no plan: {plans}");
    for scan in scans {
        let taken = scan.split("(actual").nth(1).and_then(|actual| actual.split("rows=").nth(1));
        let taken =
            taken.and_then(|rows| rows.split(' ').next()).map_or(0, |rows| rows.parse::<u32>().unwrap());
        assert!(taken < 500, "{question}: {scan}\n{plans}");
    }
}

/// The server's log.
fn plans(server: &PostgreSql) -> String {
    server.psql("SELECT pg_read_file('log')")
}

fn uses_indexes(plans: &str, question: &str) {
    let scans: Vec<_> =
        plans.lines().filter(|line| line.contains("Scan") && line.contains(" on p_")).collect();
    assert!(!scans.is_empty(), "{question} has no plan: {plans}");
    // A sequence is one row, and has no other way.
    let is_whole = |line: &&&str| line.contains("Seq Scan on p_") && !line.contains("_seq ");
    let whole: Vec<_> = scans.iter().filter(is_whole).collect();
    assert!(whole.is_empty(), "{question} reads whole tables: {whole:#?}\n{plans}");
}
