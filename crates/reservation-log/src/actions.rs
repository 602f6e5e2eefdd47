//! What is done to reservations. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const CREATED: Text = Text::constant("CREATED");
pub const PENDING_PAYMENT: Text = Text::constant("PENDING_PAYMENT");
pub const CONFIRMED: Text = Text::constant("CONFIRMED");
pub const PAYMENT_FAILED: Text = Text::constant("PAYMENT_FAILED");
pub const CANCELED_BY_USER: Text = Text::constant("CANCELED_BY_USER");
pub const CANCELED_BY_PRODUCT: Text = Text::constant("CANCELED_BY_PRODUCT");
pub const EXPIRED: Text = Text::constant("EXPIRED");

/// All known actions.
pub const ALL: &[Text] =
    &[CREATED, PENDING_PAYMENT, CONFIRMED, PAYMENT_FAILED, CANCELED_BY_USER, CANCELED_BY_PRODUCT, EXPIRED];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[PAYMENT_FAILED];
