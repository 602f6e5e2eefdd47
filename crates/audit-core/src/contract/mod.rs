//! The contract with publishers: samples, and JSON Schemas generated from the types that decode events.

mod fields;

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};

use crate::{AuditEvent, Domain, Text};

/// An event with samples and a JSON Schema.
pub trait Described: AuditEvent + JsonSchema {
    /// Messages as the services send them, one a line, in the form that `log-service publish` accepts.
    const SAMPLES: &'static str;
}

/// The contract of a domain's events, without their type.
#[derive(Clone, Copy, Debug)]
pub struct EventContract {
    /// The domain.
    pub domain: Domain,
    /// Messages as the services send them: [`Described::SAMPLES`].
    pub samples: &'static str,
    schema: fn() -> Schema,
}

impl EventContract {
    /// The contract of a type of event.
    #[must_use]
    pub fn of<E: Described>() -> Self {
        Self { domain: E::DOMAIN, samples: E::SAMPLES, schema: schema::<E> }
    }

    /// The JSON Schema (draft 2020-12) of a body. Every valid body is stored. Some invalid ones are stored as well, such as
    /// one with an id in another form.
    #[must_use]
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }
}

fn schema<E: Described>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.inline_subschemas = true;
    let settings = settings.with_transform(RecursiveTransform(fields::check_format));
    let mut schema = settings.into_generator().into_root_schema_for::<E>();
    // Publishers add fields over time.
    schema.insert("additionalProperties".to_owned(), true.into());
    if let Some(action) = schema.pointer_mut("/properties/actionType") {
        action["examples"] = E::ACTIONS.iter().map(Text::as_str).collect();
    }
    schema
}
