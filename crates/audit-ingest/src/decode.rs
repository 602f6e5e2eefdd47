use audit_core::{
    dead_letter_headers::ORIGINAL_PROPERTIES,
    store::{DomainLog, Malformed, Row},
};
use lapin::BasicProperties;

use crate::{
    Settings, cloud_event,
    encoding::Encoding,
    trace_id::{trace_id, trace_of},
};

/// Reads a message as it is read before it is stored.
pub fn decode(
    body: &[u8],
    properties: &BasicProperties,
    log: &DomainLog,
    settings: &Settings,
) -> Result<Row, Malformed> {
    let headers = properties.headers().as_ref();
    if headers.is_some_and(|headers| headers.contains_key(ORIGINAL_PROPERTIES)) {
        return Err(Malformed::UnreadableProperties);
    }
    let (size, limit) = (body.len(), settings.max_body_bytes);
    if size > limit {
        return Err(Malformed::TooLarge { size, limit });
    }
    let body = Encoding::of(properties)?.decode(body, limit)?;
    let zone = settings.zones.of(log.domain());
    let from_headers = || headers.and_then(trace_id);
    let row = match cloud_event::read(&body, properties)? {
        None => log.decode(&body, zone, from_headers())?,
        Some(event) => {
            let trace_id = event.traceparent().and_then(trace_of).or_else(from_headers);
            log.decode_cloud_event(&event, zone, trace_id)?
        }
    };
    let size = body.len().saturating_add(row.extra_size.growth);
    if size > limit {
        return Err(Malformed::TooLargeWrittenOut { size, limit });
    }
    settings.months_ahead.admit(row)
}
