//! `contract check --watch`: what passes the exchange is checked, and taken from nobody.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use audit_core::Domain;
use serde_json::json;
use test_servers::{RawMessage, RawPublisher, nested_headers};

use crate::fixture::{Fixture, PAYMENT, RABBITMQ, payment, payment_with};

/// A watch that has begun.
struct Watch {
    child: Child,
    // Kept open: the sums are written there.
    stderr: BufReader<ChildStderr>,
}

impl Watch {
    fn begin(place: &Fixture, args: &[&str]) -> Self {
        let args: Vec<_> = ["contract", "check", "--watch"].iter().chain(args).copied().collect();
        let mut command = place.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("watching ") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "the watch did not begin");
        }
        Self { child, stderr }
    }

    /// Waits for its end.
    fn end(self) -> (Option<i32>, String, String) {
        let Output { status, stdout, .. } = self.child.wait_with_output().unwrap();
        let rest: Vec<_> = self.stderr.lines().map(Result::unwrap).collect();
        (status.code(), String::from_utf8(stdout).unwrap(), rest.join("\n"))
    }
}

#[tokio::test]
async fn a_watch_sees_what_is_published_and_takes_nothing() {
    let place = Fixture::sqlite();
    place.prepare();
    let watch = Watch::begin(&place, &["--limit", "3"]);
    let strange = payment_with(json!({"coupon": "SECRET-1"}));
    let broken = payment_with(json!({"eventId": null}));
    place.publish_payments(&[payment(), strange, broken]).await;

    let (status, said, sums) = watch.end();
    assert_eq!(status, Some(1));
    let said: Vec<_> = said.lines().collect();
    assert!(said[0].starts_with("payment.log: stored in p_payment_log, event "), "{said:?}");
    assert!(said[1].ends_with("; unknown field `coupon`"), "{said:?}");
    assert_eq!(said[2], "payment.log: refused: missing_field, field `eventId`");
    assert!(sums.contains("2 would be stored (1 with something unknown), 1 refused"), "{sums}");

    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 3);
    let bindings = RABBITMQ.ctl(&["list_bindings", "--quiet", "source_name", "destination_name"]);
    let own = |line: &&str| line.starts_with(&format!("{}\t", place.topology.exchange()));
    assert!(!bindings.lines().filter(own).any(|line| line.contains("amq.gen")), "{bindings}");
}

#[tokio::test]
async fn a_watch_of_one_domain_sees_no_other() {
    let place = Fixture::sqlite();
    place.prepare();
    let watch = Watch::begin(&place, &["--limit", "1", "--domain", "payment"]);
    let ticket = place.message(Domain::new("ticket"), "{}");
    place.publish(&[ticket, place.message(PAYMENT, payment().to_string())]).await;
    let (status, said, _) = watch.end();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.starts_with("payment.log: stored"), "{said}");
}

#[test]
fn a_watch_ends_after_its_time() {
    let place = Fixture::sqlite();
    place.prepare();
    let (status, said, sums) = Watch::begin(&place, &["--for", "1"]).end();
    assert_eq!((status, said.as_str()), (Some(0), ""));
    assert!(sums.contains("0 would be stored"), "{sums}");
}

#[test]
fn an_interrupt_ends_a_watch_with_its_sums() {
    let place = Fixture::sqlite();
    place.prepare();
    let watch = Watch::begin(&place, &[]);
    let pid = watch.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let (status, _, sums) = watch.end();
    assert_eq!(status, Some(0));
    assert!(sums.contains("0 would be stored"), "{sums}");
}

#[test]
fn without_its_exchange_there_is_nothing_to_watch() {
    let output = Fixture::sqlite().command(&["contract", "check", "--watch"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no exchange"), "{message}");
}

#[tokio::test]
async fn a_watch_goes_on_behind_what_can_not_be_read() {
    let place = Fixture::sqlite();
    place.prepare();
    let watch = Watch::begin(&place, &["--limit", "2"]);
    let deep = RawMessage {
        exchange: place.topology.exchange().into(),
        routing_key: PAYMENT.routing_key().into(),
        body: payment().to_string().into(),
        ..RawMessage::default()
    };
    RawPublisher::connect(place.broker.port)
        .publish(&deep.with(RawMessage::HEADERS, &nested_headers(b'A', 25_000)));
    place.publish_payments(&[payment()]).await;
    let (code, stdout, stderr) = watch.end();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stdout.contains("unreadable_properties") || stdout.contains("can't be read"), "{stdout}");
}
