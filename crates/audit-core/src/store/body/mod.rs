//! Decodes a body: known fields go into the event, the others are kept.
//!
//! serde would either ignore unknown fields or, with `flatten`, buffer the whole body. Instead, this
//! wraps the deserializer: it sees every field's name, passes the known ones on, and keeps the rest.
//!
//! Names of fields are compared without regard to case, `_` and `-`: `actor_user_id` is `actorUserId`. So no known field
//! ends up among the unknown ones. A field that occurs twice by this rule is refused.

mod default_field;
mod error;
mod fields;
mod name;
mod null;
#[cfg(test)]
mod tests;
mod trace;

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, error::Category};

use self::{fields::Body, trace::Trace};
use super::{Malformed, surrogates};

pub(super) use default_field::DefaultField;

/// An event, and the rest of its body.
#[derive(Debug)]
pub(super) struct Decoded<E> {
    pub(super) event: E,
    /// The fields that the event does not know. None of them is null: that means absent.
    pub(super) unknown: Map<String, Value>,
    /// The names of known fields that are spelled in another way, as the body has them.
    pub(super) respelled: Vec<String>,
}

/// Reads an event and the fields that it does not know.
pub(super) fn decode<E: DeserializeOwned>(
    body: &[u8],
    defaults: &[DefaultField<'_>],
) -> Result<Decoded<E>, Malformed> {
    match decode_strictly(body, defaults) {
        Err(Malformed::NotJson(error)) => match surrogates::paired(body) {
            Some(body) => decode_strictly(&body, defaults),
            None => Err(Malformed::NotJson(error)),
        },
        decoded => decoded,
    }
}

fn decode_strictly<E: DeserializeOwned>(
    body: &[u8],
    defaults: &[DefaultField<'_>],
) -> Result<Decoded<E>, Malformed> {
    let mut trace = Trace::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let event = E::deserialize(Body { json: &mut json, defaults: defaults.to_vec(), trace: &mut trace })
        .and_then(|event| json.end().map(|()| event))
        .map_err(|error| malformed(error, &trace, body))?;
    let Trace { mut unknown, respelled, .. } = trace;
    unknown.retain(|_, value| !value.is_null());
    Ok(Decoded { event, unknown, respelled })
}

/// Turns an error into the field to blame and the reason.
fn malformed(error: serde_json::Error, trace: &Trace, body: &[u8]) -> Malformed {
    match (error.classify(), trace.missing, trace.field.clone()) {
        (Category::Data, Some(field), _) => Malformed::MissingField(field),
        (Category::Data, None, Some(Cow::Borrowed(field))) if null::is_null(field, body) => {
            Malformed::NullField(field)
        }
        (Category::Data, None, Some(field)) => Malformed::InvalidField { field, source: error },
        (Category::Data, None, None) if !trace.is_object => Malformed::NotAnObject,
        _ => Malformed::NotJson(error),
    }
}
