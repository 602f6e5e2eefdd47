use audit_core::{
    contract::{Described, EventContract},
    store::{AuditLog, DomainLog},
};

/// A domain: how its events are stored, and what is promised about them.
#[derive(Debug)]
pub struct Served {
    /// From body to row.
    pub log: DomainLog,
    /// Schema and samples.
    pub contract: EventContract,
}

/// The domains whose events are stored. A new domain is one more line here.
#[must_use]
pub fn served() -> Vec<Served> {
    vec![
        Served::of::<arthall_log::ArtHallLog>(),
        Served::of::<auth_log::AuthLog>(),
        Served::of::<payment_log::PaymentLog>(),
        Served::of::<product_log::ProductLog>(),
        Served::of::<reservation_log::ReservationLog>(),
        Served::of::<reservation_seat_log::ReservationSeatLog>(),
        Served::of::<ticket_log::TicketLog>(),
        Served::of::<user_log::UserLog>(),
    ]
}

/// How their events are stored.
#[must_use]
pub fn all() -> Vec<DomainLog> {
    served().into_iter().map(|served| served.log).collect()
}

impl Served {
    fn of<L: AuditLog<Event: Described>>() -> Self {
        Self { log: DomainLog::of::<L>(), contract: EventContract::of::<L::Event>() }
    }
}
