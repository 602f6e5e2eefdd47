//! What events name: fields of a body that no column holds, but that hold the id of another thing, such as
//! `reservationId` in a payment's event, or `ticketIds`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::things::Thing;
use crate::{Entry, LogTable};

/// The names of one event that are read at most. A list may have thousands.
const MAX_NAMES: usize = 100;

/// A field's name, in the singular, and its value.
pub(super) type Name = (String, String);

/// The names that a thing is known by: its id, and what its own columns identify it with.
pub(super) fn names_of(tables: &[LogTable], events: &[Entry], thing: &Thing) -> BTreeSet<Name> {
    let table = &tables[thing.table];
    let id = camel_case(table.domain.name().split('-').chain(["id"]));
    let mut names = BTreeSet::from([(id, thing.id.clone())]);
    for column in table.table.own.iter().filter(|column| column.indexed) {
        let field = camel_case(column.name.split('_'));
        let values = thing.events.iter().filter_map(|at| events[*at].details.get(column.name));
        names.extend(values.map(|value| (field.clone(), value.to_string())));
    }
    names
}

/// The names of other things in a thing's events.
pub(super) fn named_by(events: &[Entry], thing: &Thing) -> BTreeSet<Name> {
    let extras = thing.events.iter().filter_map(|at| events[*at].extra.as_ref()?.parse());
    extras.flat_map(|extra| named_in(&extra)).collect()
}

fn named_in(extra: &Json) -> Vec<Name> {
    let Json::Object(fields) = extra else { return Vec::new() };
    let mut names = Vec::new();
    for (field, value) in fields {
        let values = match value {
            Json::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        let field = if value.is_array() { field.strip_suffix('s').unwrap_or(field) } else { field };
        for value in values {
            let value = match value {
                Json::String(text) => text.trim().to_owned(),
                Json::Number(number) => number.to_string(),
                _ => continue,
            };
            names.push((field.to_owned(), value));
        }
    }
    names.truncate(MAX_NAMES);
    names
}

fn camel_case<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !name.is_empty() => name.extend(first.to_uppercase().chain(letters)),
            Some(first) => name.extend(std::iter::once(first).chain(letters)),
            None => {}
        }
    }
    name
}
