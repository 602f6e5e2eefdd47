//! Whose a payment is: one customer's. What it pays for says so itself, see the log of reservations.

use audit_core::store::{CaseRules, Ownership};

/// How payments belong to cases.
pub const CASE: CaseRules = CaseRules { ownership: Ownership::OneCustomer, links: &[] };
