//! The examples of `docs/publishing`, run as they stand there.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use chrono::{TimeDelta, Utc};
use uuid::Uuid;

use crate::fixture::Fixture;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn publishing(path: &str) -> PathBuf {
    repository().join("docs/publishing").join(path)
}

#[test]
fn each_page_shows_the_program_as_it_is() {
    for (page, example) in [
        ("python.md", "examples/python/publish.py"),
        ("node.md", "examples/node/publish.mjs"),
        ("go.md", "examples/go/publish.go"),
        ("java.md", "examples/java/PaymentLogEvent.java"),
        ("java.md", "examples/java/AuditLog.java"),
        ("rust.md", "../../crates/payment-log/examples/publish.rs"),
    ] {
        let text = fs::read_to_string(publishing(page)).unwrap();
        let program = fs::read_to_string(publishing(example)).unwrap();
        assert!(text.contains(&format!("\n{program}```\n")), "{page} does not show {example} as it is");
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Runs an example that publishes to an exchange.
fn run(mut example: Command, port: u16, exchange: &str) -> Output {
    example
        .env("RABBITMQ_HOST", "127.0.0.1")
        .env("RABBITMQ_PORT", port.to_string())
        .env("RABBITMQ_USERNAME", "guest")
        .env("RABBITMQ_PASSWORD", "guest")
        .env("AUDIT_EXCHANGE", exchange)
        .env("TRACEPARENT", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .output()
        .unwrap()
}

/// What an example said that could not publish.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty() && said.starts_with("not published: "), "{said}");
    said
}

async fn is_stored(example: Command) {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let output = run(example, place.broker.port, &place.topology.exchange());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let id: Uuid = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();

    place.wait_for_rows("p_payment_log", 1).await;
    let row = place.payments().await.remove(0);
    assert_eq!((row.id, row.action_type.as_str(), row.actor_type.as_str()), (id, "CONFIRM", "CUSTOMER"));
    assert_eq!(row.actor_id, Some("8c00ea47-342b-4281-8129-eefd996828aa".parse().unwrap()));
    assert_eq!(row.resource_id.as_deref(), Some("3fb56c7b-8c38-4721-863c-2289f65684f0"));
    assert_eq!((row.method.as_deref(), row.retry_count), (Some("TOSS_CARD"), 0));
    assert_eq!((row.trace_id.as_deref(), row.extra), (Some(TRACE), None));
    assert!((Utc::now() - row.occurred_at).abs() < TimeDelta::minutes(2), "{}", row.occurred_at);
}

fn says_that_no_queue_takes_it(example: Command) {
    let place = Fixture::sqlite();
    place.prepare();
    let elsewhere = place.topology.dead_letter_exchange();
    let said = complaint(&run(example, place.broker.port, &elsewhere));
    assert!(said.contains(&format!("no queue takes payment.log from {elsewhere}")), "{said}");
}

fn says_that_no_exchange_is_there(example: Command) {
    let place = Fixture::sqlite();
    let said = complaint(&run(example, place.broker.port, "nowhere"));
    assert!(said.contains("no exchange 'nowhere'"), "{said}");
}

fn gives_up_on_a_broker_that_is_away(example: Command) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = complaint(&run(example, port, "tickatch.log"));
    assert!(said.to_lowercase().contains("refused"), "{said}");
}

fn gives_up_on_a_broker_that_is_silent(example: Command) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    complaint(&run(example, silent.local_addr().unwrap().port(), "tickatch.log"));
}

mod from_python {
    use super::{Command, publishing, repository};

    /// With the library that `deploy/servers/install pika` has installed.
    fn example() -> Command {
        let mut command = Command::new(repository().join(".servers/pika/bin/python"));
        command.arg(publishing("examples/python/publish.py"));
        command
    }

    #[tokio::test]
    async fn an_event_is_stored() {
        super::is_stored(example()).await;
    }

    #[test]
    fn it_says_that_no_queue_takes_an_event() {
        super::says_that_no_queue_takes_it(example());
    }

    #[test]
    fn it_says_that_no_exchange_is_there() {
        super::says_that_no_exchange_is_there(example());
    }

    #[test]
    fn it_gives_up_on_a_broker_that_is_away() {
        super::gives_up_on_a_broker_that_is_away(example());
    }

    #[test]
    fn it_gives_up_on_a_broker_that_is_silent() {
        super::gives_up_on_a_broker_that_is_silent(example());
    }
}

mod from_node {
    use std::{fs, os::unix::fs::symlink};

    use tempfile::TempDir;

    use super::{Command, publishing, repository};

    /// A folder as `npm install` leaves it, with the library that `deploy/servers/install amqplib` has installed.
    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(publishing("examples/node/publish.mjs"), folder.path().join("publish.mjs")).unwrap();
        symlink(repository().join(".servers/amqplib/node_modules"), folder.path().join("node_modules"))
            .unwrap();
        folder
    }

    fn example(folder: &TempDir) -> Command {
        let mut command = Command::new("node");
        command.arg("publish.mjs").current_dir(folder.path());
        command
    }

    #[tokio::test]
    async fn an_event_is_stored() {
        let folder = folder();
        super::is_stored(example(&folder)).await;
    }

    #[test]
    fn it_says_that_no_queue_takes_an_event() {
        let folder = folder();
        super::says_that_no_queue_takes_it(example(&folder));
    }

    #[test]
    fn it_says_that_no_exchange_is_there() {
        let folder = folder();
        super::says_that_no_exchange_is_there(example(&folder));
    }

    #[test]
    fn it_gives_up_on_a_broker_that_is_away() {
        let folder = folder();
        super::gives_up_on_a_broker_that_is_away(example(&folder));
    }

    #[test]
    fn it_gives_up_on_a_broker_that_is_silent() {
        let folder = folder();
        super::gives_up_on_a_broker_that_is_silent(example(&folder));
    }
}
