use audit_core::{
    dead_letter::headers::ORIGINAL_PROPERTIES,
    store::{DomainLog, Malformed, Row, UnknownFormat},
};
use lapin::BasicProperties;

use super::{
    cloud_event,
    encoding::Encoding,
    trace_id::{trace_id, trace_id_of},
};
use crate::Settings;

/// Decodes a message into a row, exactly as it would be stored.
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
    let row = read(&body, properties, log, settings).map_err(|malformed| recognized(malformed, &body))?;
    let size = body.len().saturating_add(row.extra_size.growth);
    if size > limit {
        return Err(Malformed::TooLargeWrittenOut { size, limit });
    }
    settings.months_ahead.admit(row)
}

/// Decodes a body in UTF-8.
fn read(
    body: &[u8],
    properties: &BasicProperties,
    log: &DomainLog,
    settings: &Settings,
) -> Result<Row, Malformed> {
    let zone = settings.zones.of(log.domain());
    let from_headers = || properties.headers().as_ref().and_then(trace_id);
    match cloud_event::read(body, properties)? {
        None => log.decode(body, zone, from_headers()),
        Some(event) => {
            let trace_id = event.traceparent().and_then(trace_id_of).or_else(from_headers);
            log.decode_cloud_event(&event, zone, trace_id)
        }
    }
}

/// Names the format of a body that is not JSON. That helps the publisher more than the position of a syntax error.
fn recognized(malformed: Malformed, body: &[u8]) -> Malformed {
    match (malformed, UnknownFormat::of(body)) {
        (Malformed::NotJson(_), Some(format)) => format.into(),
        (malformed, _) => malformed,
    }
}
