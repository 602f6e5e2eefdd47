//! Samples of all domains to which something was done.

use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    sample::Index,
};

use crate::{
    domains::{Fields, domains},
    weird,
};

/// What is done to the fields, and then to the bytes.
#[derive(Clone, Debug)]
enum ToFields {
    Remove(Index),
    Repeat(Index),
    SwapValues(Index, Index),
    Rename(Index, Vec<u8>),
    Replace(Index, Vec<u8>),
    Add(Vec<u8>, Vec<u8>),
}

#[derive(Clone, Debug)]
enum ToBytes {
    FlipBit(Index, u8),
    Truncate(Index),
    Delete(Index, Index),
    Repeat(Index, Index),
    Insert(Index, Vec<u8>),
}

/// The body of a sample, broken in some places or none.
pub fn sample() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop_oneof![
        2 => any::<Index>().prop_map(ToFields::Remove),
        1 => any::<Index>().prop_map(ToFields::Repeat),
        2 => any::<(Index, Index)>().prop_map(|(one, other)| ToFields::SwapValues(one, other)),
        1 => (any::<Index>(), weird::name()).prop_map(|(at, name)| ToFields::Rename(at, name)),
        6 => (any::<Index>(), weird::value()).prop_map(|(at, value)| ToFields::Replace(at, value)),
        3 => (weird::name(), weird::value()).prop_map(|(name, value)| ToFields::Add(name, value)),
    ];
    let bytes = prop_oneof![
        2 => (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| ToBytes::FlipBit(at, bit)),
        1 => any::<Index>().prop_map(ToBytes::Truncate),
        1 => any::<(Index, Index)>().prop_map(|(from, to)| ToBytes::Delete(from, to)),
        1 => any::<(Index, Index)>().prop_map(|(from, to)| ToBytes::Repeat(from, to)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| ToBytes::Insert(at, bytes)),
    ];
    // Half of them stay JSON: what is read at all gets further.
    let bytes = prop_oneof![vec(bytes, 1..4), vec(any::<Index>().prop_map(ToBytes::Truncate), 0..1)];
    (any::<(Index, Index)>(), vec(fields, 0..4), bytes).prop_map(|((domain, sample), to_fields, to_bytes)| {
        let bodies = &domain.get(domains()).bodies;
        let mut fields = sample.get(bodies).clone();
        for change in to_fields {
            change.apply(&mut fields);
        }
        let mut bytes = body(&fields);
        for change in to_bytes {
            change.apply(&mut bytes);
        }
        bytes
    })
}

fn body(fields: &Fields) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| [&name[..], b":", &value[..]].concat()).collect();
    [b"{", &fields.join(&b","[..])[..], b"}"].concat()
}

impl ToFields {
    fn apply(self, fields: &mut Fields) {
        let count = fields.len();
        match self {
            Self::Add(name, value) => fields.push((name, value)),
            _ if count == 0 => {}
            Self::Remove(at) => drop(fields.remove(at.index(count))),
            Self::Repeat(at) => fields.push(at.get(fields).clone()),
            Self::SwapValues(one, other) => {
                let (one, other) = (one.index(count), other.index(count));
                let value = fields[one].1.clone();
                fields[one].1 = std::mem::replace(&mut fields[other].1, value);
            }
            Self::Rename(at, name) => fields[at.index(count)].0 = name,
            Self::Replace(at, value) => fields[at.index(count)].1 = value,
        }
    }
}

impl ToBytes {
    fn apply(self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let range = |one: Index, other: Index| {
            let (one, other) = (one.index(length), other.index(length));
            one.min(other)..one.max(other)
        };
        match self {
            _ if length == 0 => {}
            Self::FlipBit(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Self::Truncate(at) => bytes.truncate(at.index(length)),
            Self::Delete(from, to) => drop(bytes.drain(range(from, to))),
            Self::Repeat(from, to) => {
                let piece = bytes[range(from, to)].to_vec();
                bytes.extend(piece);
            }
            Self::Insert(at, piece) => {
                let at = at.index(length);
                bytes.splice(at..at, piece);
            }
        }
    }
}
