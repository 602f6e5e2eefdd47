use lapin::types::{AMQPValue, FieldTable};

use super::Message;

/// The header with the span that a message was published in (W3C Trace Context).
const HEADER: &str = "traceparent";

impl Message {
    /// Adds the header with the span `trace_parent` to a message. Other headers are removed.
    #[must_use]
    pub fn sent_from(mut self, trace_parent: &str) -> Self {
        let mut headers = FieldTable::default();
        headers.insert(HEADER.into(), AMQPValue::LongString(trace_parent.into()));
        self.properties = self.properties.with_headers(headers);
        self
    }
}

/// The current span, in the form of the header `traceparent`: that of `tracing`, if the program exports its spans with
/// tracing-opentelemetry, or one of OpenTelemetry itself.
///
/// `None` outside of spans, and always without the feature `trace-context`.
#[must_use]
pub fn current_trace_parent() -> Option<String> {
    #[cfg(feature = "trace-context")]
    {
        use opentelemetry::trace::TraceContextExt;

        opentelemetry::Context::map_current(|context| {
            let span = context.span();
            let span = span.span_context();
            // The format begins with its version.
            let named = || format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags());
            span.is_valid().then(named)
        })
    }
    #[cfg(not(feature = "trace-context"))]
    None
}

#[cfg(all(test, feature = "trace-context"))]
mod tests {
    use opentelemetry::trace::{TraceContextExt, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::info_span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn outside_of_any_span_there_is_no_trace() {
        assert_eq!(current_trace_parent(), None);
    }

    #[test]
    fn the_trace_is_that_of_the_span_of_tracing() {
        let tracer = SdkTracerProvider::builder().build().tracer("service");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = info_span!("confirming a payment");
            let trace_parent = span.in_scope(|| current_trace_parent().unwrap());
            let context = span.context().span().span_context().clone();
            assert_eq!(trace_parent, format!("00-{}-{}-01", context.trace_id(), context.span_id()));
        });
    }
}
