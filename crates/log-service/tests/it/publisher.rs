//! Publishing from Rust, as the domain teams do it.

use std::time::Duration;

use audit_core::{
    Actor, Topology,
    publish::{Broker, PublishError, Publisher, PublisherSettings},
};
use futures::future::join_all;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use payment_log::{PaymentEvent, actions::CONFIRM};
use test_servers::RabbitMq;
use ticket_log::{TicketEvent, actions::ISSUED};
use tracing::{Instrument, Span, info_span, instrument::WithSubscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

use crate::fixture::{Fixture, PAYMENT, RABBITMQ, eventually};

fn event() -> PaymentEvent {
    PaymentEvent { payment_id: Some(Uuid::new_v4()), ..PaymentEvent::new(CONFIRM, &Actor::System) }
}

fn ticket() -> TicketEvent {
    TicketEvent { ticket_id: Some(Uuid::new_v4()), ..TicketEvent::new(ISSUED, &Actor::System) }
}

fn publisher(place: &Fixture) -> Publisher {
    Publisher::new(place.broker.clone(), place.topology.clone(), PublisherSettings::default())
}

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn events_of_many_callers_are_confirmed_and_stored_once() {
    let place = Fixture::sqlite();
    let service = place.serve();
    let publisher = publisher(&place);
    let events: Vec<_> = (0..500).map(|_| event()).collect();
    for outcome in join_all(events.iter().map(|event| publisher.publish(event))).await {
        outcome.unwrap();
    }
    place.wait_for_rows("p_payment_log", 500).await;
    assert_eq!(publisher.counts().confirmed, 500);
    assert_eq!(publisher.close(SOON).await, 0);
    service.stop().expect_success();
}

#[tokio::test]
async fn an_event_says_what_it_is_in_its_properties() {
    let place = Fixture::sqlite();
    place.prepare();
    let publisher = publisher(&place);
    let event = event();
    publisher.publish(&event).await.unwrap();
    let delivery = place.take(&place.topology.queue(PAYMENT)).await;
    let properties = &delivery.properties;
    let text = |value: &Option<ShortString>| value.as_ref().unwrap().to_string();
    assert_eq!(text(properties.message_id()), event.event_id.to_string());
    assert_eq!(text(properties.content_type()), "application/json");
    assert_eq!(text(properties.kind()), "payment.log");
    assert_eq!(text(properties.app_id()), place.broker.connection_name);
    assert_eq!(properties.delivery_mode(), &Some(2));
}

#[tokio::test]
async fn an_event_names_the_span_that_it_was_published_in() {
    let place = Fixture::sqlite();
    place.prepare();
    let publisher = publisher(&place);
    let tracer = SdkTracerProvider::builder().build().tracer("payments");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    let in_a_span = async {
        let confirming = info_span!("confirming a payment");
        async {
            publisher.publish(&event()).await.unwrap();
            Span::current().context().span().span_context().clone()
        }
        .instrument(confirming)
        .await
    };
    let span = in_a_span.with_subscriber(tracing_subscriber::registry().with(layer)).await;
    let delivery = place.take(&place.topology.queue(PAYMENT)).await;
    let headers = delivery.properties.headers().as_ref().unwrap().inner();
    let expected = format!("00-{}-{}-01", span.trace_id(), span.span_id());
    assert_eq!(headers["traceparent"], AMQPValue::LongString(expected.into()));
}

#[tokio::test]
async fn only_the_event_without_a_queue_fails() {
    let place = Fixture::sqlite();
    place.prepare();
    let publisher = publisher(&place);
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let (queue, exchange) = (place.topology.queue(PAYMENT), place.topology.exchange());
    channel
        .queue_unbind(queue.into(), exchange.into(), PAYMENT.routing_key().into(), FieldTable::default())
        .await
        .unwrap();
    let tickets: Vec<_> = (0..100).map(|_| ticket()).collect();
    let payment = event();
    let (tickets, payment) = tokio::join!(
        join_all(tickets.iter().map(|ticket| publisher.publish(ticket))),
        publisher.publish(&payment),
    );
    assert!(matches!(payment, Err(PublishError::Unroutable { .. })), "{payment:?}");
    assert!(tickets.iter().all(Result::is_ok), "{tickets:?}");
}

#[tokio::test]
async fn a_lost_connection_is_made_anew_while_callers_wait() {
    let mut place = Fixture::sqlite();
    place.broker.vhost = "publishing".to_owned();
    RABBITMQ.ctl(&["add_vhost", "publishing"]);
    RABBITMQ.ctl(&["set_permissions", "--vhost", "publishing", "guest", ".*", ".*", ".*"]);
    place.prepare();
    let publisher = publisher(&place);
    publisher.publish(&event()).await.unwrap();
    RABBITMQ.ctl(&["close_all_connections", "--vhost", "publishing", "bye"]);
    publisher.publish(&event()).await.unwrap();
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 2);
}

