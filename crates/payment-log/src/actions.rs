//! What is done to payments and refunds. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const CREATE: Text = Text::constant("CREATE");
pub const CONFIRM: Text = Text::constant("CONFIRM");
pub const CANCEL: Text = Text::constant("CANCEL");
pub const CONFIRM_FAIL: Text = Text::constant("CONFIRM_FAIL");
pub const REFUND: Text = Text::constant("REFUND");
pub const REFUND_FAIL: Text = Text::constant("REFUND_FAIL");
// From older publishers.
pub const REQUESTED: Text = Text::constant("REQUESTED");
pub const PROCESSING: Text = Text::constant("PROCESSING");
pub const SUCCESS: Text = Text::constant("SUCCESS");
pub const FAIL: Text = Text::constant("FAIL");

/// All known actions.
pub const ALL: &[Text] = &[
    CREATE,
    CONFIRM,
    CANCEL,
    CONFIRM_FAIL,
    REFUND,
    REFUND_FAIL,
    // From older publishers.
    REQUESTED,
    PROCESSING,
    SUCCESS,
    FAIL,
];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[CONFIRM_FAIL, REFUND_FAIL, FAIL];
