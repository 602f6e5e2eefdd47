//! The line that each domain has in the files of all domains.

use std::fmt::Write as _;

use super::{Changes, Field, NewDomain, NewDomainError, samples};
use crate::repository::Repository;

/// A line that each domain has in a file of all of them.
struct SharedLine {
    file: &'static str,
    /// How the line of the domain of this name is recognized.
    sign: fn(&str) -> String,
    /// The new domain's line, given the line of its neighbour.
    line: fn(&NewDomain, &str) -> String,
}

/// A file in which no domain has a line.
#[derive(Debug, thiserror::Error)]
#[error("{file} has no line of a domain beside which {crate_name} could have its own; nothing was written")]
pub(crate) struct NoNeighbour {
    file: &'static str,
    crate_name: String,
}

const ALL: [SharedLine; 6] = [
    SharedLine {
        file: "Cargo.toml",
        sign: |name| format!("{name}-log = {{ path"),
        line: |new, _| format!("{0} = {{ path = \"crates/{0}\" }}", new.crate_name()),
    },
    SharedLine {
        file: "crates/log-service/Cargo.toml",
        sign: |name| format!("{name}-log = {{ workspace = true, features = [\"schema\", \"store\"] }}"),
        line: |new, _| {
            format!("{} = {{ workspace = true, features = [\"schema\", \"store\"] }}", new.crate_name())
        },
    },
    SharedLine {
        file: "crates/log-service/src/domains.rs",
        sign: |name| format!("<{}_log::", name.replace('-', "_")),
        line: |new, neighbour| {
            let before = neighbour.split('<').next().unwrap_or_default();
            let after = neighbour.rsplit('>').next().unwrap_or_default();
            format!("{before}<{}::{}Log>{after}", new.module(), new.type_name())
        },
    },
    SharedLine {
        file: "docs/domains.md",
        sign: |name| format!("| [`{name}`]"),
        line: |new, _| {
            let (name, crate_name, table, id) = (&new.name, new.crate_name(), new.table(), new.id());
            let own: Vec<_> = new.own.iter().map(Field::listed).collect();
            let (id, own) = (format!("`{}` ({})", id.name, id.kind), own.join(", "));
            format!("| [`{name}`](../crates/{crate_name}/README.md) | `{table}` | {id} | {own} |")
        },
    },
    SharedLine { file: "README.md", sign: queue, line: listed },
    SharedLine { file: "README.ko.md", sign: queue, line: listed },
];

fn queue(name: &str) -> String {
    format!(" tickatch.{name}.log.queue ")
}

/// As `log-service domains` prints it, in columns as wide as the neighbour's.
fn listed(new: &NewDomain, neighbour: &str) -> String {
    let name = &new.name;
    let cells = [
        name.clone(),
        new.table(),
        format!("tickatch.{name}.log.queue"),
        format!("{name}.log"),
        samples::COUNT.to_string(),
    ];
    let mut row = String::new();
    let mut rest = neighbour;
    for cell in &cells[..4] {
        let width = rest.find("  ").map_or(0, |end| rest.len() - rest[end..].trim_start().len());
        rest = rest.get(width..).unwrap_or_default();
        let _ = write!(row, "{cell:<width$}", width = width.max(cell.len() + 2));
    }
    // The number is flush with the neighbour's on the right.
    let (row, number) = (row.trim_end(), &cells[4]);
    format!(
        "{row}{number:>width$}",
        width = (neighbour.len().saturating_sub(row.len())).max(number.len() + 2)
    )
}

impl NewDomain {
    pub(super) fn shared_lines(&self, repository: &Repository) -> Result<Changes, NewDomainError> {
        let domains = repository.domains()?;
        let mut changes = Changes::new();
        for shared in ALL {
            let text = repository.text(shared.file)?;
            changes.insert(shared.file.to_owned(), shared.added_to(&text, self, &domains)?);
        }
        Ok(changes)
    }
}

impl SharedLine {
    /// Adds the line after that of the domain before it, by name, or before that of the first domain.
    fn added_to(&self, text: &str, new: &NewDomain, domains: &[String]) -> Result<String, NoNeighbour> {
        let mut lines: Vec<_> = text.lines().collect();
        let position = |name: &String| lines.iter().position(|line| line.contains(&(self.sign)(name)));
        let before = domains.iter().filter(|name| **name < new.name).filter_map(position).next_back();
        let place =
            before.map(|at| (at, at + 1)).or_else(|| domains.iter().find_map(position).map(|at| (at, at)));
        let (neighbour, at) =
            place.ok_or_else(|| NoNeighbour { file: self.file, crate_name: new.crate_name() })?;
        let line = (self.line)(new, lines[neighbour]);
        lines.insert(at, &line);
        Ok(lines.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_its_line_in_every_file() {
        let repository = Repository::here();
        for SharedLine { file, sign, .. } in ALL {
            let text = repository.text(file).unwrap();
            for domain in repository.domains().unwrap() {
                let sign = sign(&domain);
                assert!(
                    text.contains(&sign),
                    "{domain} has no line in {file}, which would have `{sign}` in it: docs/adding-a-domain.md"
                );
            }
        }
    }
}
