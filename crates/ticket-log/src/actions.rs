/// The actions that are known. The list is open: events of others are stored as well, and counted.
pub const ACTIONS: &[&str] = &[
    "ISSUED",
    "USED",
    "CANCELED_BY_USER",
    "CANCELED_BY_PRODUCT",
    "CANCELED_BY_RESERVATION",
    "CANCELED_BY_REISSUE",
    "EXPIRED",
];
