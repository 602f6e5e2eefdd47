//! What is done to «things». The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

«action_constants»

/// All actions that are known.
pub const ALL: &[Text] = &[«actions»];
