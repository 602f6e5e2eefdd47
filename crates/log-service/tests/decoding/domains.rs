use std::sync::LazyLock;

use audit_core::store::DomainLog;
use serde_json::{Value, value::RawValue};

/// A domain and the bodies of its samples.
pub struct Sampled {
    pub log: DomainLog,
    pub bodies: Vec<Fields>,
}

/// An object's fields as they stand: each name and value in JSON.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

static DOMAINS: LazyLock<Vec<Sampled>> = LazyLock::new(|| {
    let sampled = |log, samples: &str| Sampled { log, bodies: samples.lines().map(fields).collect() };
    vec![
        sampled(
            DomainLog::of::<arthall_log::ArtHallLog>(),
            include_str!("../../../arthall-log/samples.ndjson"),
        ),
        sampled(DomainLog::of::<auth_log::AuthLog>(), include_str!("../../../auth-log/samples.ndjson")),
        sampled(
            DomainLog::of::<payment_log::PaymentLog>(),
            include_str!("../../../payment-log/samples.ndjson"),
        ),
        sampled(
            DomainLog::of::<product_log::ProductLog>(),
            include_str!("../../../product-log/samples.ndjson"),
        ),
        sampled(
            DomainLog::of::<reservation_log::ReservationLog>(),
            include_str!("../../../reservation-log/samples.ndjson"),
        ),
        sampled(
            DomainLog::of::<reservation_seat_log::ReservationSeatLog>(),
            include_str!("../../../reservation-seat-log/samples.ndjson"),
        ),
        sampled(DomainLog::of::<ticket_log::TicketLog>(), include_str!("../../../ticket-log/samples.ndjson")),
        sampled(DomainLog::of::<user_log::UserLog>(), include_str!("../../../user-log/samples.ndjson")),
    ]
});

pub fn domains() -> &'static [Sampled] {
    &DOMAINS
}

fn fields(line: &str) -> Fields {
    let mut line: std::collections::BTreeMap<&str, &RawValue> = serde_json::from_str(line).unwrap();
    let body: Value = serde_json::from_str(line.remove("body").unwrap().get()).unwrap();
    let in_json = |value: &dyn ToString| value.to_string().into_bytes();
    let fields = body.as_object().unwrap().iter();
    fields.map(|(name, value)| (in_json(&Value::from(name.as_str())), in_json(value))).collect()
}
