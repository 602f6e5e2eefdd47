use chrono::NaiveDate;

use super::{Changes, NewDomain, crate_files::fill};
use crate::repository::{FileError, Repository};

const LIST: &str = "migration/src/lib.rs";

impl NewDomain {
    /// The migration, which is the newest, and the list with its two lines.
    pub(super) fn migration(&self, repository: &Repository, today: NaiveDate) -> Result<Changes, FileError> {
        let list = repository.text(LIST)?;
        let newest = list.lines().filter(|line| line.starts_with("mod m2")).max().unwrap_or_default();
        let version = format!("{}_{}", after(newest.trim_start_matches("mod "), today), self.module());
        let list = after_last(&list, "mod m2", &format!("mod {version};"));
        let list = after_last(
            &list,
            "            Box::new(m2",
            &format!("            Box::new({version}::Migration),"),
        );
        let migration = fill(include_str!("../../templates/migration.rs"), &self.values());
        Ok([(LIST.to_owned(), list), (format!("migration/src/{version}.rs"), migration)].into())
    }
}

/// The beginning of a version that is later than the newest one: the day, and a number of that day.
fn after(newest: &str, today: NaiveDate) -> String {
    let today = today.format("m%Y%m%d").to_string();
    let mut parts = newest.split('_');
    let day = parts.next().unwrap_or_default();
    let number: u32 = parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    if *day < *today { format!("{today}_000001") } else { format!("{day}_{:06}", number + 1) }
}

/// Adds a line after the last one that begins so.
fn after_last(text: &str, beginning: &str, line: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    let last = lines.iter().rposition(|line| line.starts_with(beginning));
    lines.insert(last.map_or(lines.len(), |last| last + 1), line);
    lines.join("\n") + "\n"
}
