//! An event and the change that it tells of are stored together, or not at all.

use audit_outbox::{enqueue, enqueue_traced};
use lapin::types::AMQPValue;
use sea_orm::TransactionTrait;

use crate::fixture::{PAYMENT, Place, event, payments};

async fn goes_with_its_transaction(place: Place) {
    let [kept, given_up] = payments(2)[..] else { unreachable!() };
    let transaction = place.db.begin().await.unwrap();
    enqueue(&transaction, &event(given_up, 0)).await.unwrap();
    transaction.rollback().await.unwrap();
    let dropped = place.db.begin().await.unwrap();
    enqueue(&dropped, &event(given_up, 0)).await.unwrap();
    drop(dropped);
    assert_eq!(place.waiting().await, 0);

    let transaction = place.db.begin().await.unwrap();
    enqueue(&transaction, &event(kept, 7)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(place.waiting().await, 1);
    let relay = place.relay();
    place.wait_until_empty().await;
    relay.stop().await;
    assert_eq!(place.numbers().await, [(kept, vec![7])].into());
}

#[tokio::test]
async fn an_event_goes_with_its_transaction_on_postgresql() {
    goes_with_its_transaction(Place::postgresql().await).await;
}

#[tokio::test]
async fn an_event_goes_with_its_transaction_on_sqlite() {
    goes_with_its_transaction(Place::sqlite().await).await;
}

#[tokio::test]
async fn an_event_arrives_as_it_was_with_its_trace() {
    let place = Place::postgresql().await;
    let event = event(payments(1)[0], 0);
    let trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    enqueue_traced(&place.db, &event, trace_parent).await.unwrap();
    let relay = place.relay();
    place.wait_until_empty().await;
    relay.stop().await;
    let delivery = place.drain(PAYMENT).await.remove(0);
    assert_eq!(delivery.data, serde_json::to_vec(&event).unwrap());
    let properties = &delivery.properties;
    assert_eq!(properties.message_id().as_ref().unwrap().as_str(), event.event_id.to_string());
    assert_eq!(properties.delivery_mode(), &Some(2));
    let header = properties.headers().as_ref().unwrap().inner().get("traceparent");
    assert_eq!(header, Some(&AMQPValue::LongString(trace_parent.into())));
}
