//! What is done to users. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const CUSTOMER_CREATED: Text = Text::constant("CUSTOMER_CREATED");
pub const CUSTOMER_UPDATED: Text = Text::constant("CUSTOMER_UPDATED");
pub const CUSTOMER_WITHDRAWN: Text = Text::constant("CUSTOMER_WITHDRAWN");
pub const CUSTOMER_SUSPENDED: Text = Text::constant("CUSTOMER_SUSPENDED");
pub const CUSTOMER_ACTIVATED: Text = Text::constant("CUSTOMER_ACTIVATED");
pub const CUSTOMER_CREATE_FAILED: Text = Text::constant("CUSTOMER_CREATE_FAILED");
pub const CUSTOMER_UPDATE_FAILED: Text = Text::constant("CUSTOMER_UPDATE_FAILED");
pub const CUSTOMER_WITHDRAW_FAILED: Text = Text::constant("CUSTOMER_WITHDRAW_FAILED");
pub const CUSTOMER_SUSPEND_FAILED: Text = Text::constant("CUSTOMER_SUSPEND_FAILED");
pub const CUSTOMER_ACTIVATE_FAILED: Text = Text::constant("CUSTOMER_ACTIVATE_FAILED");
pub const SELLER_CREATED: Text = Text::constant("SELLER_CREATED");
pub const SELLER_UPDATED: Text = Text::constant("SELLER_UPDATED");
pub const SELLER_WITHDRAWN: Text = Text::constant("SELLER_WITHDRAWN");
pub const SELLER_SUSPENDED: Text = Text::constant("SELLER_SUSPENDED");
pub const SELLER_ACTIVATED: Text = Text::constant("SELLER_ACTIVATED");
pub const SELLER_APPROVED: Text = Text::constant("SELLER_APPROVED");
pub const SELLER_REJECTED: Text = Text::constant("SELLER_REJECTED");
pub const SELLER_CREATE_FAILED: Text = Text::constant("SELLER_CREATE_FAILED");
pub const SELLER_UPDATE_FAILED: Text = Text::constant("SELLER_UPDATE_FAILED");
pub const SELLER_WITHDRAW_FAILED: Text = Text::constant("SELLER_WITHDRAW_FAILED");
pub const SELLER_SUSPEND_FAILED: Text = Text::constant("SELLER_SUSPEND_FAILED");
pub const SELLER_ACTIVATE_FAILED: Text = Text::constant("SELLER_ACTIVATE_FAILED");
pub const SELLER_APPROVE_FAILED: Text = Text::constant("SELLER_APPROVE_FAILED");
pub const SELLER_REJECT_FAILED: Text = Text::constant("SELLER_REJECT_FAILED");
pub const ADMIN_CREATED: Text = Text::constant("ADMIN_CREATED");
pub const ADMIN_UPDATED: Text = Text::constant("ADMIN_UPDATED");
pub const ADMIN_WITHDRAWN: Text = Text::constant("ADMIN_WITHDRAWN");
pub const ADMIN_SUSPENDED: Text = Text::constant("ADMIN_SUSPENDED");
pub const ADMIN_ACTIVATED: Text = Text::constant("ADMIN_ACTIVATED");
pub const ADMIN_CREATE_FAILED: Text = Text::constant("ADMIN_CREATE_FAILED");
pub const ADMIN_UPDATE_FAILED: Text = Text::constant("ADMIN_UPDATE_FAILED");
pub const ADMIN_WITHDRAW_FAILED: Text = Text::constant("ADMIN_WITHDRAW_FAILED");
pub const ADMIN_SUSPEND_FAILED: Text = Text::constant("ADMIN_SUSPEND_FAILED");
pub const ADMIN_ACTIVATE_FAILED: Text = Text::constant("ADMIN_ACTIVATE_FAILED");

/// All actions that are known.
pub const ALL: &[Text] = &[
    CUSTOMER_CREATED,
    CUSTOMER_UPDATED,
    CUSTOMER_WITHDRAWN,
    CUSTOMER_SUSPENDED,
    CUSTOMER_ACTIVATED,
    CUSTOMER_CREATE_FAILED,
    CUSTOMER_UPDATE_FAILED,
    CUSTOMER_WITHDRAW_FAILED,
    CUSTOMER_SUSPEND_FAILED,
    CUSTOMER_ACTIVATE_FAILED,
    SELLER_CREATED,
    SELLER_UPDATED,
    SELLER_WITHDRAWN,
    SELLER_SUSPENDED,
    SELLER_ACTIVATED,
    SELLER_APPROVED,
    SELLER_REJECTED,
    SELLER_CREATE_FAILED,
    SELLER_UPDATE_FAILED,
    SELLER_WITHDRAW_FAILED,
    SELLER_SUSPEND_FAILED,
    SELLER_ACTIVATE_FAILED,
    SELLER_APPROVE_FAILED,
    SELLER_REJECT_FAILED,
    ADMIN_CREATED,
    ADMIN_UPDATED,
    ADMIN_WITHDRAWN,
    ADMIN_SUSPENDED,
    ADMIN_ACTIVATED,
    ADMIN_CREATE_FAILED,
    ADMIN_UPDATE_FAILED,
    ADMIN_WITHDRAW_FAILED,
    ADMIN_SUSPEND_FAILED,
    ADMIN_ACTIVATE_FAILED,
];
