//! What is done to reserved seats. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const PREEMPT: Text = Text::constant("PREEMPT");
pub const RESERVE: Text = Text::constant("RESERVE");
pub const CANCEL: Text = Text::constant("CANCEL");

/// All known actions.
pub const ALL: &[Text] = &[
    PREEMPT,
    RESERVE,
    CANCEL,
    // From older publishers.
    Text::constant("좌석선점"),
    Text::constant("예약확정"),
    Text::constant("예약취소"),
    Text::constant("좌석삭제"),
];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[];
