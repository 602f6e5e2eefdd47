use audit_core::store::{DomainLog, Malformed, Row};
use lapin::BasicProperties;

use crate::{Settings, trace_id::trace_id};

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
    let trace_id = properties.headers().as_ref().and_then(trace_id);
    log.decode(body, settings.zones.of(log.domain()), trace_id)
}
