use audit_core::{
    Domain, Topology,
    dead_letter_headers::ORIGINAL_ROUTING_KEY,
    store::{DomainLog, Malformed, Row},
};
use chrono::Utc;
use lapin::Acker;

use crate::{
    Settings,
    ahead::{Ahead, is_ahead},
    decode,
    held::Taken,
    original::Original,
    trace_id::text,
    unknown::{Publishers, Unknown},
    unpartitioned::Unpartitioned,
};

/// Events that came one after the other, read and sorted by what has to happen to them. Their deliveries are
/// acknowledged together, up to the last that has come to its end, unless others that came before them still wait.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// To be stored, each with the message at the same place of `originals`.
    pub(crate) rows: Vec<Row>,
    pub(crate) originals: Vec<Original>,
    /// Never to be stored.
    pub(crate) malformed: Vec<(Original, Malformed)>,
    /// Only told of reading: to be acknowledged.
    pub(crate) reads: Vec<Original>,
    pub(crate) unknown: Unknown,
    pub(crate) ahead: Ahead,
    /// Of the last delivery whose last event is here.
    pub(crate) last: Option<Acker>,
    /// When the first one was taken.
    pub(crate) first: Option<Taken>,
    /// What all of it takes beyond the size of the deliveries.
    memory: usize,
    /// Whether each delivery is acknowledged by itself.
    pub(crate) one_by_one: bool,
    /// How many of the rows were in another batch before.
    pub(crate) again: u64,
}

/// A body may become many times as large when it is read: a list of small numbers. Rows of so many bytes are enough for
/// one transaction, however few they are.
const MAX_MEMORY: usize = 4 * 1024 * 1024;

impl Batch {
    pub(crate) fn is_full(&self, settings: &Settings) -> bool {
        self.rows.len() + self.malformed.len() >= settings.max_batch || self.memory >= MAX_MEMORY
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events it has.
    pub(crate) fn len(&self) -> u64 {
        (self.rows.len() + self.malformed.len() + self.reads.len()) as u64
    }

    pub(crate) fn add(
        &mut self,
        mut original: Original,
        log: &DomainLog,
        keys: &RoutingKeys,
        settings: &Settings,
        publishers: &Publishers,
    ) {
        match read(&original, log, keys, settings) {
            Ok(row) if settings.read_actions.contains(row.action_type.as_str()) => {
                self.begin(&original);
                original.body = Vec::new();
                self.reads.push(original);
            }
            Ok(row) => {
                self.begin(&original);
                if !log.knows(row.action_type.as_str()) {
                    self.unknown.actions += 1;
                }
                if row.unknown_fields > 0 {
                    self.unknown.add_fields(publishers.name(original.properties()), row.unknown_fields);
                }
                let now = Utc::now();
                if is_ahead(row.occurred_at, now) {
                    self.ahead.add(publishers.name(original.properties()), &row, now);
                }
                self.memory += row.extra_size.memory + original.unpacked_bytes();
                self.rows.push(row);
                self.originals.push(original);
            }
            Err(malformed) => self.refuse(original, malformed),
        }
    }

    /// Takes a message that can't be stored.
    pub(crate) fn refuse(&mut self, original: Original, malformed: Malformed) {
        self.begin(&original);
        self.memory += original.unpacked_bytes();
        self.malformed.push((original, malformed));
    }

    fn begin(&mut self, original: &Original) {
        self.first.get_or_insert_with(|| original.taken());
        if original.is_last {
            self.last = Some(original.acker().clone());
        }
    }

    /// Takes the events back that have waited for a partition, if it is there by now.
    pub(crate) fn take_back(&mut self, unpartitioned: &mut Unpartitioned, settings: &Settings) {
        let mut ready = unpartitioned.ready();
        while !self.is_full(settings)
            && let Some((row, original)) = ready.next()
        {
            self.memory += row.extra_size.memory + original.unpacked_bytes();
            self.again += 1;
            self.rows.push(row);
            self.originals.push(original);
        }
        drop(ready);
        self.one_by_one |= self.again > 0 || !unpartitioned.is_empty();
    }
}

/// The routing keys that messages of a domain come with: its own, and its queue's name.
pub(crate) struct RoutingKeys([String; 2]);

impl RoutingKeys {
    pub(crate) fn of(domain: Domain, topology: &Topology) -> Self {
        Self([domain.routing_key(), topology.queue(domain)])
    }

    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|of_domain| of_domain == key)
    }
}

/// Reads an event, if it is one of this domain.
fn read(
    original: &Original,
    log: &DomainLog,
    keys: &RoutingKeys,
    settings: &Settings,
) -> Result<Row, Malformed> {
    // Whoever puts a dead letter back into the queue by other means than ours publishes it with another key.
    let first =
        original.properties().headers().as_ref().and_then(|headers| text(headers, ORIGINAL_ROUTING_KEY));
    for key in [Some(original.routing_key()), first].into_iter().flatten() {
        if !keys.has(key) {
            return Err(Malformed::WrongDomain(key.to_owned()));
        }
    }
    decode(&original.body, original.properties(), log, settings)
}
