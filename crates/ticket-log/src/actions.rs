//! What is done to tickets. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const ISSUED: Text = Text::constant("ISSUED");
pub const USED: Text = Text::constant("USED");
pub const CANCELED_BY_USER: Text = Text::constant("CANCELED_BY_USER");
pub const CANCELED_BY_PRODUCT: Text = Text::constant("CANCELED_BY_PRODUCT");
pub const CANCELED_BY_RESERVATION: Text = Text::constant("CANCELED_BY_RESERVATION");
pub const CANCELED_BY_REISSUE: Text = Text::constant("CANCELED_BY_REISSUE");
pub const EXPIRED: Text = Text::constant("EXPIRED");

/// All known actions.
pub const ALL: &[Text] = &[
    ISSUED,
    USED,
    CANCELED_BY_USER,
    CANCELED_BY_PRODUCT,
    CANCELED_BY_RESERVATION,
    CANCELED_BY_REISSUE,
    EXPIRED,
];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[];
