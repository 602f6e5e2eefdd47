//! Putting dead letters back: nothing is lost, and nothing goes round in circles.

use std::{
    collections::HashSet,
    process::{Command, Stdio},
};

use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde_json::json;

use super::{
    answer, list,
    rejected::{AUTH, failed_login, lay, reject},
    run, said, stderr, wait_for,
};
use crate::fixture::{Fixture, PAYMENT, eventually, header, header_of, payment};

#[tokio::test]
async fn failed_logins_that_the_original_rejected_are_stored() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        place.prepare();
        reject(&place, AUTH, &[failed_login(), failed_login(), failed_login()]).await;
        let _service = place.serve();
        let overview = list(&place);
        assert_eq!(
            overview["counts"],
            json!([{"domain": "auth", "reason": "rejected", "letters": 3, "replayed": 0}])
        );
        assert!(overview["items"][0]["time"].is_string(), "{overview}");
        assert!(said(&place, &["replay", "--reason", "rejected"]).contains("3 replayed"));
        place.wait_for_rows("p_auth_log", 3).await;
        wait_for(&place, AUTH, 0).await;
    }
}

#[tokio::test]
async fn a_conflict_comes_back_and_is_not_put_back_again() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let first = payment();
    let mut second = first.clone();
    second["actionType"] = json!("REFUND");
    place.publish_payments(&[first, second]).await;
    wait_for(&place, PAYMENT, 1).await;
    let replays = |place: &Fixture| list(place)["items"][0]["replays"].clone();
    assert_eq!(replays(&place), 0);
    assert!(said(&place, &["replay", "--all"]).contains("1 replayed"));
    wait_for(&place, PAYMENT, 1).await;
    assert_eq!(replays(&place), 1);

    assert!(said(&place, &["replay", "--all"]).contains("0 replayed, 1 skipped"));
    assert_eq!(replays(&place), 1);
    assert!(said(&place, &["replay", "--all", "--again"]).contains("1 replayed"));
    wait_for(&place, PAYMENT, 1).await;
    assert_eq!(replays(&place), 2);
    assert_eq!(list(&place)["counts"][0]["reason"], "conflict");
    place.wait_for_rows("p_payment_log", 1).await;
}

#[tokio::test]
async fn a_message_is_put_back_as_it_was() {
    let place = Fixture::sqlite();
    let service = place.serve();
    let mut message = place.message(PAYMENT, "not json");
    let mut headers = FieldTable::default();
    header(&mut headers, "__TypeId__", "com.tickatch.PaymentLogEvent");
    header(&mut headers, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    headers.insert("number".into(), AMQPValue::LongInt(7));
    let given = headers.clone();
    message.properties = message.properties.with_message_id("id-1".into()).with_headers(headers);
    place.publish(&[message]).await;
    wait_for(&place, PAYMENT, 1).await;
    service.stop();
    answer(&place, &["replay", "--all"]);

    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = place.topology.queue(PAYMENT);
    let got = channel.basic_get(queue.as_str().into(), lapin::options::BasicGetOptions::default());
    let back = got.await.unwrap().unwrap().delivery;
    assert_eq!(back.data, b"not json");
    assert_eq!(
        (back.exchange.as_str(), back.routing_key.as_str()),
        (&*place.topology.exchange(), "payment.log")
    );
    assert_eq!(back.properties.message_id().as_ref().map(ShortString::as_str), Some("id-1"));
    assert_eq!(back.properties.content_type().as_ref().map(ShortString::as_str), Some("application/json"));
    let mut expected = given;
    expected.insert("x-audit-replays".into(), AMQPValue::LongLongInt(1));
    assert_eq!(back.properties.headers().as_ref(), Some(&expected));
}

#[tokio::test]
async fn what_the_broker_added_is_not_put_back() {
    let place = Fixture::sqlite();
    place.prepare();
    reject(&place, AUTH, &[failed_login()]).await;
    answer(&place, &["replay", "--all"]);
    // Rejected once more, it has died once, and the last look at it says why.
    let back = place.drain(&place.topology.queue(AUTH)).await;
    assert_eq!(back.len(), 1);
    reject(&place, AUTH, &[failed_login()]).await;
    let letter = place.dead_letters(AUTH, 1).await.remove(0);
    let Some(AMQPValue::FieldArray(deaths)) =
        letter.properties.headers().as_ref().unwrap().inner().get("x-death")
    else {
        panic!("no x-death")
    };
    assert_eq!(deaths.as_slice().len(), 1);
}

#[tokio::test]
async fn the_count_of_replays_survives_headers_that_are_left_out() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let mut message = place.message(PAYMENT, "not json");
    let mut headers = FieldTable::default();
    header(&mut headers, "x-large", &"at Some.java:1\n".repeat(8500));
    headers.insert("x-audit-replays".into(), AMQPValue::LongLongInt(4));
    message.properties = message.properties.with_headers(headers);
    place.publish(&[message]).await;
    wait_for(&place, PAYMENT, 1).await;
    assert_eq!(list(&place)["items"][0]["replays"], 4);
}

