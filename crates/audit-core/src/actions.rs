use crate::{AuditEvent, Text};

/// The actions of one domain, without its types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    known: &'static [Text],
    failures: &'static [Text],
}

impl Actions {
    /// Those of a type of event.
    #[must_use]
    pub const fn of<E: AuditEvent>() -> Self {
        Self { known: E::ACTIONS, failures: E::FAILURES }
    }

    /// Whether this is one of the domain's known actions.
    #[must_use]
    pub fn contains(self, action: &str) -> bool {
        is_in(self.known, action)
    }

    /// Whether the action says that something failed. The domain decides that for the actions it knows; any other is
    /// taken for a failure if its name has `fail` in it.
    #[must_use]
    pub fn is_failure(self, action: &str) -> bool {
        is_in(self.failures, action)
            || (!self.contains(action) && action.to_ascii_lowercase().contains("fail"))
    }

    /// A failure that is not one of the known actions: a mistake of the domain's.
    #[cfg(feature = "store")]
    pub(crate) fn unknown_failure(self) -> Option<&'static Text> {
        self.failures.iter().find(|failure| !self.known.contains(failure))
    }
}

fn is_in(actions: &[Text], action: &str) -> bool {
    actions.iter().any(|known| known.as_str() == action)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: Actions = Actions {
        known: &[Text::constant("CONFIRM"), Text::constant("CONFIRM_FAIL"), Text::constant("FAILOVER")],
        failures: &[Text::constant("CONFIRM_FAIL")],
    };

    #[test]
    fn the_domain_says_which_of_its_actions_are_failures() {
        assert!(ACTIONS.is_failure("CONFIRM_FAIL"));
        assert!(!ACTIONS.is_failure("CONFIRM") && !ACTIONS.is_failure("FAILOVER"));
    }

    #[test]
    fn an_unknown_action_is_a_failure_by_its_name_in_any_case() {
        assert!(ACTIONS.is_failure("REFUND_FAILED") && ACTIONS.is_failure("login_failed"));
        assert!(!ACTIONS.is_failure("REJECTED") && !ACTIONS.is_failure(""));
        assert!(Actions::default().is_failure("LoginFailed"));
    }
}
