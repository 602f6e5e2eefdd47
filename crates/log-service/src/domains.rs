use audit_core::store::DomainLog;

/// The domains whose events are stored. A new domain is one more line here.
#[must_use]
pub fn all() -> Vec<DomainLog> {
    vec![
        DomainLog::of::<arthall_log::ArtHallLog>(),
        DomainLog::of::<auth_log::AuthLog>(),
        DomainLog::of::<payment_log::PaymentLog>(),
        DomainLog::of::<product_log::ProductLog>(),
        DomainLog::of::<reservation_log::ReservationLog>(),
        DomainLog::of::<reservation_seat_log::ReservationSeatLog>(),
        DomainLog::of::<ticket_log::TicketLog>(),
        DomainLog::of::<user_log::UserLog>(),
    ]
}
