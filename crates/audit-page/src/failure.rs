/// Whether an action is shown as failed. The events don't say so, but what publishers call a failure has it in its
/// name: `CONFIRM_FAIL`, `LOGIN_FAILED`. A `REJECTED` is a decision that somebody took, not a failure.
pub(crate) fn is_failure(action_type: &str) -> bool {
    action_type.contains("FAIL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_no_failure() {
        assert!(is_failure("CONFIRM_FAIL") && is_failure("CUSTOMER_CREATE_FAILED"));
        assert!(!is_failure("REJECTED") && !is_failure("CONFIRM"));
    }
}
