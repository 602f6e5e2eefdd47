//! Whose a ticket is: one customer's. A ticket that is issued again is another one.

use audit_core::{
    AuditEvent,
    store::{CaseRules, Link, Moment, Ownership, Pairing},
};

use crate::{TicketEvent, actions::CANCELED_BY_REISSUE};

/// The new ticket is issued when the old one is cancelled, in one request.
const ONE_REQUEST: u16 = 10;

/// How tickets belong to cases.
pub const CASE: CaseRules = CaseRules { ownership: Ownership::OneCustomer, links: &[REISSUED] };

const REISSUED: Link = Link {
    to: TicketEvent::DOMAIN,
    pairing: Pairing::Nearest,
    begins: &[Moment { ours: CANCELED_BY_REISSUE, theirs: &["ISSUED"], before: 2, after: ONE_REQUEST }],
    later: &[],
    expected_after: None,
};
