//! Events that are stored and acknowledged together.

mod awaiting_partition;

use audit_core::store::{Malformed, Row};
use chrono::Utc;
use lapin::Acker;

pub(crate) use awaiting_partition::{AwaitingPartition, WantedMonths};

use crate::{
    message::{MessageReader, ReceivedAt, SourceMessage},
    publishers::{FutureEvents, PublisherNames, UnknownContent, is_in_future},
};

/// Decoded events in the order of arrival, sorted by what to do with them. Their deliveries are acknowledged together, up
/// to the last complete one, unless earlier ones are still waiting.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// To be stored, each with the message at the same index of `messages`.
    pub(crate) rows: Vec<Row>,
    pub(crate) messages: Vec<SourceMessage>,
    /// Can never be stored.
    pub(crate) malformed: Vec<(SourceMessage, Malformed)>,
    /// Only report a read, and are acknowledged.
    pub(crate) dropped_reads: Vec<SourceMessage>,
    pub(crate) unknown: UnknownContent,
    pub(crate) future: FutureEvents,
    /// The last delivery whose events are all in the batch.
    pub(crate) last: Option<Acker>,
    /// When the first event was received.
    pub(crate) oldest: Option<ReceivedAt>,
    /// How much memory it takes beyond the size of the deliveries.
    memory: usize,
    /// Whether each delivery is acknowledged separately.
    pub(crate) separate_acks: bool,
    /// How many of the rows were in an earlier batch.
    pub(crate) retried: u64,
}

/// A decoded body may take many times its size, as a list of small numbers does. So many bytes of rows are enough for one
/// transaction, however few rows they are.
const MAX_MEMORY: usize = 4 * 1024 * 1024;

impl Batch {
    pub(crate) fn is_full(&self, max_events: usize) -> bool {
        self.rows.len() + self.malformed.len() >= max_events || self.memory >= MAX_MEMORY
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events it has.
    pub(crate) fn len(&self) -> u64 {
        (self.rows.len() + self.malformed.len() + self.dropped_reads.len()) as u64
    }

    /// Decodes a message and adds it.
    pub(crate) fn add(
        &mut self,
        mut message: SourceMessage,
        reader: &MessageReader<'_>,
        publishers: &PublisherNames,
    ) {
        match reader.read(&message) {
            Ok(row) if reader.is_read_action(&row) => {
                self.note(&message);
                message.body = Vec::new();
                self.dropped_reads.push(message);
            }
            Ok(row) => {
                self.note(&message);
                if !reader.knows_action(&row) {
                    self.unknown.actions += 1;
                }
                if row.unknown_fields > 0 {
                    self.unknown.add_fields(publishers.name(message.properties()), row.unknown_fields);
                }
                let now = Utc::now();
                if is_in_future(row.occurred_at, now) {
                    self.future.add(publishers.name(message.properties()), &row, now);
                }
                self.push(row, message);
            }
            Err(malformed) => self.reject(message, malformed),
        }
    }

    /// Adds a message that can't be stored.
    pub(crate) fn reject(&mut self, message: SourceMessage, malformed: Malformed) {
        self.note(&message);
        self.memory += message.unpacked_bytes();
        self.malformed.push((message, malformed));
    }

    /// Adds events whose partition exists by now.
    pub(crate) fn take_back(&mut self, awaiting: &mut AwaitingPartition, max_events: usize) {
        let mut ready = awaiting.take_ready();
        while !self.is_full(max_events)
            && let Some((row, message)) = ready.next()
        {
            self.retried += 1;
            self.push(row, message);
        }
        drop(ready);
        self.separate_acks |= self.retried > 0 || !awaiting.is_empty();
    }

    fn push(&mut self, row: Row, message: SourceMessage) {
        self.memory += row.extra_size.memory + message.unpacked_bytes();
        self.rows.push(row);
        self.messages.push(message);
    }

    fn note(&mut self, message: &SourceMessage) {
        self.oldest.get_or_insert_with(|| message.received_at());
        if message.is_last {
            self.last = Some(message.acker().clone());
        }
    }
}
