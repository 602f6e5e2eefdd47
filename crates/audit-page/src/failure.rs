/// Whether an action is shown as failed. Events have no such field, but publishers put it in the name of the action:
/// `CONFIRM_FAIL`, `LOGIN_FAILED`. `REJECTED` is somebody's decision, not a failure.
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
