//! What events name: fields of a body that no column holds, but that hold the id of another thing, such as
//! `reservationId` in a payment's event, or `ticketIds`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Number, value::RawValue};

use super::things::Thing;
use crate::{Entry, Extra, LogTable};

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
    let extras = thing.events.iter().filter_map(|at| events[*at].extra.as_ref());
    extras.flat_map(named_in).collect()
}

/// As a tree of values, a body could take thirty times as much memory: only what may be a name is read.
fn named_in(extra: &Extra) -> Vec<Name> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(extra.text()).unwrap_or_default();
    fields.into_iter().flat_map(|(field, value)| names_in(field, value)).take(MAX_NAMES).collect()
}

/// The names in one field: a value, or a list of them under the name's plural.
fn names_in(field: String, value: &RawValue) -> impl Iterator<Item = Name> {
    let list: Option<Vec<&RawValue>> = serde_json::from_str(value.get()).ok();
    let name = match &list {
        Some(_) => field.strip_suffix('s').unwrap_or(&field).to_owned(),
        None => field,
    };
    let values = list.unwrap_or_else(|| vec![value]);
    values.into_iter().filter_map(move |value| Some((name.clone(), scalar(value)?)))
}

fn scalar(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str(value.get()).ok().map(|text: String| text.trim().to_owned()),
        b'-' | b'0'..=b'9' => serde_json::from_str(value.get()).ok().map(|number: Number| number.to_string()),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_lists_of_them_are_names_and_nothing_else_is() {
        let body = r#"{"ticketIds": ["a", 7, null, ["b"]], "reservationId": " R1 ", "seat": {"seatId": 1}, "is": true}"#;
        let name = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [name("reservationId", "R1"), name("ticketId", "a"), name("ticketId", "7")];
        assert_eq!(named_in(&Extra::new(body.to_owned()).unwrap()), expected);
    }

    #[test]
    fn of_a_long_list_the_first_ones_are_read() {
        let ids = vec!["1"; 1_000].join(",");
        let body = Extra::new(format!(r#"{{"ticketIds":[{ids}]}}"#)).unwrap();
        assert_eq!(named_in(&body).len(), MAX_NAMES);
    }
}
