//! Components that several pages share.

pub(super) mod events;
pub(super) mod facts;
pub(super) mod field;
pub(super) mod icon;
pub(super) mod layout;
pub(super) mod length;
pub(super) mod notice;
pub(super) mod pager;
pub(super) mod prose;
pub(super) mod time;
