use chrono::NaiveDate;

use super::{
    Absent, Field, Kind,
    name::{camel, pascal},
};
use crate::Domain;

/// A domain that there is not yet.
#[derive(Clone, Debug)]
pub struct NewDomain {
    /// What it is called.
    pub domain: Domain,
    /// What identifies the resource.
    pub id: Field,
    /// The fields that only this domain has.
    pub own: Vec<Field>,
    /// What can be done.
    pub actions: Vec<String>,
    /// What it is about.
    pub about: About,
    /// The day of its migration, unless a later one was there before.
    pub date: NaiveDate,
}

/// What a domain is about, in prose.
#[derive(Clone, Debug)]
pub struct About {
    /// What its log is the log of: `reservations`.
    pub log: String,
    /// To what things are done; mostly the same.
    pub things: String,
}

impl NewDomain {
    /// A domain of which only the name is known: with its table, id and actions as they are by default.
    #[must_use]
    pub fn named(name: &str, date: NaiveDate) -> Self {
        let things = format!("{}s", name.replace('-', " "));
        let id = Field {
            name: format!("{}Id", camel(name)),
            kind: Kind::Uuid,
            absent: Absent::Null,
            indexed: false,
            about: format!("The {}.", name.replace('-', " ")),
        };
        Self {
            domain: Domain {
                name: name.to_owned(),
                type_name: pascal(name),
                table: format!("p_{}_log", name.replace('-', "_")),
            },
            id,
            own: Vec::new(),
            actions: ["CREATED", "UPDATED", "DELETED"].map(str::to_owned).to_vec(),
            about: About { log: things.clone(), things },
            date,
        }
    }
}