#[tokio::test]
async fn whoever_does_not_wait_is_not_held_up_while_the_broker_is_away() {
    let server = RabbitMq::start();
    let place = Fixture::sqlite_on(&server);
    place.prepare();
    server.kill();
    let settings = PublisherSettings { buffer: 100, ..PublisherSettings::default() };
    let publisher = Publisher::new(place.broker.clone(), place.topology.clone(), settings);
    let outcomes: Vec<_> = (0..150).map(|_| publisher.try_publish(&event())).collect();
    let (taken, dropped): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert!(dropped.iter().all(|error| matches!(error, Err(PublishError::BufferFull(100)))), "{dropped:?}");
    let counts = publisher.counts();
    assert_eq!((counts.waiting, counts.dropped), (taken.len() as u64, dropped.len() as u64));
    assert!(dropped.len() >= 49, "{counts:?}");
    server.start_again();
    eventually("the events that were kept", async || publisher.counts().waiting == 0).await;
    assert_eq!(publisher.counts().confirmed, taken.len() as u64);
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await as usize, taken.len());
}

#[tokio::test]
async fn the_buffer_is_full_when_its_bytes_are_used_up() {
    let broker = Broker { port: 1, ..Broker::local() };
    let settings = PublisherSettings { buffer_bytes: 10_000, ..PublisherSettings::default() };
    let publisher = Publisher::new(broker, Topology::default(), settings);
    let taken = (0..100).filter(|_| publisher.try_publish(&event()).is_ok()).count();
    // Each takes some 200 bytes, and 512 beside.
    assert!((10..=18).contains(&taken), "{taken}");
    let full = publisher.try_publish(&event());
    assert!(matches!(full, Err(PublishError::BufferFull(waiting)) if waiting == taken), "{full:?}");
}

#[tokio::test]
async fn an_event_larger_than_the_buffer_goes_alone() {
    let place = Fixture::sqlite();
    place.prepare();
    let settings = PublisherSettings { buffer_bytes: 1, ..PublisherSettings::default() };
    let publisher = Publisher::new(place.broker.clone(), place.topology.clone(), settings);
    for outcome in join_all((0..10).map(async |_| publisher.publish(&event()).await)).await {
        outcome.unwrap();
    }
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 10);
}

#[tokio::test]
async fn a_caller_who_waits_learns_that_the_broker_is_away() {
    let broker = Broker { port: 1, ..Broker::local() };
    let settings = PublisherSettings { timeout: Duration::from_millis(300), ..PublisherSettings::default() };
    let publisher = Publisher::new(broker, Topology::default(), settings);
    let outcome = publisher.publish(&event()).await;
    assert!(matches!(outcome, Err(PublishError::TimedOut(_))), "{outcome:?}");
}

#[tokio::test]
async fn what_waits_is_published_before_the_end() {
    let place = Fixture::sqlite();
    place.prepare();
    let publisher = publisher(&place);
    for _ in 0..1000 {
        publisher.try_publish(&event()).unwrap();
    }
    assert_eq!(publisher.close(SOON).await, 0);
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 1000);
    assert!(matches!(publisher.try_publish(&event()), Err(PublishError::Stopped)));
}
