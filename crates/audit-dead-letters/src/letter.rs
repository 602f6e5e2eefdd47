use audit_core::{
    Domain,
    dead_letter::headers::{
        EXCEPTION_MESSAGE, FIELD, ORIGINAL_EXCHANGE, ORIGINAL_ROUTING_KEY, REASON, REPLAYS, TIME,
    },
};
use chrono::{DateTime, Utc};
use lapin::{BasicProperties, message::Delivery};
use serde_json::{Map, Value as Json};

use crate::{LetterId, Reason, headers::Headers, json};

/// A message that could not be stored.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The domain whose queue it was in.
    pub domain: Domain,
    /// Its id.
    pub id: LetterId,
    /// Why it is a dead letter.
    pub reason: Reason,
    /// The field to blame, if there is one.
    pub field: Option<String>,
    /// The reason in prose, if there is one.
    pub error: Option<String>,
    /// When it was dead-lettered, if that is known.
    pub time: Option<DateTime<Utc>>,
    /// The exchange that it was published to.
    pub exchange: String,
    /// The key that it was published with.
    pub routing_key: String,
    /// How often it was replayed.
    pub replays: u32,
    /// Properties and headers, as they are in the queue.
    pub properties: BasicProperties,
    /// The content.
    pub body: Vec<u8>,
}

impl DeadLetter {
    pub(crate) fn of(domain: Domain, delivery: Delivery) -> Self {
        let Delivery { exchange, routing_key, properties, data, .. } = delivery;
        let headers = Headers::of(&properties);
        let death = headers.death().unwrap_or_default();
        let text = |name| headers.text(name);
        Self {
            domain,
            id: LetterId::of(domain, &data),
            // Our own reason takes precedence over the broker's.
            reason: text(REASON).or(death.reason).unwrap_or_else(|| "unknown".to_owned()).into(),
            field: text(FIELD),
            error: text(EXCEPTION_MESSAGE),
            time: headers.time(TIME).or(death.time),
            exchange: text(ORIGINAL_EXCHANGE).or(death.exchange).unwrap_or_else(|| exchange.to_string()),
            routing_key: text(ORIGINAL_ROUTING_KEY)
                .or(death.routing_key)
                .unwrap_or_else(|| routing_key.to_string()),
            replays: headers.count(REPLAYS),
            properties,
            body: data,
        }
    }

    /// Its headers as JSON, as they are in the queue.
    #[must_use]
    pub fn headers(&self) -> Map<String, Json> {
        self.properties.headers().as_ref().map(json::table).unwrap_or_default()
    }
}
