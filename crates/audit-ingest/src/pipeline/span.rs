//! A span for each batch, linked to the traces of those who published. Where traces are not exported, no span is made.

use audit_core::Domain;
use lapin::types::FieldTable;
use opentelemetry::{
    Context, Key, KeyValue,
    global::{self, BoxedSpan, BoxedTracer},
    propagation::{Extractor, TextMapPropagator},
    trace::{Span, SpanContext, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use crate::{
    OutcomeCounts,
    batch::Batch,
    consume_error::AckError,
    message::{TRACE_PARENT, header_text, trace_id_of},
};

/// How many publishers are linked to one batch; all of them would be more than most tools take.
const MAX_LINKS: usize = 32;

pub(crate) fn tracer() -> BoxedTracer {
    global::tracer("audit-ingest")
}

/// The span of a batch. It ends when it is dropped.
pub(crate) struct BatchSpan(BoxedSpan);

impl BatchSpan {
    pub(crate) fn start(tracer: &BoxedTracer, domain: Domain, batch: &Batch) -> Self {
        let mut span = tracer.build(tracer.span_builder("store events").with_kind(SpanKind::Consumer));
        if span.is_recording() {
            span.set_attributes([
                KeyValue::new("messaging.system", "rabbitmq"),
                KeyValue::new("audit.domain", domain.name()),
                number("messaging.batch.message_count", batch.len()),
                number("audit.rows", batch.rows.len() as u64),
            ]);
            let headers = batch.messages.iter().filter_map(|message| message.properties().headers().as_ref());
            for publisher in headers.filter_map(publisher).take(MAX_LINKS) {
                span.add_link(publisher, Vec::new());
            }
        }
        Self(span)
    }

    /// Records the batch's outcome, and ends the span.
    pub(crate) fn end(mut self, outcome: Result<OutcomeCounts, &AckError>) {
        match outcome {
            Ok(OutcomeCounts { stored, duplicates, dropped_reads, dead_letters }) => self.0.set_attributes([
                number("audit.stored", stored),
                number("audit.duplicates", duplicates),
                number("audit.reads", dropped_reads),
                number("audit.dead_letters", dead_letters),
            ]),
            Err(error) => self.0.set_status(Status::error(error.to_string())),
        }
    }
}

fn number(key: impl Into<Key>, value: u64) -> KeyValue {
    KeyValue::new(key, i64::try_from(value).unwrap_or(i64::MAX))
}

/// The span that a message's publisher was in, from the header `traceparent` (W3C Trace Context).
fn publisher(headers: &FieldTable) -> Option<SpanContext> {
    let traceparent = TraceParent(header_text(headers, TRACE_PARENT)?);
    // The propagator also accepts ids with a sign or with too few digits, which are invalid.
    trace_id_of(traceparent.0)?;
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &traceparent);
    Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
}

/// Only the header `traceparent`: a publisher's `tracestate` does not concern us.
struct TraceParent<'a>(&'a str);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACE_PARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACE_PARENT]
    }
}

#[cfg(test)]
mod tests {
    use lapin::types::AMQPValue;

    use super::*;

    fn of(traceparent: &str) -> Option<SpanContext> {
        let mut headers = FieldTable::default();
        headers.insert("traceparent".into(), AMQPValue::LongString(traceparent.into()));
        publisher(&headers)
    }

    #[test]
    fn a_publishers_span_is_read() {
        let span = of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(span.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.span_id().to_string(), "00f067aa0ba902b7");
        assert!(span.is_sampled() && span.is_remote());
        assert!(of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
    }

    #[test]
    fn what_is_no_span_is_passed_over() {
        for traceparent in [
            "",
            "garbage",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(of(traceparent), None, "{traceparent}");
        }
    }
}
