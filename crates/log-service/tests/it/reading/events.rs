//! Events for reading: of all domains, many of them at the same time, given to the store itself.

use std::time::Duration;

use audit_core::store::{DomainLog, Row};
use audit_store::Store;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::UTC;
use sea_orm::Value as Sql;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::fixture::Fixture;

pub const NUMBER: &str = "R20251206-000017";

/// An event that was stored, told by the names that the answers have.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The domain's place in the order of all.
    number: usize,
    pub domain: String,
    pub id: Uuid,
    pub occurred_at: DateTime<Utc>,
    columns: Map<String, Value>,
}

impl Event {
    /// The value of a column; of an own one that the domain lacks, null.
    pub fn get(&self, column: &str) -> Value {
        match column {
            "domain" => json!(self.domain),
            _ => self.columns.get(column).cloned().unwrap_or_default(),
        }
    }

    pub fn key(&self) -> (String, String) {
        (self.domain.clone(), self.id.to_string())
    }

    fn new(number: usize, log: &DomainLog, row: &Row) -> Self {
        let values = log.table().columns.iter().zip(&row.values);
        let columns: Map<_, _> = values.map(|(name, value)| ((*name).to_owned(), told(value))).collect();
        let id = columns["id"].as_str().unwrap().parse().unwrap();
        Self { number, domain: log.domain().to_string(), id, occurred_at: row.occurred_at, columns }
    }
}

fn told(value: &Sql) -> Value {
    match value {
        Sql::Uuid(id) => json!(id),
        Sql::String(text) => json!(text),
        Sql::Int(number) => json!(number),
        Sql::BigInt(number) => json!(number),
        Sql::ChronoDateTimeUtc(time) => json!(time.map(|t| t.to_rfc3339_opts(SecondsFormat::AutoSi, true))),
        Sql::Json(json) => json.as_deref().cloned().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

pub fn domains() -> Vec<DomainLog> {
    vec![
        DomainLog::of::<arthall_log::ArtHallLog>(),
        DomainLog::of::<auth_log::AuthLog>(),
        DomainLog::of::<payment_log::PaymentLog>(),
        DomainLog::of::<product_log::ProductLog>(),
        DomainLog::of::<reservation_log::ReservationLog>(),
        DomainLog::of::<reservation_seat_log::ReservationSeatLog>(),
        DomainLog::of::<ticket_log::TicketLog>(),
        DomainLog::of::<user_log::UserLog>(),
    ]
}

/// Stores so many events of each domain; returns them in the order of time, id and domain.
pub async fn store(place: &Fixture, each: usize) -> Vec<Event> {
    let up = place.command(&["migrate", "up"]).output().unwrap();
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    let store = Store::new(place.db().await, Duration::from_secs(30));
    let mut events = Vec::new();
    for (number, log) in domains().iter().enumerate() {
        let decode = |at| {
            let trace = (at % 4 == 0).then(|| format!("4bf92f3577b34da6a3ce929d0e0e{:04}", at % 16));
            log.decode(body(number, at).to_string().as_bytes(), UTC, trace).unwrap()
        };
        let rows: Vec<_> = (0..each).map(decode).collect();
        let inserted = store.insert(log.table(), &rows).await.unwrap();
        assert_eq!(inserted.stored, u64::try_from(each).unwrap());
        events.extend(rows.iter().map(|row| Event::new(number, log, row)));
    }
    events.sort_by_key(|event| (event.occurred_at, event.id, event.number));
    events
}

pub fn actor(at: usize) -> Uuid {
    Uuid::from_u128(0x7000 + u128::try_from(at % 5).unwrap())
}

/// Some events of all domains have the same time, and some of them the same id as well. They span the night
/// that ends a month in Seoul.
fn body(domain: usize, at: usize) -> Value {
    let shared = at.is_multiple_of(3);
    // From a thousand on, those that are shared lie beyond all others.
    let id = if shared { at + at / 1_000 * 100_000 } else { 1_000 * (domain + 1) + at };
    let minutes = i64::try_from(if shared || at % 3 == 1 { at * 7 } else { at * 7 + domain }).unwrap();
    let time = "2025-12-31T13:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes);
    let kind = at % 2;
    let pick = |of: &[&'static str]| of[at % of.len()];
    let mut body = json!({
        "eventId": Uuid::from_u128(0x1900_0000 + u128::try_from(id).unwrap()),
        "actionType": pick(&["CREATED", "CONFIRM", "CONFIRM_FAIL", "좌석선점"]),
        "actorType": pick(&["CUSTOMER", "SYSTEM"]),
        "occurredAt": time,
        "domainId": at % 7, "domainType": pick(&["ARTHALL", "STAGE"]),
        "authId": actor(at), "userId": actor(at), "userType": pick(&["CUSTOMER", "SELLER"]),
        "paymentId": Uuid::from_u128(0x3000 + u128::try_from(at % 7).unwrap()),
        "method": pick(&["TOSS_CARD", "=카드,\"가\""]), "retryCount": at % 3,
        "productId": at % 7, "reservationId": Uuid::from_u128(0x5000),
        "reservationSeatId": at % 7, "seatNumber": format!("1층 A구역 3열 {}번", at % 5),
        "ticketId": Uuid::from_u128(0x6000), "receiveMethod": pick(&["ON_SITE", "MOBILE"]),
    });
    if kind == 0 {
        body["actorUserId"] = json!(actor(at));
    }
    if at.is_multiple_of(5) {
        body["reservationNumber"] = json!(NUMBER);
    }
    keep_known(domain, &mut body, at)
}

/// The fields that a domain has, and now and then one that none has.
fn keep_known(domain: usize, body: &mut Value, at: usize) -> Value {
    let own: &[&str] = match domain {
        0 => &["domainId", "domainType"],
        1 => &["authId", "userType"],
        2 => &["paymentId", "method", "retryCount"],
        3 => &["productId"],
        4 => &["reservationId", "reservationNumber"],
        5 => &["reservationSeatId", "seatNumber"],
        6 => &["ticketId", "receiveMethod"],
        _ => &["userId", "userType"],
    };
    let common = ["eventId", "actionType", "actorType", "actorUserId", "occurredAt"];
    let fields = body.as_object_mut().unwrap();
    fields.retain(|name, _| own.contains(&name.as_str()) || common.contains(&name.as_str()));
    if at.is_multiple_of(11) {
        fields.insert("지점".to_owned(), json!({"이름": "서울"}));
    }
    body.take()
}
