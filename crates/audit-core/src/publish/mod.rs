//! Publishing: connection settings, confirmed publishing, and the publisher for business services.

mod backoff;
mod broker;
mod confirmed;
mod copy;
mod frames;
mod handshake;
mod publisher;
mod tls;
mod trace_parent;

pub use backoff::Backoff;
pub use broker::{Address, Broker, ConnectError, Tls};
pub use confirmed::{ConfirmedChannel, Message, PublishError};
pub use copy::{copied_properties, properties_encoded_as};
pub use frames::{BudgetUsage, MessageBudget};
pub use publisher::{Publisher, PublisherCounts, PublisherSettings};
pub use trace_parent::current_trace_parent;

/// The delivery mode of a message that survives a restart of the broker (AMQP 0-9-1, class basic).
pub const PERSISTENT: u8 = 2;
