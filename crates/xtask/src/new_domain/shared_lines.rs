//! The line that each domain has in the files of all domains.

use super::{Changes, Field, NewDomain, NewDomainError};
use crate::repository::Repository;

/// A line that each domain has in a file of all of them.
struct SharedLine {
    file: &'static str,
    /// What only the line of the domain of this name contains.
    marker: fn(&str) -> String,
    /// The new domain's line.
    line: fn(&NewDomain) -> String,
}

const ALL: [SharedLine; 6] = [
    SharedLine {
        file: "Cargo.toml",
        marker: |name| format!("{name}-log = {{ path"),
        line: |new| format!("{0} = {{ path = \"crates/{0}\" }}", new.crate_name()),
    },
    SharedLine {
        file: "crates/log-service/Cargo.toml",
        marker: |name| format!("{name}-log = {{ workspace = true, features = [\"schema\", \"store\"] }}"),
        line: |new| {
            format!("{} = {{ workspace = true, features = [\"schema\", \"store\"] }}", new.crate_name())
        },
    },
    SharedLine {
        file: "crates/log-service/src/domains.rs",
        marker: |name| format!("<{}_log::", name.replace('-', "_")),
        line: |new| format!("DomainRegistration::of::<{}::{}Log>(),", new.module(), new.type_name()),
    },
    SharedLine {
        file: "docs/domains.md",
        marker: |name| format!("| [`{name}`]"),
        line: |new| {
            let (name, crate_name, table) = (&new.name, new.crate_name(), new.table());
            let own: Vec<_> = new.own.iter().map(Field::listed).collect();
            let (id, own) = (new.id().listed(), own.join(", "));
            format!("| [`{name}`](../crates/{crate_name}/README.md) | `{table}` | {id} | {own} |")
        },
    },
    SharedLine { file: "README.md", marker: queue, line: printed },
    SharedLine { file: "README.ko.md", marker: queue, line: printed },
];

fn queue(name: &str) -> String {
    format!(" tickatch.{name}.log.queue ")
}

/// As `log-service domains` prints it.
fn printed(new: &NewDomain) -> String {
    let (name, table, samples) = (&new.name, new.table(), new.samples().len());
    let (queue, key) = (format!("tickatch.{name}.log.queue"), format!("{name}.log"));
    format!("{name:<18}{table:<24}{queue:<37}{key:<20}{samples:>6}")
}

impl NewDomain {
    pub(super) fn shared_lines(&self, repository: &Repository) -> Result<Changes, NewDomainError> {
        let domains = repository.domains()?;
        let mut changes = Changes::new();
        for shared in ALL {
            let text = shared.added_to(&repository.text(shared.file)?, self, &domains);
            changes.insert(shared.file.to_owned(), text.ok_or(NewDomainError::NoDomains(shared.file))?);
        }
        Ok(changes)
    }
}

impl SharedLine {
    /// Adds the line after that of the domain before it, by name, or before that of the first domain.
    fn added_to(&self, text: &str, new: &NewDomain, domains: &[String]) -> Option<String> {
        let mut lines: Vec<_> = text.lines().collect();
        let position = |name: &String| lines.iter().position(|line| line.contains(&(self.marker)(name)));
        let before = domains.iter().filter(|name| **name < new.name).filter_map(position).next_back();
        let at = before.map(|at| at + 1).or_else(|| domains.iter().find_map(position))?;
        let line = (self.line)(new);
        lines.insert(at, &line);
        Some(lines.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_its_line_in_every_file() {
        let repository = Repository::here();
        for SharedLine { file, marker, .. } in ALL {
            let text = repository.text(file).unwrap();
            for domain in repository.domains().unwrap() {
                let marker = marker(&domain);
                assert!(
                    text.contains(&marker),
                    "{domain} has no line in {file}, which would have `{marker}` in it: docs/adding-a-domain.md"
                );
            }
        }
    }
}
