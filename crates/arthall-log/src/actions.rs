/// The actions that are known. The list is open: events of others are stored as well, and counted.
pub const ACTIONS: &[&str] = &["CREATED", "ACTIVATED", "INACTIVATED", "DELETED", "CASCADE_DELETED"];
