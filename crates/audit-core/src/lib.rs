#![doc = include_str!("../README.md")]

mod actor;
mod domain;
mod event;
mod text;
mod topology;
mod wire_time;

#[cfg(feature = "schema")]
pub mod contract;
pub mod dead_letter_headers;
#[cfg(feature = "publish")]
pub mod publish;
#[cfg(feature = "store")]
pub mod store;

pub use actor::Actor;
pub use domain::Domain;
pub use event::AuditEvent;
pub use text::{Text, TextError};
pub use topology::Topology;
pub use wire_time::{WireTime, WireTimeError};

/// For numbers that a publisher may leave out or send as `null`: both mean the type's default.
///
/// Use it with `#[serde(default, deserialize_with = "audit_core::null_as_default")]`.
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}
