/// Options that can't be used as they are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// An option whose value can't be used.
    #[error("--{option}: expected {expected}")]
    Value { option: String, expected: String },
    /// Nobody can be asked.
    #[error("not a terminal: pass --yes to confirm")]
    NotATerminal,
}

impl UsageError {
    pub(crate) fn new(option: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Value { option: option.into(), expected: expected.into() }
    }
}
