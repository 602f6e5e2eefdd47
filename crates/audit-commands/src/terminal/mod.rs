//! What people see: standard output and error, tables, progress.

mod output;
mod progress;
mod table;

pub(crate) use output::{
    Items, Unopened, create_private, csv_target, csv_target_on_stdout, note, print, to_json, write,
};
pub(crate) use progress::Progress;
pub(crate) use table::{Line, Table, TerminalStyle};
