use super::{CsvFor, cells::Cells};
use crate::{Dimension, Stats, StatsRequest};

/// Appends numbers of events as CSV: the columns that were asked for, then `count`. Buckets begin by the clocks of the
/// request's zone.
pub fn counts(stats: &Stats, request: &StatsRequest, csv_for: CsvFor, out: &mut Vec<u8>) {
    let by = |dimension| request.by.contains(&dimension);
    let columns = [
        ("bucket", request.bucket.is_some()),
        ("domain", by(Dimension::Domain)),
        ("action_type", by(Dimension::ActionType)),
        ("actor_type", by(Dimension::ActorType)),
        ("count", true),
    ];
    csv_for.begin(out);
    let mut cells = Cells::new(out, csv_for);
    for (name, _) in columns.iter().filter(|(_, is_asked)| *is_asked) {
        cells.value(name);
    }
    cells.end();
    for count in &stats.counts {
        let mut cells = Cells::new(out, csv_for);
        if let Some(bucket) = count.bucket {
            cells.value(bucket.to_rfc3339());
        }
        if let Some(domain) = count.domain {
            cells.value(domain.name());
        }
        for text in [&count.action_type, &count.actor_type].into_iter().flatten() {
            cells.text(text);
        }
        cells.value(count.count.to_string());
        cells.end();
    }
}
