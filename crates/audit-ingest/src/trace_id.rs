use lapin::types::{AMQPValue, FieldTable};

/// The trace that a message's publisher was in, from the headers that tracing libraries set: `traceparent`
/// (W3C Trace Context), else `b3` (Zipkin, one header), else `X-B3-TraceId` (Zipkin, several headers).
///
/// A header that is not well-formed is passed over: an event is not refused for its tracing.
pub(crate) fn trace_id(headers: &FieldTable) -> Option<String> {
    let from_traceparent = || trace_of(text(headers, "traceparent")?);
    let from_b3 = || field(text(headers, "b3")?, 0);
    let from_b3_trace_id = || field(text(headers, "X-B3-TraceId")?, 0);
    from_traceparent().or_else(from_b3).or_else(from_b3_trace_id)
}

/// The trace that a `traceparent` names.
pub(crate) fn trace_of(traceparent: &str) -> Option<String> {
    field(traceparent, 1)
}

/// The trace id at a place of a header's value, whose parts are joined by `-`.
fn field(value: &str, index: usize) -> Option<String> {
    let id = value.split('-').nth(index)?;
    let well_formed = matches!(id.len(), 16 | 32)
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && id.bytes().any(|byte| byte != b'0');
    well_formed.then(|| id.to_ascii_lowercase())
}

/// A header's text.
pub(crate) fn text<'a>(headers: &'a FieldTable, name: &str) -> Option<&'a str> {
    let (_, value) = headers.inner().iter().find(|(key, _)| key.as_str().eq_ignore_ascii_case(name))?;
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
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
