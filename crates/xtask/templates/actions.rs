//! What is done to «about». The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

«action_constants»

/// All known actions.
pub const ALL: &[Text] = &[«actions»];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[«failures»];
