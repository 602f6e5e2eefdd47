//! What is done to accounts. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const REGISTERED: Text = Text::constant("REGISTERED");
pub const OAUTH_REGISTERED: Text = Text::constant("OAUTH_REGISTERED");
pub const LOGIN: Text = Text::constant("LOGIN");
pub const OAUTH_LOGIN: Text = Text::constant("OAUTH_LOGIN");
pub const LOGOUT: Text = Text::constant("LOGOUT");
pub const TOKEN_REFRESHED: Text = Text::constant("TOKEN_REFRESHED");
pub const PASSWORD_CHANGED: Text = Text::constant("PASSWORD_CHANGED");
pub const WITHDRAWN: Text = Text::constant("WITHDRAWN");
pub const PROVIDER_LINKED: Text = Text::constant("PROVIDER_LINKED");
pub const PROVIDER_UNLINKED: Text = Text::constant("PROVIDER_UNLINKED");
pub const USER_WITHDRAWN_SYNCED: Text = Text::constant("USER_WITHDRAWN_SYNCED");
pub const USER_SUSPENDED_SYNCED: Text = Text::constant("USER_SUSPENDED_SYNCED");
pub const USER_ACTIVATED_SYNCED: Text = Text::constant("USER_ACTIVATED_SYNCED");
pub const REGISTER_FAILED: Text = Text::constant("REGISTER_FAILED");
pub const OAUTH_REGISTER_FAILED: Text = Text::constant("OAUTH_REGISTER_FAILED");
pub const LOGIN_FAILED: Text = Text::constant("LOGIN_FAILED");
pub const OAUTH_LOGIN_FAILED: Text = Text::constant("OAUTH_LOGIN_FAILED");
pub const LOGOUT_FAILED: Text = Text::constant("LOGOUT_FAILED");
pub const TOKEN_REFRESH_FAILED: Text = Text::constant("TOKEN_REFRESH_FAILED");
pub const PASSWORD_CHANGE_FAILED: Text = Text::constant("PASSWORD_CHANGE_FAILED");
pub const WITHDRAW_FAILED: Text = Text::constant("WITHDRAW_FAILED");
pub const PROVIDER_LINK_FAILED: Text = Text::constant("PROVIDER_LINK_FAILED");
pub const PROVIDER_UNLINK_FAILED: Text = Text::constant("PROVIDER_UNLINK_FAILED");

/// All known actions.
pub const ALL: &[Text] = &[
    REGISTERED,
    OAUTH_REGISTERED,
    LOGIN,
    OAUTH_LOGIN,
    LOGOUT,
    TOKEN_REFRESHED,
    PASSWORD_CHANGED,
    WITHDRAWN,
    PROVIDER_LINKED,
    PROVIDER_UNLINKED,
    USER_WITHDRAWN_SYNCED,
    USER_SUSPENDED_SYNCED,
    USER_ACTIVATED_SYNCED,
    REGISTER_FAILED,
    OAUTH_REGISTER_FAILED,
    LOGIN_FAILED,
    OAUTH_LOGIN_FAILED,
    LOGOUT_FAILED,
    TOKEN_REFRESH_FAILED,
    PASSWORD_CHANGE_FAILED,
    WITHDRAW_FAILED,
    PROVIDER_LINK_FAILED,
    PROVIDER_UNLINK_FAILED,
];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[
    REGISTER_FAILED,
    OAUTH_REGISTER_FAILED,
    LOGIN_FAILED,
    OAUTH_LOGIN_FAILED,
    LOGOUT_FAILED,
    TOKEN_REFRESH_FAILED,
    PASSWORD_CHANGE_FAILED,
    WITHDRAW_FAILED,
    PROVIDER_LINK_FAILED,
    PROVIDER_UNLINK_FAILED,
];
