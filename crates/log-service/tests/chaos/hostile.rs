use std::fmt;

use audit_core::{Topology, dead_letter::DeadLetterReason};
use serde_json::json;
use test_servers::{RawMessage, long_string, nested_headers, short_string};
use uuid::Uuid;

use crate::domains::{DOMAINS, Logged};

/// The bit of the property `delivery-mode`: the message survives a restart of the broker.
const PERSISTENT: u16 = 1 << 12;

/// One of so many messages is hostile.
pub(crate) const ONE_OF: u64 = 500;

/// What somebody publishes who means harm. Each becomes a dead letter by itself, and harms no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hostile {
    NestedHeaders,
    NameNotUtf8,
    IdNotUtf8,
    GrowingNumbers,
    LargeBody,
    OtherDomain,
    NotJson,
}

const KINDS: [Hostile; 7] = [
    Hostile::NestedHeaders,
    Hostile::NameNotUtf8,
    Hostile::IdNotUtf8,
    Hostile::GrowingNumbers,
    Hostile::LargeBody,
    Hostile::OtherDomain,
    Hostile::NotJson,
];

impl fmt::Display for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NestedHeaders => "headers nested 20,000 levels deep (125 kB), around a good event",
            Self::NameNotUtf8 => "a header whose name is not UTF-8, beside a good event",
            Self::IdNotUtf8 => "a message id that is not UTF-8, beside a good event",
            Self::GrowingNumbers => "30,000 numbers `1e1000` in 210 kB, which a database writes out to 30 MB",
            Self::LargeBody => "a body of 1 MB",
            Self::OtherDomain => "another domain's event, published to the queue itself",
            Self::NotJson => "a body that is no JSON",
        })
    }
}

impl Hostile {
    /// The kind of the message with a number, and how it is found again.
    pub(crate) fn of(number: u64) -> (Self, String) {
        let domains = DOMAINS.len() as u64;
        // Each domain begins with another kind.
        let at = usize::try_from(number / domains / ONE_OF + number % domains).unwrap() % KINDS.len();
        (KINDS[at], format!("hostile-{number}-"))
    }

    /// The reason that its dead letter must have.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NestedHeaders | Self::NameNotUtf8 | Self::IdNotUtf8 => "unreadable_properties",
            Self::GrowingNumbers | Self::LargeBody => DeadLetterReason::TooLarge.code(),
            Self::OtherDomain => "wrong_domain",
            Self::NotJson => "not_json",
        }
    }

    pub(crate) fn message(number: u64, of: &Logged, topology: &Topology) -> RawMessage {
        let (kind, mark) = Self::of(number);
        let good = json!({
            "eventId": Uuid::now_v7(),
            "actionType": "CREATE",
            "actorType": "SYSTEM",
            "occurredAt": "2025-12-06T11:00:29.1Z",
            "mark": mark,
        });
        let good = good.to_string();
        let with = |field: String| format!("{},\"note\":{field}}}", good.trim_end_matches('}'));
        let body = match kind {
            Self::GrowingNumbers => with(format!("[{}]", vec!["1e1000"; 30_000].join(","))),
            Self::LargeBody => with(format!("\"{}\"", "x".repeat(1_000_000))),
            Self::NotJson => mark,
            _ => good,
        };
        let message = RawMessage {
            exchange: topology.exchange().into(),
            routing_key: of.domain.routing_key().into(),
            body: body.into(),
            ..RawMessage::default()
        };
        let message = message.with(PERSISTENT, &[2]);
        let headers = |table: &[u8]| [table, &[2]].concat();
        match kind {
            Self::NestedHeaders => {
                message.with(RawMessage::HEADERS | PERSISTENT, &headers(&nested_headers(b'A', 20_000)))
            }
            Self::NameNotUtf8 => {
                let table = long_string(&[&short_string(b"\xff\xfe")[..], b"t\x01"].concat());
                message.with(RawMessage::HEADERS | PERSISTENT, &headers(&table))
            }
            Self::IdNotUtf8 => {
                let id = short_string(b"caf\xe9");
                message.with(PERSISTENT | RawMessage::MESSAGE_ID, &[&[2][..], &id].concat())
            }
            Self::OtherDomain => {
                let key = long_string(b"elsewhere.log");
                let table = long_string(&[&short_string(b"x-original-routingKey")[..], b"S", &key].concat());
                let direct = RawMessage {
                    exchange: Vec::new(),
                    routing_key: topology.queue(of.domain).into(),
                    ..message
                };
                direct.with(RawMessage::HEADERS | PERSISTENT, &headers(&table))
            }
            Self::GrowingNumbers | Self::LargeBody | Self::NotJson => message,
        }
    }
}
