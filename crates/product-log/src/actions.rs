//! What is done to products. The list is open: events with other actions are stored as well, and counted.
#![expect(missing_docs, reason = "the name of an action says what was done")]

use audit_core::Text;

pub const CREATED: Text = Text::constant("CREATED");
pub const UPDATED: Text = Text::constant("UPDATED");
pub const SUBMITTED_FOR_APPROVAL: Text = Text::constant("SUBMITTED_FOR_APPROVAL");
pub const APPROVED: Text = Text::constant("APPROVED");
pub const REJECTED: Text = Text::constant("REJECTED");
pub const RESUBMITTED: Text = Text::constant("RESUBMITTED");
pub const SCHEDULED: Text = Text::constant("SCHEDULED");
pub const SALE_STARTED: Text = Text::constant("SALE_STARTED");
pub const SALE_CLOSED: Text = Text::constant("SALE_CLOSED");
pub const COMPLETED: Text = Text::constant("COMPLETED");
pub const CANCELLED: Text = Text::constant("CANCELLED");
pub const SEATS_DECREASED: Text = Text::constant("SEATS_DECREASED");
pub const SEATS_INCREASED: Text = Text::constant("SEATS_INCREASED");
pub const SEAT_GRADE_DECREASED: Text = Text::constant("SEAT_GRADE_DECREASED");
pub const SEAT_GRADE_INCREASED: Text = Text::constant("SEAT_GRADE_INCREASED");
pub const VIEW_COUNT_SYNCED: Text = Text::constant("VIEW_COUNT_SYNCED");
pub const RESERVATION_COUNT_INCREASED: Text = Text::constant("RESERVATION_COUNT_INCREASED");
pub const RESERVATION_COUNT_DECREASED: Text = Text::constant("RESERVATION_COUNT_DECREASED");
pub const CREATE_FAILED: Text = Text::constant("CREATE_FAILED");
pub const UPDATE_FAILED: Text = Text::constant("UPDATE_FAILED");
pub const SUBMIT_FOR_APPROVAL_FAILED: Text = Text::constant("SUBMIT_FOR_APPROVAL_FAILED");
pub const APPROVE_FAILED: Text = Text::constant("APPROVE_FAILED");
pub const REJECT_FAILED: Text = Text::constant("REJECT_FAILED");
pub const RESUBMIT_FAILED: Text = Text::constant("RESUBMIT_FAILED");
pub const SCHEDULE_FAILED: Text = Text::constant("SCHEDULE_FAILED");
pub const SALE_START_FAILED: Text = Text::constant("SALE_START_FAILED");
pub const SALE_CLOSE_FAILED: Text = Text::constant("SALE_CLOSE_FAILED");
pub const COMPLETE_FAILED: Text = Text::constant("COMPLETE_FAILED");
pub const CANCEL_FAILED: Text = Text::constant("CANCEL_FAILED");
pub const SEAT_OPERATION_FAILED: Text = Text::constant("SEAT_OPERATION_FAILED");
pub const VIEW_COUNT_SYNC_FAILED: Text = Text::constant("VIEW_COUNT_SYNC_FAILED");
pub const RESERVATION_COUNT_CHANGE_FAILED: Text = Text::constant("RESERVATION_COUNT_CHANGE_FAILED");

/// All known actions.
pub const ALL: &[Text] = &[
    CREATED,
    UPDATED,
    SUBMITTED_FOR_APPROVAL,
    APPROVED,
    REJECTED,
    RESUBMITTED,
    SCHEDULED,
    SALE_STARTED,
    SALE_CLOSED,
    COMPLETED,
    CANCELLED,
    SEATS_DECREASED,
    SEATS_INCREASED,
    SEAT_GRADE_DECREASED,
    SEAT_GRADE_INCREASED,
    VIEW_COUNT_SYNCED,
    RESERVATION_COUNT_INCREASED,
    RESERVATION_COUNT_DECREASED,
    CREATE_FAILED,
    UPDATE_FAILED,
    SUBMIT_FOR_APPROVAL_FAILED,
    APPROVE_FAILED,
    REJECT_FAILED,
    RESUBMIT_FAILED,
    SCHEDULE_FAILED,
    SALE_START_FAILED,
    SALE_CLOSE_FAILED,
    COMPLETE_FAILED,
    CANCEL_FAILED,
    SEAT_OPERATION_FAILED,
    VIEW_COUNT_SYNC_FAILED,
    RESERVATION_COUNT_CHANGE_FAILED,
];

/// Those that say that something failed.
pub const FAILURES: &[Text] = &[
    CREATE_FAILED,
    UPDATE_FAILED,
    SUBMIT_FOR_APPROVAL_FAILED,
    APPROVE_FAILED,
    REJECT_FAILED,
    RESUBMIT_FAILED,
    SCHEDULE_FAILED,
    SALE_START_FAILED,
    SALE_CLOSE_FAILED,
    COMPLETE_FAILED,
    CANCEL_FAILED,
    SEAT_OPERATION_FAILED,
    VIEW_COUNT_SYNC_FAILED,
    RESERVATION_COUNT_CHANGE_FAILED,
];
