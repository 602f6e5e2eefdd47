use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Parser;

use crate::new_domain::{Absent, Field, NewDomain};

/// Add a domain: its crate, its migration, and a line wherever domains are named.
#[derive(Debug, Parser)]
#[command(name = "new-domain", version)]
pub struct Args {
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
    /// What can be done.
    #[arg(long, value_delimiter = ',', default_values = ["CREATED", "UPDATED", "DELETED"])]
    actions: Vec<String>,
    /// What the log is the log of, in a few words [default: `NAMEs`].
    #[arg(long, value_name = "WORDS")]
    about: Option<String>,
    /// The workspace.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub root: PathBuf,
}

impl Args {
    /// The domain that is asked for, on this day.
    #[must_use]
    pub fn domain(&self, date: NaiveDate) -> NewDomain {
        let mut domain = NewDomain::named(&self.name, date);
        if let Some(table) = &self.table {
            domain.domain.table.clone_from(table);
        }
        if let Some(id) = &self.id {
            // In every domain, an event without a resource is stored.
            domain.id = Field { absent: Absent::Null, ..id.clone() };
        }
        if let Some(about) = &self.about {
            domain.about.log.clone_from(about);
            domain.about.things.clone_from(about);
        }
        domain.own.clone_from(&self.own);
        domain.actions.clone_from(&self.actions);
        domain
    }
}
