//! Whose a seat is: one customer's from the moment he chooses it until it is free again.

use audit_core::{
    Text,
    store::{CaseRules, Ownership},
};

use crate::actions::{CANCEL, PREEMPT};

/// How seats belong to cases.
pub const CASE: CaseRules = CaseRules {
    ownership: Ownership::OneAtATime {
        begins: &[PREEMPT, Text::constant("좌석선점")],
        ends: &[CANCEL, Text::constant("예약취소"), Text::constant("좌석삭제")],
    },
    links: &[],
};
