use audit_core::store::{DomainLog, Malformed, Row};
use lapin::BasicProperties;

use crate::{
    Settings, cloud_event,
    trace_id::{trace_id, trace_of},
};

/// Reads a message as it is read before it is stored.
pub fn decode(
    body: &[u8],
    properties: &BasicProperties,
    log: &DomainLog,
    settings: &Settings,
) -> Result<Row, Malformed> {
    let (size, limit) = (body.len(), settings.max_body_bytes);
    if size > limit {
        return Err(Malformed::TooLarge { size, limit });
    }
    let zone = settings.zones.of(log.domain());
    let from_headers = || properties.headers().as_ref().and_then(trace_id);
    let row = match cloud_event::read(body, properties)? {
        None => log.decode(body, zone, from_headers()),
        Some(event) => {
            let trace_id = event.traceparent().and_then(trace_of).or_else(from_headers);
            log.decode_cloud_event(&event, zone, trace_id)
        }
    };
    row.and_then(|row| settings.months_ahead.admit(row))
}
