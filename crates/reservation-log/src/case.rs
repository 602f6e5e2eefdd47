//! What belongs to a reservation: its seat, its payments, its ticket. As long as no event names the reservation, they are
//! recognized by what its customer did around its own moments.

use audit_core::{
    Domain, Text,
    store::{CaseRules, Link, Moment, Ownership, Pairing},
};

use crate::actions::{
    CANCELED_BY_PRODUCT, CANCELED_BY_USER, CONFIRMED, CREATED, EXPIRED, PAYMENT_FAILED, PENDING_PAYMENT,
};

/// A seat is preempted before its reservation is made, in one request.
const SEAT_IS_PREEMPTED: u16 = 5;
/// Clocks of two services differ.
const CLOCK_SKEW: u16 = 2;
/// A payment is made after its reservations wait for it; a call to the payment provider lies between.
const PAYMENT_IS_MADE: u16 = 15;
/// How long a customer tries again after a payment that failed.
const PAYMENT_IS_TRIED_AGAIN: u16 = 30 * 60;
/// A ticket is issued after the reservation is confirmed.
const TICKET_IS_ISSUED: u16 = 3 * 60;
/// Everything that one request or one callback changes.
const ONE_REQUEST: u16 = 10;

/// How reservations belong to cases.
pub const CASE: CaseRules = CaseRules { ownership: Ownership::OneCustomer, links: &[SEAT, PAYMENT, TICKET] };

const SEAT: Link = Link {
    to: Domain::new("reservation-seat"),
    pairing: Pairing::Nearest,
    begins: &[Moment {
        ours: CREATED,
        theirs: &["PREEMPT", "좌석선점"],
        before: SEAT_IS_PREEMPTED,
        after: CLOCK_SKEW,
    }],
    later: &[
        at_once(CONFIRMED, &["RESERVE", "예약확정"]),
        at_once(CANCELED_BY_USER, SEAT_IS_FREED),
        at_once(CANCELED_BY_PRODUCT, SEAT_IS_FREED),
        at_once(PAYMENT_FAILED, SEAT_IS_FREED),
        at_once(EXPIRED, SEAT_IS_FREED),
    ],
    expected_after: Some(CREATED),
};

const SEAT_IS_FREED: &[&str] = &["CANCEL", "예약취소"];

const PAYMENT: Link = Link {
    to: Domain::new("payment"),
    pairing: Pairing::Shared,
    begins: &[
        Moment { ours: PENDING_PAYMENT, theirs: PAYMENT_BEGINS, before: CLOCK_SKEW, after: PAYMENT_IS_MADE },
        Moment { ours: PAYMENT_FAILED, theirs: PAYMENT_BEGINS, before: 0, after: PAYMENT_IS_TRIED_AGAIN },
    ],
    later: &[
        at_once(CONFIRMED, &["CONFIRM", "SUCCESS"]),
        at_once(PAYMENT_FAILED, &["CONFIRM_FAIL", "CANCEL", "FAIL"]),
        at_once(CANCELED_BY_USER, REFUND),
        at_once(CANCELED_BY_PRODUCT, REFUND),
    ],
    expected_after: Some(CONFIRMED),
};

const PAYMENT_BEGINS: &[&str] = &["CREATE", "REQUESTED"];
const REFUND: &[&str] = &["REFUND", "REFUND_FAIL"];

const TICKET: Link = Link {
    to: Domain::new("ticket"),
    pairing: Pairing::InOrder,
    begins: &[Moment { ours: CONFIRMED, theirs: &["ISSUED"], before: CLOCK_SKEW, after: TICKET_IS_ISSUED }],
    later: &[
        at_once(CANCELED_BY_USER, &["CANCELED_BY_RESERVATION"]),
        at_once(CANCELED_BY_PRODUCT, &["CANCELED_BY_PRODUCT"]),
    ],
    expected_after: None,
};

const fn at_once(ours: Text, theirs: &'static [&'static str]) -> Moment {
    Moment { ours, theirs, before: ONE_REQUEST, after: ONE_REQUEST }
}
