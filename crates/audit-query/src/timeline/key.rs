//! What a key may be: an id in any column that finds one thing among many.

use uuid::Uuid;

use super::{loading::Lookup, things::customer};
use crate::{
    Entry, LogReader, ResolvedRange,
    filter::{id_spellings, text_spellings},
};

/// The lookups that find the events with a key.
pub(super) fn lookups(reader: &LogReader, key: &str, range: ResolvedRange) -> Vec<Lookup> {
    let mut lookups = Vec::new();
    for (number, table) in reader.tables.iter().enumerate() {
        lookups.push(Lookup::new(number, "resource_id", id_spellings(key), range));
        lookups.push(Lookup::new(number, "trace_id", text_spellings(key), range));
        let own = table.table.own.iter().filter(|column| column.indexed);
        lookups.extend(own.map(|column| Lookup::new(number, column.name, text_spellings(key), range)));
        if let Ok(id) = Uuid::parse_str(key.trim()) {
            lookups.push(Lookup::new(number, "actor_id", [id], range));
            lookups.push(Lookup::new(number, "id", [id], range));
        }
    }
    lookups
}

/// Whether an event that was found by a key leads to other things. What an administrator did is about everybody's.
pub(super) fn leads_on(key: &str, event: &Entry) -> bool {
    let is_actor = event.actor_id.is_some() && event.actor_id == Uuid::parse_str(key.trim()).ok();
    !is_actor || customer(event).is_some()
}
