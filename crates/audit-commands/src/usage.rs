/// An option whose value can't be used.
#[derive(Debug, thiserror::Error)]
#[error("--{option}: expected {expected}")]
pub(crate) struct UsageError {
    option: String,
    expected: String,
}

impl UsageError {
    pub(crate) fn new(option: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { option: option.into(), expected: expected.into() }
    }
}
