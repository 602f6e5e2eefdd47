use lapin::types::FieldTable;

use super::headers::header_text;

/// The header with the span that a message was published in (W3C Trace Context).
pub(crate) const TRACE_PARENT: &str = "traceparent";

/// The trace that a message was published in, from the headers that tracing libraries set: `traceparent` (W3C Trace
/// Context), else `b3` (Zipkin, one header), else `X-B3-TraceId` (Zipkin, several headers).
///
/// A malformed header is ignored: no event is refused for its tracing headers. Only the id has to be well-formed; it is
/// useful even if the rest of the header is broken, and may have 16 digits, as Zipkin's have. OpenTelemetry's propagators
/// would refuse both, and allocate a context for each message; they are used for the spans that batches are linked to.
pub(crate) fn trace_id(headers: &FieldTable) -> Option<String> {
    let from_traceparent = || trace_id_of(header_text(headers, TRACE_PARENT)?);
    let from_b3 = || field(header_text(headers, "b3")?, 0);
    let from_b3_trace_id = || field(header_text(headers, "X-B3-TraceId")?, 0);
    from_traceparent().or_else(from_b3).or_else(from_b3_trace_id)
}

/// The trace id of a `traceparent`.
pub(crate) fn trace_id_of(traceparent: &str) -> Option<String> {
    field(traceparent, 1)
}

/// The trace id at an index among the parts of a header's value, which are separated by `-`.
fn field(value: &str, index: usize) -> Option<String> {
    let id = value.split('-').nth(index)?;
    let well_formed = matches!(id.len(), 16 | 32)
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && id.bytes().any(|byte| byte != b'0');
    well_formed.then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use lapin::types::AMQPValue;

    use super::*;

    fn of(name: &str, value: &str) -> Option<String> {
        let mut headers = FieldTable::default();
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
        trace_id(&headers)
    }

    #[test]
    fn all_three_headers_are_read() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(of("traceparent", &format!("00-{id}-00f067aa0ba902b7-01")).as_deref(), Some(id));
        assert_eq!(of("b3", &format!("{id}-e457b5a2e4d86bd1-1")).as_deref(), Some(id));
        assert_eq!(of("X-B3-TraceId", "E457B5A2E4D86BD1").as_deref(), Some("e457b5a2e4d86bd1"));
    }

    #[test]
    fn what_is_no_trace_id_is_passed_over() {
        assert_eq!(of("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-00"), None);
        assert_eq!(of("traceparent", "garbage"), None);
        assert_eq!(of("b3", "0"), None);
        assert_eq!(of("X-B3-TraceId", "not hexadecimal!"), None);
    }
}
