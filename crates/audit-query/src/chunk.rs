use crate::Entry;

/// Some events that were read.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) entries: Vec<Entry>,
    /// How much memory they take.
    pub(crate) bytes: usize,
    /// Whether there are more, for which there was no room.
    pub(crate) is_cut: bool,
}

impl Chunk {
    /// Adds what was read next, if all of it fits.
    pub(crate) fn append(&mut self, next: Self, max_bytes: usize) {
        let fits = self.entries.is_empty() || self.bytes + next.bytes <= max_bytes;
        if fits {
            self.bytes += next.bytes;
            self.entries.extend(next.entries);
        }
        self.is_cut |= next.is_cut || !fits;
    }
}
