//! From a delivery to rows: reads a message's body, properties and headers. Nothing here knows a database.

mod cloud_event;
mod decode;
mod encoding;
mod headers;
mod reader;
mod source;
mod spring_batch;
mod trace_id;

pub use decode::decode;
pub(crate) use headers::{header_text, table_bytes, value_bytes};
pub(crate) use reader::MessageReader;
pub(crate) use source::{ReceivedAt, SourceMessage, UnpackedBytes, UnpackedMessages};
pub use spring_batch::SpringBatch;
pub(crate) use trace_id::{TRACE_PARENT, trace_id_of};
