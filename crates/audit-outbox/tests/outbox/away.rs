//! While something is away, events wait.

use test_servers::{PostgreSql, RabbitMq};

use crate::fixture::{PAYMENT, Place, RABBITMQ, eventually, payments};

#[tokio::test]
async fn events_wait_while_the_broker_is_away() {
    let (postgresql, rabbitmq) = (PostgreSql::start(), RabbitMq::start());
    let place = Place::on(&postgresql, &rabbitmq).await;
    let payments = payments(20);
    let relay = place.relay();
    place.enqueue_all(&payments, 0).await;
    place.wait_until_empty().await;
    rabbitmq.kill();
    for number in 1..20 {
        place.enqueue_all(&payments, number).await;
    }
    assert_eq!(place.waiting().await, 19 * 20);
    rabbitmq.start_again();
    place.wait_until_empty().await;
    relay.stop().await;
    for (payment, numbers) in place.numbers().await {
        assert_eq!(numbers, (0..20).collect::<Vec<_>>(), "{payment}");
    }
}

#[tokio::test]
async fn a_relay_goes_on_when_the_database_is_back() {
    let postgresql = PostgreSql::start();
    let place = Place::on(&postgresql, &RABBITMQ).await;
    let payments = payments(5);
    let relay = place.relay();
    place.enqueue_all(&payments, 0).await;
    place.wait_until_empty().await;
    postgresql.stop_at_once();
    postgresql.start_again();
    // The pool's connections are gone, and this one's may be one of them.
    eventually("the database", async || place.db.ping().await.is_ok()).await;
    place.enqueue_all(&payments, 1).await;
    eventually("the events", async || place.published(PAYMENT).await == 10).await;
    place.wait_until_empty().await;
    relay.stop().await;
}
