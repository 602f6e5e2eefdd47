//! `cargo xtask new-domain`: a domain's crate, its migration, and its line in the files of all domains.

mod crate_files;
mod field;
mod migration;
mod name;
mod refusals;
mod samples;
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
use field::{Absent, Field, Kind};
use shared_lines::NoNeighbour;

/// Add a domain: its crate, its migration, and a line wherever domains are listed.
#[derive(Clone, Debug, Args)]
pub(crate) struct NewDomain {
    /// The name on the wire, such as `gift-card`: its events have the routing key `gift-card.log`.
    name: String,
    /// The log table [default: `p_NAME_log`].
    #[arg(long)]
    table: Option<String>,
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
    /// The domain can't be as it was asked for.
    #[error("{}\nnothing was written", .0.join("\nnew-domain: "))]
    Refused(Vec<String>),
    #[error(transparent)]
    NoNeighbour(#[from] NoNeighbour),
    #[error(transparent)]
    File(#[from] FileError),
    /// What was written stays: it only looks other than the rest.
    #[error("the domain was written, but `{0}` failed: run it by hand")]
    Command(&'static str),
    #[error("the terminal can't be written to: {0}")]
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
        writeln!(out, "changed Cargo.lock\n{}", self.next_steps())?;
        Ok(())
    }

    /// All that has to be written; nothing is so far.
    fn changes(&self, repository: &Repository, day: NaiveDate) -> Result<Changes, NewDomainError> {
        let refusals = refusals::all(self, repository)?;
        if !refusals.is_empty() {
            return Err(NewDomainError::Refused(refusals));
        }
        let mut changes = self.crate_files();
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
        self.table.clone().unwrap_or_else(|| format!("p_{}", self.module()))
    }

    fn id(&self) -> Field {
        let field = self.id.clone().unwrap_or_else(|| Field {
            about: format!("The {}.", self.name.replace('-', " ")),
            ..Field::new(format!("{}Id", name::camel(&self.name)), Kind::Uuid)
        });
        // In every domain, an event without a resource is stored.
        Field { absent: Absent::Null, ..field }
    }

    fn about(&self) -> String {
        self.about.clone().unwrap_or_else(|| format!("{}s", self.name.replace('-', " ")))
    }

    fn next_steps(&self) -> String {
        let (name, folder) = (self.crate_name(), self.folder());
        format!(
            "
Next:
1. {folder}/samples.ndjson is made up: put messages of the real service there, and say in README.md,
   src/event.rs and src/entity.rs what the fields mean.
2. INSTA_UPDATE=always cargo test -p {name} --all-features
   Then read {folder}/tests/snapshots: every field must be in its column.
3. just documents
   It writes docs/contract and docs/openapi.json anew.
4. Add a line to CHANGELOG.md. docs/adding-a-domain.md says where the page gets a name and a colour for the domain.
5. just test"
        )
    }
}
