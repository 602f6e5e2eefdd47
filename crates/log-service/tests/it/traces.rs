//! Traces, as a collector gets them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;

use crate::fixture::{Fixture, PAYMENT, header, payment};

/// What a collector was sent: head and spans of each request.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<(String, ExportTraceServiceRequest)>>>);

/// A collector, and what it gets.
fn collector() -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let received = Received::default();
    let keeping = received.clone();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let request = receive(&connection.unwrap());
            keeping.0.lock().unwrap().push(request);
        }
    });
    (endpoint, received)
}

fn receive(connection: &TcpStream) -> (String, ExportTraceServiceRequest) {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let mut connection = connection;
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    (head, ExportTraceServiceRequest::decode(body.as_slice()).unwrap())
}

impl Received {
    fn spans(&self) -> Vec<Span> {
        let requests = self.0.lock().unwrap();
        let resources = requests.iter().flat_map(|(_, request)| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }
}

fn number(span: &Span, key: &str) -> i64 {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key);
    match attribute.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::IntValue(number)) => *number,
        other => panic!("{key}: {other:?}"),
    }
}

#[tokio::test]
async fn a_batch_is_a_span_that_is_linked_to_its_publishers() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let (endpoint, received) = collector();
    let place = Fixture::sqlite();
    place.prepare();
    let mut traced = place.message(PAYMENT, payment().to_string());
    let mut headers = traced.properties.headers().clone().unwrap_or_default();
    header(&mut headers, "traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"));
    traced.properties = traced.properties.with_headers(headers);
    let untraced = place.message(PAYMENT, payment().to_string());
    place.publish(&[traced, untraced]).await;

    let service = place.serve_with(&[
        ("LOG_SERVICE__TELEMETRY__OTLP_ENDPOINT", &endpoint),
        ("LOG_SERVICE__TELEMETRY__OTLP_HEADERS", "authorization=Bearer secret"),
    ]);
    place.wait_for_rows("p_payment_log", 2).await;
    let stopped = service.stop();
    assert!(stopped.status.success());

    let spans = received.spans();
    let linked: Vec<_> = spans.iter().filter(|span| !span.links.is_empty()).collect();
    let [span] = linked.as_slice() else { panic!("{spans:#?}") };
    assert_eq!((span.name.as_str(), span.kind()), ("store events", SpanKind::Consumer));
    assert_eq!(span.links.len(), 1);
    assert_eq!(span.links[0].trace_id, u128::from_str_radix(TRACE, 16).unwrap().to_be_bytes());
    assert_eq!(span.links[0].span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!(spans.iter().map(|span| number(span, "audit.stored")).sum::<i64>(), 2);
    let requests = received.0.lock().unwrap();
    assert!(requests.iter().all(|(head, _)| head.contains("post /v1/traces")), "{requests:?}");
    assert!(requests.iter().all(|(head, _)| head.contains("authorization: bearer secret")), "{requests:?}");
    assert!(!stopped.log().iter().any(|line| line.to_string().contains("secret")));
}

#[tokio::test]
async fn a_collector_that_is_away_holds_up_neither_events_nor_the_end() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Fixture::sqlite();
    let service = place.serve_with(&[("LOG_SERVICE__TELEMETRY__OTLP_ENDPOINT", &format!("http://{nobody}"))]);
    for number in 1..=3 {
        place.publish_payments(&[payment()]).await;
        place.wait_for_rows("p_payment_log", number).await;
    }
    let stopped = service.stop();
    assert!(stopped.status.success());
    let told = stopped.log().iter().filter(|line| line.to_string().contains("does not take traces"));
    assert_eq!(told.count(), 1, "{:#?}", stopped.log());
}
