use std::fmt;

use serde::de;

/// An error that remembers which field was missing. serde reports it once, and then only in prose.
#[derive(Debug)]
pub(super) struct FieldError<E> {
    pub(super) cause: E,
    pub(super) missing: Option<&'static str>,
}

impl<E> From<E> for FieldError<E> {
    fn from(cause: E) -> Self {
        Self { cause, missing: None }
    }
}

impl<E: de::Error> de::Error for FieldError<E> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        E::custom(message).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Self { cause: E::missing_field(field), missing: Some(field) }
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::custom("stands in the body twice; upper and lower case, `_` and `-` make no other name")
    }
}

impl<E: fmt::Display> fmt::Display for FieldError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for FieldError<E> {}
