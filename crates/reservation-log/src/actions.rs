/// The actions that are known. The list is open: events of others are stored as well, and counted.
pub const ACTIONS: &[&str] = &[
    "CREATED",
    "PENDING_PAYMENT",
    "CONFIRMED",
    "PAYMENT_FAILED",
    "CANCELED_BY_USER",
    "CANCELED_BY_PRODUCT",
    "EXPIRED",
];
