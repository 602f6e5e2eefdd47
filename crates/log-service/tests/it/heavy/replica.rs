//! Reading from a replica of PostgreSQL: what is stored in the primary is read there, and storing does not need it.

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::Value;
use test_servers::PostgreSql;

use crate::{
    fixture::{Fixture, eventually, payment},
    reading::read,
    web::Site,
};

const READ_URL: &str = "LOG_SERVICE__DATABASE__READ_URL";
const ALL_TIME: &str = "from=2025-12-01&to=2026-01-01";

/// A primary, its replica, and a place for a test that is read there.
struct Replicated {
    place: Fixture,
    /// Runs as long as this is kept.
    _primary: PostgreSql,
    replica: PostgreSql,
    read_url: String,
}

impl Replicated {
    fn start() -> Self {
        let primary = PostgreSql::start();
        let place = Fixture::postgresql_on(&primary);
        let replica = PostgreSql::replica_of(&primary);
        let name = place.url.rsplit_once('/').unwrap().1;
        // Without a user: it is that of the main database.
        let read_url = replica.url(name).replace("postgres@", "");
        Self { place, _primary: primary, replica, read_url }
    }

    fn serve(&self) -> Site {
        let variables = [(READ_URL, self.read_url.as_str()), ("LOG_SERVICE__READING__TIMEOUT_SECONDS", "2")];
        Site::with(&self.place, &variables)
    }

    async fn store(&self, count: usize) {
        let before = self.place.count("p_payment_log").await;
        let bodies: Vec<_> = (0..count).map(|_| payment()).collect();
        self.place.publish_payments(&bodies).await;
        self.place.wait_for_rows("p_payment_log", before + i64::try_from(count).unwrap()).await;
    }

    /// Holds the replica where it is: what is stored now, it does not know.
    fn pause(&self) {
        self.replica.psql("SELECT pg_wal_replay_pause()");
        let state = "SELECT pg_get_wal_replay_pause_state()";
        while self.replica.psql(state).trim() != "paused" {
            std::thread::yield_now();
        }
    }

    /// What a follower at the replica prints, on both outputs.
    fn tail(&self, args: &[&str]) -> (String, String) {
        let args = [&["tail", "--domain", "payment", "--format", "ndjson"], args].concat();
        let output = self.place.command(&args).env(READ_URL, &self.read_url).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// The position after everything that is stored.
    fn end(&self) -> String {
        let (_, said) = self.tail(&[]);
        said.lines().find_map(|line| line.strip_prefix("position: ")).unwrap().to_owned()
    }

    /// The events after a position.
    fn followed(&self, since: &str) -> Vec<Value> {
        let (events, _) = self.tail(&["--since", since]);
        events.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn go_on(&self) {
        self.replica.psql("SELECT pg_wal_replay_resume()");
    }
}

fn found(site: &Site) -> usize {
    site.json(&format!("/api/v1/logs?domain=payment&{ALL_TIME}"))["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn questions_are_answered_by_the_replica_and_recorded_in_the_main_database() {
    let servers = Replicated::start();
    let site = servers.serve();
    servers.store(3).await;
    eventually("the replica to have the events", async || found(&site) == 3).await;

    servers.pause();
    servers.store(2).await;
    assert_eq!(found(&site), 3, "the answer is not the replica's");
    let of_commands = |events: &str| events.lines().count();
    let search = ["search", "--from", "2025-12-01", "--to", "2026-01-01", "--format", "ndjson"];
    assert_eq!(of_commands(&read(&servers.place, &search)), 5);
    let output = servers.place.command(&search).env(READ_URL, &servers.read_url).output().unwrap();
    assert_eq!(of_commands(&String::from_utf8(output.stdout).unwrap()), 3);

    servers.go_on();
    eventually("the replica to catch up", async || found(&site) == 5).await;
    let recorded = usize::try_from(servers.place.count("p_access_log").await).unwrap();
    let shown = || site.json("/api/v1/access?limit=500")["items"].as_array().unwrap().len();
    eventually("the records of reading, at the replica", async || shown() >= recorded).await;
}

#[tokio::test]
async fn storing_goes_on_while_the_replica_is_away() {
    let servers = Replicated::start();
    servers.replica.stop();
    let site = servers.serve();
    servers.store(1).await;
    let question = format!("/api/v1/logs?domain=payment&{ALL_TIME}");
    assert_eq!(site.get(&question).status, 503);

    servers.replica.start_again();
    eventually("the replica to answer", async || site.get(&question).status == 200 && found(&site) == 1)
        .await;
    eventually("readers to be welcome", async || site.get("/health/ready").status == 200).await;
    servers.replica.stop();
    servers.store(1).await;
    assert_eq!(site.get(&question).status, 503);
    eventually("readers to be sent elsewhere", async || site.get("/health/ready").status == 503).await;
    assert_eq!(site.get("/health/ingest").status, 200);
    site.service.stop().expect_success();
}

/// A replica's sequences run ahead of the rows.
#[tokio::test]
async fn a_follower_at_a_replica_misses_nothing_from_where_it_began() {
    let servers = Replicated::start();
    let site = servers.serve();
    servers.store(5).await;
    eventually("the replica to have the events", async || found(&site) == 5).await;
    let position = servers.end();
    servers.store(2).await;
    eventually("both new events, and no other", async || servers.followed(&position).len() == 2).await;
}

#[tokio::test]
async fn a_follower_at_a_replica_is_given_nothing_that_another_event_can_precede() {
    let servers = Replicated::start();
    let site = servers.serve();
    servers.store(5).await;
    eventually("the replica to have the events", async || found(&site) == 5).await;
    let position = servers.end();
    let drawn = servers.place.db().await.begin().await.unwrap();
    drawn.execute_unprepared("SELECT nextval('p_payment_log_seq')").await.unwrap();
    servers.store(1).await;
    eventually("the replica to have the later event", async || found(&site) == 6).await;
    assert_eq!(servers.followed(&position), Vec::<Value>::new());

    let insert = "INSERT INTO p_payment_log (id, seq, action_type, actor_type, occurred_at)
        VALUES (gen_random_uuid(), currval('p_payment_log_seq'), 'DRAWN', 'SYSTEM', '2025-12-06T11:00:29Z')";
    drawn.execute_unprepared(insert).await.unwrap();
    drawn.commit().await.unwrap();
    eventually("both events, the earlier one first", async || {
        let events = servers.followed(&position);
        events.len() == 2 && events[0]["action_type"] == "DRAWN"
    })
    .await;
}
