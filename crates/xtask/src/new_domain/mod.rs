//! `cargo xtask new-domain`: a domain's crate, its migration, and its line in the files of all domains.

mod crate_files;
mod field;
mod migration;
mod name;
mod shared_lines;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    process::Command,
};

use chrono::{NaiveDate, Utc};
use clap::Args;

use crate::repository::{FileError, Repository};
use field::{Absent, Field, UUID};

/// Add a domain: its crate, its migration, and a line wherever domains are listed.
#[derive(Clone, Debug, Args)]
pub(crate) struct NewDomain {
    /// The name on the wire, such as `gift-card`: its events have the routing key `gift-card.log`, its table is
    /// `p_gift_card_log`.
    #[arg(value_parser = name::domain)]
    name: String,
    /// What identifies the resource: its field's name on the wire, and uuid or i64 [default: `NAMEId:uuid`].
    #[arg(long, value_name = "NAME:TYPE")]
    id: Option<Field>,
    /// The domain's own fields, such as `reason:text?,amount:i64`: text, uuid, i32 or i64 (`indexed_text` and
    /// `indexed_uuid` have an index), then `?` where the field may be absent, or `=0` where it is 0 then.
    #[arg(long, value_name = "NAME:TYPE,…", value_delimiter = ',')]
    own: Vec<Field>,
    /// What can be done. A name with FAIL in it says that something failed.
    #[arg(long, value_delimiter = ',', default_values = ["CREATED", "UPDATED", "DELETED"])]
    actions: Vec<String>,
    /// What the log is the log of, in a few words [default: `NAMEs`].
    #[arg(long, value_name = "WORDS")]
    about: Option<String>,
}

/// Why a domain was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewDomainError {
    #[error("there is a domain of this name: its crate is {0}")]
    Exists(String),
    #[error("{0} lists no domain beside which the new one could be; nothing was written")]
    NoDomains(&'static str),
    #[error(transparent)]
    File(#[from] FileError),
    /// What was written stays.
    #[error("the domain was written, but `{0}` failed: run it by hand")]
    Command(&'static str),
    #[error("can't write to the terminal: {0}")]
    Output(#[from] io::Error),
}

/// New texts by the paths of their files.
type Changes = BTreeMap<String, String>;

impl NewDomain {
    /// Writes the domain's files, and prints what is left to do.
    pub(crate) fn add_to(&self, repository: &Repository) -> Result<(), NewDomainError> {
        let changes = self.changes(repository, Utc::now().date_naive())?;
        let mut out = io::stdout().lock();
        for (path, text) in &changes {
            let change = if repository.has(path) { "changed" } else { "created" };
            repository.write(path, text)?;
            writeln!(out, "{change} {path}")?;
        }
        for command in ["cargo fmt --all", "cargo update --workspace --offline --quiet"] {
            let mut words = command.split(' ');
            let mut process = Command::new(words.next().unwrap_or_default());
            let status = process.args(words).current_dir(repository.root()).status();
            if !status.is_ok_and(|status| status.success()) {
                return Err(NewDomainError::Command(command));
            }
        }
        writeln!(out, "changed Cargo.lock\n\nWhat is left to do: docs/adding-a-domain.md#by-command")?;
        Ok(())
    }

    /// All that has to be written; nothing is so far.
    fn changes(&self, repository: &Repository, day: NaiveDate) -> Result<Changes, NewDomainError> {
        if repository.has(&self.folder()) {
            return Err(NewDomainError::Exists(self.folder()));
        }
        let mut changes = self.crate_files(repository)?;
        changes.extend(self.migration(repository, day)?);
        changes.extend(self.shared_lines(repository)?);
        Ok(changes)
    }

    /// `gift-card-log`.
    fn crate_name(&self) -> String {
        format!("{}-log", self.name)
    }

    /// `crates/gift-card-log`.
    fn folder(&self) -> String {
        format!("crates/{}", self.crate_name())
    }

    /// `gift_card_log`, the crate's name in code.
    fn module(&self) -> String {
        self.crate_name().replace('-', "_")
    }

    /// `GiftCard`, the beginning of its types.
    fn type_name(&self) -> String {
        name::pascal(&self.name)
    }

    fn table(&self) -> String {
        format!("p_{}", self.module())
    }

    /// An event without a resource is stored in every domain.
    fn id(&self) -> Field {
        let default =
            || Field { name: format!("{}Id", name::camel(&self.name)), kind: UUID, absent: Absent::Null };
        Field { absent: Absent::Null, ..self.id.clone().unwrap_or_else(default) }
    }

    fn about(&self) -> String {
        self.about.clone().unwrap_or_else(|| format!("{}s", self.name.replace('-', " ")))
    }
}
