use audit_core::{
    publish::Message,
    store::{CloudEvent, DomainLog, Malformed, Row},
};
use audit_ingest::{Settings, SpringBatch, decode, is_in_future};
use chrono::{SecondsFormat, Utc};
use chrono_tz::Tz;
use lapin::BasicProperties;
use sea_orm::Value;

use crate::{config::Config, domains::all};

/// Says what becomes of messages, by the same code that stores them.
pub(super) struct Judge {
    logs: Vec<DomainLog>,
    settings: Settings,
}

/// What becomes of a message.
pub(super) enum Verdict {
    /// It is stored.
    Stored(Stored),
    /// Its action only reads: it is acknowledged, and not stored.
    Read,
    /// No queue is bound by its key.
    Unroutable,
    /// It becomes a dead letter.
    Refused(Malformed),
    /// It has several events, each of which goes its own way.
    Several(Vec<Verdict>),
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
    /// The zone that was assumed, if the time names none.
    pub(super) assumed_zone: Option<Tz>,
    /// Whether the time is later than now.
    pub(super) is_ahead: bool,
    /// The fields that no column holds.
    pub(super) unknown_fields: Vec<String>,
    /// Those that are known, but spelt in another way, as they stand in the body.
    pub(super) respelled_fields: Vec<String>,
    /// The action, if it is none of those that are known.
    pub(super) unknown_action: Option<String>,
}

impl Judge {
    pub(super) fn new(config: &Config) -> Self {
        Self { logs: all(), settings: config.ingest_settings() }
    }

    pub(super) fn judge(&self, message: &Message) -> Verdict {
        let Some(log) = self.logs.iter().find(|log| log.domain().routing_key() == message.routing_key) else {
            return Verdict::Unroutable;
        };
        match SpringBatch::of(&message.body, &message.properties, &self.settings) {
            Ok(None) => self.judge_event(&message.body, &message.properties, log),
            Ok(Some(batch)) => {
                let properties = batch.properties().clone();
                Verdict::Several(batch.map(|body| self.judge_event(&body, &properties, log)).collect())
            }
            Err(malformed) => Verdict::Refused(malformed),
        }
    }

    fn judge_event(&self, body: &[u8], properties: &BasicProperties, log: &DomainLog) -> Verdict {
        match decode(body, properties, log, &self.settings) {
            Ok(row) if self.settings.read_actions.contains(row.action_type.as_str()) => Verdict::Read,
            Ok(row) => {
                let zone = self.settings.zones.of(log.domain());
                Verdict::Stored(Stored::of(row, log, zone))
            }
            Err(malformed) => Verdict::Refused(malformed),
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

    /// Whether all of it is what the contract says.
    pub(super) fn is_known(&self) -> bool {
        self.unknown_fields.is_empty() && self.respelled_fields.is_empty() && self.unknown_action.is_none()
    }
}

/// The names in the column `extra` that stood in the body.
fn unknown_fields(columns: &[(&str, Value)], count: usize) -> Vec<String> {
    let extra = columns.iter().find(|(name, _)| *name == "extra");
    let Some((_, Value::Json(Some(json)))) = extra else { return Vec::new() };
    let Some(fields) = json.as_object() else { return Vec::new() };
    // One more than the body has: what a CloudEvent says beside it.
    let is_of_body = |name: &&String| fields.len() == count || *name != CloudEvent::FIELD;
    fields.keys().filter(is_of_body).cloned().collect()
}
