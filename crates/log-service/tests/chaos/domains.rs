use audit_core::Domain;

/// A domain and its table.
pub(crate) struct Logged {
    pub(crate) domain: Domain,
    pub(crate) table: &'static str,
}

/// All domains. The event with a number is of the domain at `number % DOMAINS.len()`.
pub(crate) const DOMAINS: [Logged; 8] = [
    logged("arthall", "p_arthall_domain_log"),
    logged("auth", "p_auth_log"),
    logged("payment", "p_payment_log"),
    logged("product", "p_product_log"),
    logged("reservation", "p_reservation_log"),
    logged("reservation-seat", "p_reservation_seat_log"),
    logged("ticket", "p_ticket_log"),
    logged("user", "p_user_log"),
];

const fn logged(domain: &'static str, table: &'static str) -> Logged {
    Logged { domain: Domain::new(domain), table }
}
