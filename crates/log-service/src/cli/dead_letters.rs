//! The arguments of `dead-letters`. They are recorded as they are, as JSON.

use std::path::{Path, PathBuf};

use audit_core::Domain;
use audit_dead_letters::LetterId;
use clap::{ArgGroup, Args, Subcommand};
use serde::{Serialize, Serializer};

use super::{
    choices::{ListFormat, ShowFormat},
    domain,
};

/// Arguments of `dead-letters`.
#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub action: DeadLettersAction,
}

/// What `dead-letters` can do.
#[derive(Debug, Subcommand)]
pub enum DeadLettersAction {
    /// Count them by domain and reason, and list the first ones.
    List(ListArgs),
    /// Show one, with its headers and its body.
    Show(ShowArgs),
    /// Write them as NDJSON, bodies exact; a line can be corrected and given to `log-service publish`.
    Export(ExportLettersArgs),
    /// Put them back, so that they are stored if they can be. Each is removed when the broker has confirmed it.
    ///
    /// Those that were put back before and have come back are left alone, unless `--again` is given.
    Replay(ReplayArgs),
    /// Take them away. Each is written to a file before it is removed.
    Discard(DiscardArgs),
}

/// Which dead letters.
#[derive(Debug, Default, Args, Serialize)]
pub struct LettersArgs {
    /// Those of this domain, such as `payment`.
    #[arg(long, value_name = "NAME", value_parser = domain, help_heading = "Which")]
    #[serde(serialize_with = "as_texts")]
    pub domain: Vec<Domain>,
    /// Those for this reason, such as `not_json`, `conflict` or `rejected`.
    #[arg(long, value_name = "CODE", help_heading = "Which")]
    pub reason: Vec<String>,
    /// Those with this id, as `list` has it.
    #[arg(long, value_name = "ID", help_heading = "Which")]
    #[serde(serialize_with = "as_texts")]
    pub id: Vec<LetterId>,
}

/// Which dead letters; nothing is repaired that was not chosen.
#[derive(Debug, Args, Serialize)]
#[command(group(ArgGroup::new("which").required(true).multiple(true).args(["all", "domain", "reason", "id"])))]
pub struct ChosenArgs {
    /// All of them.
    #[arg(long, conflicts_with_all = ["domain", "reason", "id"], help_heading = "Which")]
    pub all: bool,
    #[command(flatten)]
    #[serde(flatten)]
    pub letters: LettersArgs,
}

/// Arguments of `dead-letters list`.
#[derive(Debug, Args, Serialize)]
pub struct ListArgs {
    /// The most that are listed; all are counted.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub limit: u16,
    /// Show how each body begins. Bodies may hold personal data.
    #[arg(long)]
    pub preview: bool,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
    #[command(flatten)]
    #[serde(flatten)]
    pub letters: LettersArgs,
}

/// Arguments of `dead-letters show`.
#[derive(Debug, Args, Serialize)]
pub struct ShowArgs {
    /// The id, as `list` has it.
    #[serde(serialize_with = "as_text")]
    pub id: LetterId,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    pub format: ShowFormat,
}

/// Arguments of `dead-letters export`.
#[derive(Debug, Args, Serialize)]
pub struct ExportLettersArgs {
    /// The file to write; `-` is standard output.
    #[arg(value_name = "FILE", default_value = "-")]
    #[serde(serialize_with = "path_as_text")]
    pub file: PathBuf,
    #[command(flatten)]
    #[serde(flatten)]
    pub letters: LettersArgs,
}

/// Arguments of `dead-letters replay`.
#[derive(Debug, Args, Serialize)]
pub struct ReplayArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub chosen: ChosenArgs,
    /// Those too that were put back before.
    #[arg(long)]
    pub again: bool,
    /// Only say how many would be put back.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `dead-letters discard`.
#[derive(Debug, Args, Serialize)]
pub struct DiscardArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub chosen: ChosenArgs,
    /// The file that they are written to first, as `export` does. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    #[serde(serialize_with = "path_as_text")]
    pub to: PathBuf,
    /// Do not ask. Without a terminal to ask on, this is needed.
    #[arg(long)]
    pub yes: bool,
}

fn as_text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn as_texts<T: ToString, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

/// A path that is not UTF-8 is no reason to leave it unrecorded.
fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
