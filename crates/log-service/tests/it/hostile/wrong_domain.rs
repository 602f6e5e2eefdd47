//! Messages that come to a domain's queue and are none of its own.

use audit_core::publish::Message;
use lapin::{
    BasicProperties, Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions},
    types::FieldTable,
};

use crate::{
    dead_letters::{list, said, wait_for},
    fixture::{Fixture, PAYMENT, header, header_of, payment},
    reading::events::domains,
    samples,
};

pub async fn channel(place: &Fixture) -> Channel {
    place.broker.connect().await.unwrap().create_channel().await.unwrap()
}

/// Gives the payments' queue one more binding.
pub async fn bind(channel: &Channel, place: &Fixture, key: &str) {
    let (queue, exchange) = (place.topology.queue(PAYMENT), place.topology.exchange());
    let (options, none) = (QueueBindOptions::default(), FieldTable::default());
    channel.queue_bind(queue.into(), exchange.into(), key.into(), options, none).await.unwrap();
}

#[tokio::test]
async fn each_event_of_a_fanout_is_stored_in_its_own_table_alone() {
    let place = Fixture::sqlite();
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let exchange = place.topology.exchange();
    let none = FieldTable::default();
    channel(&place)
        .await
        .exchange_declare(exchange.into(), ExchangeKind::Fanout, durable, none)
        .await
        .unwrap();
    let _service = place.serve();
    let events = domains().into_iter().map(|log| {
        let body = samples::bodies(log.domain().name()).swap_remove(0);
        place.message(log.domain(), body.to_string())
    });
    place.publish(&events.collect::<Vec<_>>()).await;
    let others = domains().len() - 1;
    for log in domains() {
        place.wait_for_rows(log.table().name, 1).await;
        for letter in place.dead_letters(log.domain(), others).await {
            assert_eq!(header_of(&letter, "x-audit-reason").as_deref(), Some("wrong_domain"));
        }
    }
}

#[tokio::test]
async fn a_binding_too_many_brings_nothing_into_the_table() {
    let place = Fixture::sqlite();
    place.prepare();
    bind(&channel(&place).await, &place, "#").await;
    let _service = place.serve();
    let elsewhere =
        Message { routing_key: "orders.created".to_owned(), ..place.message(PAYMENT, payment().to_string()) };
    let events = domains().into_iter().map(|log| place.message(log.domain(), payment().to_string()));
    place.publish(&events.chain([elsewhere]).collect::<Vec<_>>()).await;
    let letters = place.dead_letters(PAYMENT, domains().len()).await;
    assert!(
        letters.iter().all(|letter| header_of(letter, "x-audit-reason").as_deref() == Some("wrong_domain"))
    );
    place.wait_for_rows("p_payment_log", 1).await;
}

#[tokio::test]
async fn whoever_publishes_to_the_queue_itself_is_heard() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let direct = |body: String, headers: FieldTable| Message {
        exchange: String::new(),
        routing_key: place.topology.queue(PAYMENT),
        properties: BasicProperties::default().with_headers(headers),
        body: body.into(),
    };
    // As a shovel moves a dead letter back.
    let mut moved = FieldTable::default();
    header(&mut moved, "x-original-routingKey", "payment.log");
    let mut of_another_domain = FieldTable::default();
    header(&mut of_another_domain, "x-original-routingKey", "user.log");
    let messages = [
        direct(payment().to_string(), FieldTable::default()),
        direct(payment().to_string(), moved),
        direct(payment().to_string(), of_another_domain),
    ];
    place.publish(&messages).await;
    place.wait_for_rows("p_payment_log", 2).await;
    let letters = place.dead_letters(PAYMENT, 1).await;
    assert_eq!(header_of(&letters[0], "x-audit-reason").as_deref(), Some("wrong_domain"));
}

#[tokio::test]
async fn put_back_an_event_goes_where_it_was_meant_to_go() {
    let place = Fixture::sqlite();
    place.prepare();
    let channel = channel(&place).await;
    bind(&channel, &place, "user.log").await;
    let _service = place.serve();
    place.publish(&[place.message(audit_core::Domain::new("user"), payment().to_string())]).await;
    place.wait_for_rows("p_user_log", 1).await;
    wait_for(&place, PAYMENT, 1).await;
    // The mend: the binding goes. The event is stored already, so that putting it back changes nothing.
    let (queue, exchange) = (place.topology.queue(PAYMENT), place.topology.exchange());
    channel
        .queue_unbind(queue.into(), exchange.into(), "user.log".into(), FieldTable::default())
        .await
        .unwrap();
    assert_eq!(list(&place)["items"][0]["reason"], "wrong_domain");
    assert!(said(&place, &["replay", "--all"]).contains("1 replayed"));
    wait_for(&place, PAYMENT, 0).await;
    assert_eq!(place.count("p_user_log").await, 1);
    assert_eq!(place.count("p_payment_log").await, 0);
}
