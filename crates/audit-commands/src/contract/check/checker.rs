use audit_core::{
    publish::Message,
    store::{CloudEvent, DomainLog, Malformed, Row},
};
use audit_ingest::{Settings, SpringBatch, decode, is_in_future};
use chrono::{SecondsFormat, Utc};
use chrono_tz::Tz;
use lapin::BasicProperties;
use sea_orm::Value;

/// Finds out what would become of messages, with the same code that stores them.
pub(super) struct Checker {
    logs: Vec<DomainLog>,
    settings: Settings,
}

/// What would become of a message.
pub(super) enum Outcome {
    /// It is stored.
    Stored(Stored),
    /// Its action only reads: it is acknowledged, and not stored.
    ReadAction,
    /// No queue is bound by its key.
    Unroutable,
    /// It becomes a dead letter.
    Refused(Malformed),
    /// It has several events, each with an outcome of its own.
    Several(Vec<Outcome>),
}

/// A message that is stored.
pub(super) struct Stored {
    /// The table that its row goes to.
    pub(super) table: &'static str,
    /// Its row: columns with their values.
    pub(super) columns: Vec<(&'static str, Value)>,
    /// The event's id.
    pub(super) id: String,
    /// The event's time, as it was read.
    pub(super) time: String,
    /// The zone that was assumed, if the time has none.
    pub(super) assumed_zone: Option<Tz>,
    /// Whether the time is later than now.
    pub(super) is_ahead: bool,
    /// The fields that no column holds.
    pub(super) unknown_fields: Vec<String>,
    /// The fields that are known, but spelt in another way, as the body spells them.
    pub(super) respelled_fields: Vec<String>,
    /// The action, if it is unknown.
    pub(super) unknown_action: Option<String>,
}

impl Checker {
    pub(super) fn new(logs: Vec<DomainLog>, settings: Settings) -> Self {
        Self { logs, settings }
    }

    pub(super) fn check(&self, message: &Message) -> Outcome {
        let Some(log) = self.logs.iter().find(|log| log.domain().routing_key() == message.routing_key) else {
            return Outcome::Unroutable;
        };
        match SpringBatch::of(&message.body, &message.properties, &self.settings) {
            Ok(None) => self.check_event(&message.body, &message.properties, log),
            Ok(Some(batch)) => {
                let properties = batch.properties().clone();
                Outcome::Several(batch.map(|body| self.check_event(&body, &properties, log)).collect())
            }
            Err(malformed) => Outcome::Refused(malformed),
        }
    }

    fn check_event(&self, body: &[u8], properties: &BasicProperties, log: &DomainLog) -> Outcome {
        match decode(body, properties, log, &self.settings) {
            Ok(row) if self.settings.read_actions.contains(row.action_type.as_str()) => Outcome::ReadAction,
            Ok(row) => {
                let zone = self.settings.zones.of(log.domain());
                Outcome::Stored(Stored::of(row, log, zone))
            }
            Err(malformed) => Outcome::Refused(malformed),
        }
    }
}

impl Stored {
    fn of(row: Row, log: &DomainLog, zone: Tz) -> Self {
        let action = row.action_type.as_str();
        let unknown_action = (!log.knows(action)).then(|| action.to_owned());
        let unknown = row.unknown_fields;
        let columns: Vec<_> = log.table().columns.iter().copied().zip(row.values).collect();
        Self {
            table: log.table().name,
            id: row.id.to_string(),
            time: row.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            assumed_zone: (!row.names_zone).then_some(zone),
            is_ahead: is_in_future(row.occurred_at, Utc::now()),
            unknown_fields: unknown_fields(&columns, unknown),
            respelled_fields: row.respelled_fields,
            unknown_action,
            columns,
        }
    }

    /// Whether the contract has all of it.
    pub(super) fn is_known(&self) -> bool {
        self.unknown_fields.is_empty() && self.respelled_fields.is_empty() && self.unknown_action.is_none()
    }
}

/// The names in the column `extra` that come from the body.
fn unknown_fields(columns: &[(&str, Value)], count: usize) -> Vec<String> {
    let extra = columns.iter().find(|(name, _)| *name == "extra");
    let Some((_, Value::Json(Some(json)))) = extra else { return Vec::new() };
    let Some(fields) = json.as_object() else { return Vec::new() };
    // If there is one more than in the body, it is what a CloudEvent adds.
    let is_of_body = |name: &&String| fields.len() == count || *name != CloudEvent::FIELD;
    fields.keys().filter(is_of_body).cloned().collect()
}
