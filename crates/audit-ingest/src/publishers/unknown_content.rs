use std::collections::BTreeMap;

/// Content of a batch that is not in the contract, such as a new action or field. It is stored nevertheless.
#[derive(Debug, Default)]
pub(crate) struct UnknownContent {
    /// Events whose action is not in the domain's list.
    pub(crate) actions: u64,
    /// Fields that have no column, by publisher.
    pub(crate) fields: BTreeMap<String, u64>,
}

impl UnknownContent {
    pub(crate) fn add_fields(&mut self, publisher: &str, count: usize) {
        match self.fields.get_mut(publisher) {
            Some(fields) => *fields += count as u64,
            None => {
                self.fields.insert(publisher.to_owned(), count as u64);
            }
        }
    }
}
