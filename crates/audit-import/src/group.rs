use audit_core::store::Row;

use crate::digest::Digest;

/// All rows of the original with one id and time: one event, however often it is there.
#[derive(Debug)]
pub(crate) struct Group {
    /// The first of them, which is the event.
    pub(crate) row: Row,
    /// What it says.
    pub(crate) content: Digest,
    /// What others say that do not say the same.
    others: Vec<Digest>,
    /// How many say what another one says.
    pub(crate) duplicates: u64,
}

impl Group {
    /// What its rows say, the first one first, nothing twice.
    pub(crate) fn contents(&self) -> impl Iterator<Item = Digest> {
        std::iter::once(self.content).chain(self.others.iter().copied())
    }

    fn add(&mut self, content: Digest) {
        if self.contents().any(|known| known == content) {
            self.duplicates += 1;
        } else {
            self.others.push(content);
        }
    }
}

/// Groups rows that come in the order of time and id.
#[derive(Debug, Default)]
pub(crate) struct Grouping {
    open: Option<Group>,
}

impl Grouping {
    /// Takes the next row; returns the group before it, if it begins another one.
    pub(crate) fn add(&mut self, row: Row, content: Digest) -> Option<Group> {
        match &mut self.open {
            Some(open) if (open.row.id, open.row.occurred_at) == (row.id, row.occurred_at) => {
                open.add(content);
                None
            }
            open => open.replace(Group { row, content, others: Vec::new(), duplicates: 0 }),
        }
    }

    /// The last group.
    pub(crate) fn end(&mut self) -> Option<Group> {
        self.open.take()
    }
}
