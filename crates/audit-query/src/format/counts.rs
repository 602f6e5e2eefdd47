use super::{CsvFor, cells::Cells};
use crate::{Stats, StatsRequest};

/// Appends numbers of events as CSV: the bucket and the dimensions that were asked for, then `count`. Buckets begin by the
/// clocks of the request's zone.
pub fn counts(stats: &Stats, request: &StatsRequest, csv_for: CsvFor, out: &mut Vec<u8>) {
    csv_for.begin(out);
    let mut cells = Cells::new(out, csv_for);
    let bucket = request.bucket.map(|_| "bucket");
    let dimensions = request.by.iter().map(|dimension| dimension.name());
    for name in bucket.into_iter().chain(dimensions).chain(["count"]) {
        cells.value(name);
    }
    cells.end();
    for count in &stats.counts {
        let mut cells = Cells::new(out, csv_for);
        if let Some(bucket) = count.bucket {
            cells.value(bucket.to_rfc3339());
        }
        for (_, value) in count.group.iter() {
            cells.column(value);
        }
        cells.value(count.count.to_string());
        cells.end();
    }
}
