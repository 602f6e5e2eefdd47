use serde::Serialize;

/// How far a repair has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepairProgress {
    /// How many dead letters there were when it began, selected or not.
    pub total: u64,
    /// How many of them were seen.
    pub seen: u64,
    /// How many were put back, or discarded.
    pub done: u64,
    /// How many were left alone, as they were put back before.
    pub skipped: u64,
    /// How many the broker refused: they stay.
    pub refused: u64,
}
