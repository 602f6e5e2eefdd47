use audit_dead_letters::{LetterId, Selection};
use clap::{ArgGroup, Args};
use serde::{Serialize, Serializer};

use crate::{context::Context, usage::UsageError};

/// Which dead letters.
#[derive(Debug, Default, Args, Serialize)]
pub(super) struct SelectionArgs {
    /// Of this domain, such as `payment`.
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    domain: Vec<String>,
    /// With this reason, such as `not_json`, `conflict` or `rejected`.
    #[arg(long, value_name = "CODE", help_heading = "Selection")]
    reason: Vec<String>,
    /// With this id, as shown by `list`.
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    #[serde(serialize_with = "as_texts")]
    id: Vec<LetterId>,
}

/// Which dead letters. Nothing is changed that was not chosen.
#[derive(Debug, Args, Serialize)]
#[command(group(ArgGroup::new("which").required(true).multiple(true).args(["all", "domain", "reason", "id"])))]
pub(super) struct ChosenArgs {
    /// All of them.
    #[arg(long, conflicts_with_all = ["domain", "reason", "id"], help_heading = "Selection")]
    all: bool,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) letters: SelectionArgs,
}

impl SelectionArgs {
    pub(super) fn selection(&self, context: &Context<'_>) -> Result<Selection, UsageError> {
        Ok(Selection {
            domains: context.domains_named(&self.domain)?.into_iter().collect(),
            reasons: self.reason.iter().cloned().collect(),
            ids: self.id.iter().copied().collect(),
        })
    }
}

fn as_texts<T: ToString, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}
