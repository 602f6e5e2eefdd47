use serde::Serialize;

/// The progress of a repair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepairProgress {
    /// How many dead letters there were when it began, selected or not.
    pub total: u64,
    /// How many of them were seen.
    pub seen: u64,
    /// How many were replayed or discarded.
    pub done: u64,
    /// How many were skipped, because they had been replayed before.
    pub skipped: u64,
    /// How many the broker refused. They stay.
    pub refused: u64,
}
