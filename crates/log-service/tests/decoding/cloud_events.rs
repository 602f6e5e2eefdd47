//! The same event as a plain message and as a CloudEvent; and CloudEvents that nobody meant.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

use audit_core::{
    Topology,
    publish::Broker,
    store::{CloudEvent, DomainLog, Row},
};
use audit_ingest::{QueueType, Settings, Zones, decode};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono_tz::Tz;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    sample::{Index, select},
};
use sea_orm::Value as Sql;
use serde_json::{Map, Value, json};

use crate::{bounds, broken, domains::domains, weird};

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings {
    broker: Broker::local(),
    topology: Topology::default(),
    queue_type: QueueType::Classic,
    prefetch: 2,
    max_unacknowledged_bytes: 8 * 1024 * 1024,
    max_batch: 1,
    max_body_bytes: 262_144,
    zones: Zones { default: Tz::Asia__Seoul, by_domain: HashMap::new() },
    read_actions: HashSet::new(),
    max_pause: Duration::from_secs(1),
});

/// Where a field is said.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    InData,
    AsAttribute,
    Twice,
}

/// A sample, and where its id, time and resource are said.
#[derive(Clone, Debug)]
pub struct Parted {
    domain: Index,
    sample: Index,
    said: [Said; 3],
}

pub fn parted() -> impl Strategy<Value = Parted> {
    let said = || select(&[Said::InData, Said::AsAttribute, Said::Twice][..]);
    (any::<(Index, Index)>(), said(), said(), said()).prop_map(|((domain, sample), id, time, subject)| {
        Parted { domain, sample, said: [id, time, subject] }
    })
}

fn json_type() -> BasicProperties {
    BasicProperties::default().with_content_type("application/cloudevents+json".into())
}

fn with_headers<'a>(attributes: impl IntoIterator<Item = (&'a String, &'a Value)>) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in attributes {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.insert(format!("ce-{name}").into(), AMQPValue::LongString(text.into()));
    }
    BasicProperties::default().with_content_type("application/json".into()).with_headers(headers)
}

fn read(log: &DomainLog, body: &[u8], properties: &BasicProperties) -> Row {
    decode(body, properties, log, &SETTINGS).unwrap()
}

/// A row's values, and apart from them what `extra` has of a CloudEvent.
fn told(log: &DomainLog, row: &Row) -> (Vec<Sql>, Option<Value>) {
    let mut values = row.values.clone();
    let at = log.table().columns.iter().position(|column| *column == "extra").unwrap();
    let Sql::Json(Some(extra)) = &mut values[at] else { return (values, None) };
    let kept = extra.as_object_mut().unwrap().remove(CloudEvent::FIELD);
    if extra.as_object().unwrap().is_empty() {
        values[at] = Sql::Json(None);
    }
    (values, kept)
}

/// Reads the event in every form, and checks that it is the same event.
pub fn is_the_same_in_every_form(parted: &Parted) {
    let sampled = parted.domain.get(domains());
    let fields = parted.sample.get(&sampled.bodies);
    let text = |json: &[u8]| serde_json::from_slice::<Value>(json).unwrap();
    let whole: Map<_, _> =
        fields.iter().map(|(name, value)| (text(name).as_str().unwrap().to_owned(), text(value))).collect();
    let log = &sampled.log;
    let plain = read(log, Value::from(whole.clone()).to_string().as_bytes(), &BasicProperties::default());

    let mut attributes = Map::new();
    for (name, value) in [("specversion", "1.0"), ("source", "/x"), ("type", "y")] {
        attributes.insert(name.to_owned(), value.into());
    }
    let kept = json!({"source": "/x", "type": "y"});
    let mut data = whole.clone();
    let resource = resource_field(log, &plain, &whole);
    let names = [("id", Some("eventId")), ("time", Some("occurredAt")), ("subject", resource.as_deref())];
    for ((attribute, field), said) in names.into_iter().zip(parted.said) {
        let Some((field, value)) = field.and_then(|field| Some((field, as_text(whole.get(field)?)?))) else {
            continue;
        };
        if said != Said::InData {
            attributes.insert(attribute.to_owned(), value.into());
        }
        if said == Said::AsAttribute {
            data.remove(field);
        }
    }

    let body = Value::from(data.clone()).to_string();
    let binary = read(log, body.as_bytes(), &with_headers(&attributes));
    let envelope = |name: &str, data: Value| {
        let mut envelope = attributes.clone();
        envelope.insert(name.to_owned(), data);
        read(log, Value::from(envelope).to_string().as_bytes(), &json_type())
    };
    assert_eq!(binary, envelope("data", data.into()));
    assert_eq!(binary, envelope("data_base64", STANDARD.encode(&body).into()));
    assert_eq!(told(log, &binary), (told(log, &plain).0, Some(kept)));
    assert_eq!((binary.id, binary.occurred_at), (plain.id, plain.occurred_at));
}

/// The field that became the column `resource_id`.
fn resource_field(log: &DomainLog, row: &Row, body: &Map<String, Value>) -> Option<String> {
    let at = log.table().columns.iter().position(|column| *column == "resource_id").unwrap();
    let Sql::String(Some(resource)) = &row.values[at] else { return None };
    let is_resource = |(name, value): &(&String, &Value)| {
        !["eventId", "actorUserId"].contains(&name.as_str())
            && as_text(value).is_some_and(|text| text == resource.as_str())
    };
    body.iter().find(is_resource).map(|(name, _)| name.clone())
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A CloudEvent of pieces, and in which mode it is sent.
pub fn broken() -> impl Strategy<Value = (Vec<u8>, BasicProperties)> {
    let name =
        select(&["id", "time", "subject", "specversion", "traceparent", "data", "data_base64", "x"][..]);
    let members = vec((name, weird::value()), 0..4);
    (members, broken::sample(), any::<bool>()).prop_map(|(members, data, is_structured)| {
        if is_structured {
            let mut body = br#"{"specversion":"1.0""#.to_vec();
            for (name, value) in members {
                body.extend([format!(",\"{name}\":").as_bytes(), &value].concat());
            }
            body.extend([b",\"data\":", &data[..], b"}"].concat());
            return (body, json_type());
        }
        let mut headers = FieldTable::default();
        headers.insert("cloudEvents:specversion".into(), AMQPValue::LongString("1.0".into()));
        for (name, value) in members {
            headers.insert(format!("ce-{name}").into(), AMQPValue::LongString(value.into()));
        }
        (data, BasicProperties::default().with_headers(headers))
    })
}

pub fn check(body: &[u8], properties: &BasicProperties) {
    bounds::held(body.len(), |log| decode(body, properties, log, &SETTINGS));
}
