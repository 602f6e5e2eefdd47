/// The actions that are known. The list is open: events of others are stored as well, and counted.
pub const ACTIONS: &[&str] = &[
    "CREATE",
    "CONFIRM",
    "CANCEL",
    "CONFIRM_FAIL",
    "REFUND",
    "REFUND_FAIL",
    // From older publishers.
    "REQUESTED",
    "PROCESSING",
    "SUCCESS",
    "FAIL",
];
