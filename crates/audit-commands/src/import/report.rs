use audit_import::Report;

use crate::terminal::{Line, Table, note};

type Reports<'t> = [(&'t str, Report)];

/// The counts of each table. Those that are not complete are highlighted.
pub(super) fn table(reports: &Reports<'_>) -> Table {
    let header =
        ["TABLE", "READ", "NEW", "EXISTING", "DUPLICATES", "CONFLICTS", "UNREADABLE", "MISSING", "CHECKSUM"];
    Table {
        header: header.map(str::to_owned).into(),
        lines: reports.iter().map(|(name, report)| line(name, report)).collect(),
        ends_with_number: false,
    }
}

fn line(name: &str, report: &Report) -> Line {
    let counts = [
        report.read,
        report.new,
        report.there_before(),
        report.duplicates,
        report.conflicts,
        report.unreadable,
        report.missing,
    ];
    let cells = std::iter::once(name.to_owned()).chain(counts.map(|count| count.to_string()));
    Line { heading: None, cells: cells.chain([checksum(report)]).collect(), is_failure: !report.is_whole() }
}

fn checksum(report: &Report) -> String {
    let Report { source_checksum: theirs, target_checksum: ours, .. } = report;
    if theirs == ours { format!("same {theirs}") } else { format!("differs: theirs {theirs}, ours {ours}") }
}

/// Notes the first rows of each table that ours lacks, or that differ there.
pub(super) fn note_differences(reports: &Reports<'_>) {
    for (name, report) in reports {
        for difference in &report.differences {
            note(&format!("{name}: {difference}"));
        }
        let noted = report.differences.len() as u64;
        let all = report.conflicts + report.unreadable + report.missing;
        if all > noted {
            note(&format!("{name}: {all} such rows in all"));
        }
    }
}

pub(super) fn verdict(is_whole: bool) -> &'static str {
    if is_whole {
        "every row of the original was imported unchanged"
    } else {
        "not every row of the original was imported unchanged: see docs/migrating-from-java.md"
    }
}