#[tokio::test]
async fn a_message_that_came_another_way_goes_to_its_domains_queue() {
    let place = Fixture::sqlite();
    let service = place.serve();
    let mut message = place.message(PAYMENT, "not json");
    // Straight into the queue, as the management page does.
    (message.exchange, message.routing_key) = (String::new(), place.topology.queue(PAYMENT));
    place.publish(&[message]).await;
    wait_for(&place, PAYMENT, 1).await;
    service.stop();
    assert!(said(&place, &["replay", "--domain", "payment"]).contains("1 replayed"));
    assert_eq!(place.drain(&place.topology.queue(PAYMENT)).await, [b"not json"]);
}

#[tokio::test]
async fn what_no_queue_takes_stays() {
    let place = Fixture::sqlite();
    place.prepare();
    let mut message = place.message(PAYMENT, "not json");
    let mut headers = FieldTable::default();
    header(&mut headers, "x-original-exchange", &place.topology.exchange());
    header(&mut headers, "x-original-routingKey", "nobody.takes.it");
    message.properties = message.properties.with_headers(headers);
    message.exchange = place.topology.dead_letter_exchange();
    message.routing_key = PAYMENT.dead_letter_routing_key();
    place.publish(&[message]).await;
    let output = run(&place, &["replay", "--all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("0 replayed, 1 refused by the broker"), "{}", stderr(&output));
    let letter = place.dead_letters(PAYMENT, 1).await.remove(0);
    assert_eq!(header_of(&letter, "x-original-routingKey").as_deref(), Some("nobody.takes.it"));
}

#[tokio::test]
async fn a_dry_run_moves_nothing() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &[payment(), payment()]).await;
    wait_for(&place, PAYMENT, 2).await;
    assert!(said(&place, &["replay", "--all", "--dry-run"]).contains("2 would be replayed"));
    wait_for(&place, PAYMENT, 2).await;
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 0);
}

#[tokio::test]
async fn killed_in_the_middle_nothing_is_lost() {
    const LETTERS: usize = 8000;
    let place = Fixture::sqlite();
    place.prepare();
    let payments: Vec<_> = (0..LETTERS).map(|_| payment()).collect();
    lay(&place, PAYMENT, &payments).await;
    wait_for(&place, PAYMENT, u32::try_from(LETTERS).unwrap()).await;
    let (queue, dead) = (place.topology.queue(PAYMENT), place.topology.dead_letter_queue(PAYMENT));

    let mut replaying = replay(&place).spawn().unwrap();
    eventually("the first messages", async || place.waiting(&queue).await > 500).await;
    replaying.kill().unwrap();
    assert!(!replaying.wait().unwrap().success(), "it ended before it was killed");
    eventually("everything to be back", async || {
        let (there, left) = (place.waiting(&queue).await, place.waiting(&dead).await);
        there > 0 && left > 0 && (there + left) as usize >= LETTERS
    })
    .await;
    assert!(replay(&place).status().unwrap().success());
    wait_for(&place, PAYMENT, 0).await;
    let stored: HashSet<_> = place.drain(&queue).await.into_iter().collect();
    assert_eq!(stored.len(), LETTERS);
}

#[tokio::test]
async fn two_at_once_put_back_each_message_once_while_the_service_runs() {
    const LETTERS: usize = 3000;
    let place = Fixture::sqlite();
    let service = place.serve();
    lay(&place, PAYMENT, &(0..LETTERS).map(|_| payment()).collect::<Vec<_>>()).await;
    wait_for(&place, PAYMENT, u32::try_from(LETTERS).unwrap()).await;
    let both = [replay(&place).spawn().unwrap(), replay(&place).spawn().unwrap()];
    for mut one in both {
        assert!(one.wait().unwrap().success());
    }
    place.wait_for_rows("p_payment_log", i64::try_from(LETTERS).unwrap()).await;
    wait_for(&place, PAYMENT, 0).await;
    assert_eq!(service.stop().counted("payment", "duplicates"), 0);
}

fn replay(place: &Fixture) -> Command {
    let mut command = place.command(&["dead-letters", "replay", "--all"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}
