use audit_commands::DomainRegistration;
use audit_core::store::DomainLog;

/// The domains whose events are stored. A new domain is one more line here.
#[must_use]
pub fn all() -> Vec<DomainRegistration> {
    vec![
        DomainRegistration::of::<arthall_log::ArtHallLog>(),
        DomainRegistration::of::<auth_log::AuthLog>(),
        DomainRegistration::of::<payment_log::PaymentLog>(),
        DomainRegistration::of::<product_log::ProductLog>(),
        DomainRegistration::of::<reservation_log::ReservationLog>(),
        DomainRegistration::of::<reservation_seat_log::ReservationSeatLog>(),
        DomainRegistration::of::<ticket_log::TicketLog>(),
        DomainRegistration::of::<user_log::UserLog>(),
    ]
}

/// How their events are stored.
#[must_use]
pub fn logs() -> Vec<DomainLog> {
    all().into_iter().map(|domain| domain.log).collect()
}
