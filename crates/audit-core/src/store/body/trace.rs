use std::borrow::Cow;

use serde_json::{Map, Value};

/// Remembers fields while the body is read, because serde's errors don't say which field they are about.
#[derive(Default)]
pub(super) struct Trace {
    pub(super) is_object: bool,
    /// The field whose value is being read.
    pub(super) field: Option<Cow<'static, str>>,
    /// A required field that the body leaves out.
    pub(super) missing: Option<&'static str>,
    pub(super) unknown: Map<String, Value>,
    pub(super) respelled: Vec<String>,
}
