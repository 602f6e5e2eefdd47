//! Large events, and a reader who takes them slowly.

use std::{collections::BTreeSet, time::Duration};

use audit_core::store::DomainLog;
use audit_store::Store;
use chrono::{TimeDelta, Utc};
use chrono_tz::UTC;
use payment_log::PaymentLog;
use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};
use uuid::Uuid;

use crate::{fixture::Fixture, web::Site};

/// The bytes of one.
pub const LARGE: usize = 255_000;

/// Stores so many large payments with one resource, a second after each other.
pub async fn store_large(place: &Fixture, count: usize) -> BTreeSet<String> {
    place.prepare();
    let log = DomainLog::of::<PaymentLog>();
    let now = Utc::now() - TimeDelta::minutes(10);
    let row = |at: usize| {
        let body = json!({
            "eventId": Uuid::from_u128(at as u128 + 1), "actionType": "CONFIRM", "actorType": "SYSTEM",
            "occurredAt": now + TimeDelta::seconds(i64::try_from(at).unwrap()),
            "paymentId": Uuid::from_u128(7), "note": "x".repeat(LARGE),
        });
        log.decode(body.to_string().as_bytes(), UTC, None).unwrap()
    };
    let rows: Vec<_> = (0..count).map(row).collect();
    let store = Store::new(place.db().await, Duration::from_secs(30));
    assert_eq!(store.insert(log.table(), &rows).await.unwrap().stored, count as u64);
    rows.iter().map(|row| row.id.to_string()).collect()
}

/// The same with more headers, each with its line's end.
pub async fn ask_slowly_with(site: &Site, path: &str, headers: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // Else the system would take a whole page before it is read.
    socket.set_recv_buffer_size(4096).unwrap();
    let address = site.url("").trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}
