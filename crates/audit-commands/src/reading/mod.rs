//! What the commands that read have in common: the session, the filter, the access log, the formats of events.

mod access;
mod entry;
mod filter;
mod formats;
mod param_args;
mod relative_time;
mod session;

pub(crate) use access::{optional_path_as_text, optional_text, path_as_text, recorded_arguments};
pub(crate) use entry::{actor, details, pause, resource, time};
pub(crate) use filter::{EventArgs, FilterArgs, TimeArgs, time_zone};
pub(crate) use formats::{EventFormat, csv, ndjson, one_of};
pub(crate) use session::Session;
