//! Whose a seat is: one customer's from the moment he chooses it until somebody chooses it again.

use audit_core::{
    Text,
    store::{CaseRules, Ownership},
};

use crate::actions::PREEMPT;

/// How seats belong to cases.
pub const CASE: CaseRules = CaseRules {
    ownership: Ownership::OneAtATime { begins: &[PREEMPT, Text::constant("좌석선점")] },
    links: &[],
};
