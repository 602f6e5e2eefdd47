use super::{
    Field, NewDomain, Refusal,
    template::{fill, formatted},
};
use crate::{Files, domains::between, places::NoPlace};

const LIST: &str = "migration/src/lib.rs";

impl NewDomain {
    /// The migration's code.
    pub fn migration(&self) -> Result<String, Refusal> {
        let values = [
            ("about", self.about.log.clone()),
            ("table", self.domain.table.clone()),
            ("own", self.own.iter().map(Field::migration).collect()),
        ];
        Ok(formatted(&fill(include_str!("../../templates/migration.rs"), &values))?)
    }

    /// A new version: the last one.
    pub(super) fn add_migration(&self, files: &mut Files) -> Result<(), Refusal> {
        let list = files.text(LIST);
        let is_mod = |line: &str| line.starts_with("mod m2");
        let newest = list.lines().filter(|line| is_mod(line)).max().unwrap_or_default();
        let version = format!("{}_{}", self.after(newest), self.domain.module());

        let declared = format!("mod {version};");
        let made = format!("            Box::new({version}::Migration),");
        let list = after_last(list, &declared, is_mod)?;
        let list = after_last(&list, &made, |line| line.trim_start().starts_with("Box::new(m2"))?;
        files.set(format!("migration/src/{version}.rs"), self.migration()?);
        files.set(LIST, list);
        Ok(())
    }

    /// The beginning of a version that is later than the last one: the day, and a number of that day.
    fn after(&self, last: &str) -> String {
        let day = self.date.format("m%Y%m%d").to_string();
        let mut parts = last.trim_start_matches("mod ").split('_');
        let last_day = parts.next().unwrap_or_default();
        let number: u32 = parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
        if last_day < day.as_str() {
            format!("{day}_000001")
        } else {
            format!("{last_day}_{:06}", number + 1)
        }
    }
}

/// Adds a line after the last one of its kind.
fn after_last(text: &str, line: &str, is_kind: impl Fn(&str) -> bool) -> Result<String, NoPlace> {
    let mut lines: Vec<_> = text.lines().collect();
    let last = lines.iter().rposition(|line| is_kind(line));
    let last = last.ok_or_else(|| NoPlace::new(LIST, line))?;
    lines.insert(last + 1, line);
    Ok(lines.join("\n") + "\n")
}

/// The version that makes a table, and the calls after `LogTable::new`.
pub(crate) fn made_by<'f>(files: &'f Files, table: &str) -> Option<(&'f str, &'f str)> {
    let begin = format!("LogTable::new(\"{table}\")");
    files.under("migration/src/m").find_map(|(path, text)| {
        let version = path.strip_prefix("migration/src/")?.strip_suffix(".rs")?;
        Some((version, between(text, &begin, ".create(")?))
    })
}
