use audit_core::store::{DomainLog, Malformed, Row};
use lapin::{Acker, message::Delivery};

use crate::{
    Settings, decode,
    held::Taken,
    unknown::{Publishers, Unknown},
};

/// Deliveries that came one after the other, read and sorted by what has to happen to them. They are
/// acknowledged together, up to the last.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// To be stored, each with the delivery at the same place of `originals`.
    pub(crate) rows: Vec<Row>,
    pub(crate) originals: Vec<Delivery>,
    /// Never to be stored.
    pub(crate) malformed: Vec<(Delivery, Malformed)>,
    /// Only told of reading: to be acknowledged.
    pub(crate) reads: u64,
    pub(crate) unknown: Unknown,
    pub(crate) last: Option<Acker>,
    /// When the first one was taken.
    pub(crate) first: Option<Taken>,
    bytes: usize,
}

/// Bodies of so many bytes are enough for one transaction, however few they are.
const MOST_BYTES: usize = 8 * 1024 * 1024;

impl Batch {
    pub(crate) fn is_full(&self, settings: &Settings) -> bool {
        self.rows.len() + self.malformed.len() >= settings.max_batch || self.bytes >= MOST_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// How many deliveries it has.
    pub(crate) fn len(&self) -> u64 {
        (self.rows.len() + self.malformed.len()) as u64 + self.reads
    }

    pub(crate) fn add(
        &mut self,
        delivery: Delivery,
        log: &DomainLog,
        settings: &Settings,
        publishers: &Publishers,
    ) {
        self.first.get_or_insert_with(|| Taken::now(&delivery));
        self.last = Some(delivery.acker.clone());
        self.bytes += delivery.data.len();
        match decode(&delivery.data, &delivery.properties, log, settings) {
            Ok(row) if settings.read_actions.contains(row.action_type.as_str()) => self.reads += 1,
            Ok(row) => {
                if !log.knows(row.action_type.as_str()) {
                    self.unknown.actions += 1;
                }
                if row.unknown_fields > 0 {
                    self.unknown.add_fields(publishers.name(&delivery.properties), row.unknown_fields);
                }
                self.rows.push(row);
                self.originals.push(delivery);
            }
            Err(malformed) => self.malformed.push((delivery, malformed)),
        }
    }
}
