//! Every line outside of its crate and its migration in which a domain is named.

use crate::{Domain, Files, domains::between};

/// A line that a domain has in a file that it shares with the others.
pub(crate) struct Place {
    pub(crate) file: &'static str,
    /// What is the matter when the line is missing.
    pub(crate) lacks: &'static str,
    /// The step of docs/adding-a-domain.md.
    pub(crate) step: &'static str,
    /// By which the line is known.
    pub(crate) sign: String,
    pub(crate) line: String,
    /// The name that a line of this kind is sorted by; `None`: another kind of line.
    key: fn(&str) -> Option<String>,
}

/// A file in which no line of the kind was found.
#[derive(Debug, thiserror::Error)]
#[error("{file} has no line beside which this one could stand; add it by hand: {line}")]
pub struct NoPlace {
    file: &'static str,
    line: String,
}

impl NoPlace {
    pub(crate) fn new(file: &'static str, line: &str) -> Self {
        Self { file, line: line.trim().to_owned() }
    }
}

impl Place {
    pub(crate) fn all(of: &Domain, own: &str) -> Vec<Self> {
        let (name, type_name, table) = (&of.name, &of.type_name, &of.table);
        let (crate_name, module) = (of.crate_name(), of.module());
        vec![
            Self {
                file: "Cargo.toml",
                lacks: "is no dependency of the workspace",
                step: "The wiring",
                sign: format!("\n{crate_name} = "),
                line: format!("{crate_name} = {{ path = \"crates/{crate_name}\" }}"),
                key: |line| Some(between(line, "path = \"crates/", "-log\"")?.to_owned()),
            },
            Self {
                file: "crates/log-service/Cargo.toml",
                lacks: "is no dependency of the program",
                step: "The wiring",
                sign: format!("\n{crate_name} = "),
                line: format!("{crate_name} = {{ workspace = true, features = [\"schema\", \"store\"] }}"),
                key: |line| {
                    let (name, rest) = line.split_once("-log = ")?;
                    rest.contains("\"store\"").then(|| name.to_owned())
                },
            },
            Self {
                file: "crates/log-service/src/domains.rs",
                lacks: "is not wired",
                step: "The wiring",
                sign: format!("DomainRegistration::of::<{module}::"),
                line: format!("        DomainRegistration::of::<{module}::{type_name}Log>(),"),
                key: |line| Some(between(line, "DomainRegistration::of::<", "_log::")?.replace('_', "-")),
            },
            Self {
                file: "docs/domains.md",
                lacks: "is not in the list of domains",
                step: "The documents",
                sign: format!("| [`{name}`]"),
                line: format!("| [`{name}`](../crates/{crate_name}/README.md) | `{table}` | {own} |"),
                key: |line| Some(between(line, "| [`", "`]")?.to_owned()),
            },
        ]
    }

    pub(crate) fn is_in(&self, files: &Files) -> bool {
        files.text(self.file).contains(&self.sign)
    }

    /// Puts the line among those of the other domains, by its name.
    pub(crate) fn add_to(&self, files: &mut Files) -> Result<(), NoPlace> {
        let name = (self.key)(&self.line);
        let mut lines: Vec<_> = files.text(self.file).lines().collect();
        let others = || lines.iter().enumerate().filter_map(|(at, line)| Some((at, (self.key)(line)?)));
        let is_after = |other: &String| name.as_ref().is_some_and(|name| other > name);
        let next = others().find(|(_, other)| is_after(other)).map(|(at, _)| at);
        let at = next.or_else(|| others().next_back().map(|(at, _)| at + 1));
        let at = at.ok_or_else(|| NoPlace::new(self.file, &self.line))?;
        lines.insert(at, &self.line);
        let text = lines.join("\n") + "\n";
        files.set(self.file, text);
        Ok(())
    }
}

/// What a README shows of `log-service domains`.
pub(crate) struct Listing(pub(crate) &'static str);

impl Listing {
    pub(crate) const ALL: [Self; 2] = [Self("README.md"), Self("README.ko.md")];
    const HEADER: &'static str = "DOMAIN ";

    pub(crate) fn has(&self, files: &Files, domain: &Domain) -> bool {
        files.text(self.0).contains(&format!(" tickatch.{}.log.queue ", domain.name))
    }

    /// Adds a domain, and lays the columns out anew.
    pub(crate) fn add(&self, files: &mut Files, domain: &Domain, rows: usize) -> Result<(), NoPlace> {
        let Domain { name, table, .. } = domain;
        let row = format!("{name}  {table}  tickatch.{name}.log.queue  {name}.log  {rows}");
        let text = files.text(self.0);
        let listing = text.find(&format!("\n{}", Self::HEADER)).map(|at| &text[at + 1..]);
        let listing = listing.and_then(|rest| rest.split_once("```")).map(|(listing, _)| listing.to_owned());
        let listing = listing.ok_or_else(|| NoPlace::new(self.0, &row))?;

        let mut lines: Vec<_> = listing.lines().chain([row.as_str()]).map(cells).collect();
        lines[1..].sort();
        let text = text.replacen(&listing, &laid_out(&lines), 1);
        files.set(self.0, text);
        Ok(())
    }
}

fn cells(line: &str) -> Vec<String> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
}

/// Columns of equal width, the last one to the right.
fn laid_out(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max();
    let line = |cells: &Vec<String>| {
        let last = cells.len().saturating_sub(1);
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or_default();
            if column == last { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        padded.collect::<Vec<_>>().join("  ") + "\n"
    };
    lines.iter().map(line).collect()
}
