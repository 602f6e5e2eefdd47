//! What is done to art halls and stages. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const CREATED: Text = Text::constant("CREATED");
pub const ACTIVATED: Text = Text::constant("ACTIVATED");
pub const INACTIVATED: Text = Text::constant("INACTIVATED");
pub const DELETED: Text = Text::constant("DELETED");
pub const CASCADE_DELETED: Text = Text::constant("CASCADE_DELETED");

/// All known actions.
pub const ALL: &[Text] = &[CREATED, ACTIVATED, INACTIVATED, DELETED, CASCADE_DELETED];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[];
