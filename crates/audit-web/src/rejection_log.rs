//! Which rejected requests the access log records: in each minute the first ones of an address with what was asked, the
//! others as a count. So rejected requests can't fill the table.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use audit_auth::{ClientAddress, Reader, TOKEN_PREFIX};
use audit_query::{AccessAction, AccessRecord, Accessor, FilterParam, MAX_TEXT_CHARS};
use axum::http::{Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};

use crate::{accessor::accessor, params::Params};

/// How many rejections are recorded individually in a minute: of one address, and in total.
const MAX_RECORDED_OF_ADDRESS: usize = 5;
const MAX_RECORDED: usize = 60;
/// How many addresses have a count of their own in a minute.
const MAX_ADDRESSES: usize = 100;

/// How many values of a rejected request are recorded.
const MAX_RECORDED_VALUES: usize = 20;

/// The rejections of the current minute.
#[derive(Debug, Default)]
pub(crate) struct RejectionLog(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    recorded: usize,
    addresses: HashMap<IpAddr, OfAddress>,
    /// Those from further addresses.
    others: Counts,
}

#[derive(Debug, Default)]
struct OfAddress {
    recorded: usize,
    counted: Counts,
}

/// The number of rejections of each status.
type Counts = BTreeMap<u16, u64>;

/// A request that was rejected.
#[derive(Debug)]
pub(crate) struct RejectedRequest {
    pub(crate) status: StatusCode,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) address: ClientAddress,
    /// Who made it, if that is known.
    pub(crate) reader: Option<Reader>,
}

impl RejectionLog {
    /// Whether this rejection is to be recorded individually. If not, it is counted.
    pub(crate) fn admits(&self, address: ClientAddress, status: StatusCode) -> bool {
        let mut minute = self.minute();
        let Minute { recorded, addresses, others } = &mut *minute;
        let address = address.network();
        if addresses.len() >= MAX_ADDRESSES && !addresses.contains_key(&address) {
            *others.entry(status.as_u16()).or_default() += 1;
            return false;
        }
        let of_address = addresses.entry(address).or_default();
        if of_address.recorded < MAX_RECORDED_OF_ADDRESS && *recorded < MAX_RECORDED {
            of_address.recorded += 1;
            *recorded += 1;
            return true;
        }
        *of_address.counted.entry(status.as_u16()).or_default() += 1;
        false
    }

    /// Ends the minute, and returns an entry of the access log for each count.
    pub(crate) fn end_minute(&self) -> Vec<AccessRecord> {
        let entry = |(address, counts): (Option<IpAddr>, Counts)| {
            let count: u64 = counts.values().sum();
            let query = json!({ "count": count, "statuses": counts });
            let accessor = unknown_accessor(address.map(|address| address.to_string()));
            AccessRecord { query: Some(query), ..AccessRecord::new(AccessAction::Refused, accessor) }
        };
        self.take_counts().into_iter().map(entry).collect()
    }

    fn take_counts(&self) -> Vec<(Option<IpAddr>, Counts)> {
        let Minute { addresses, others, .. } = std::mem::take(&mut *self.minute());
        let of_addresses =
            addresses.into_iter().map(|(address, of_address)| (Some(address), of_address.counted));
        of_addresses.chain([(None, others)]).filter(|(_, counts)| !counts.is_empty()).collect()
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        // Each update is complete on its own, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown_accessor(address: Option<String>) -> Accessor {
    Accessor { id: None, name: String::new(), kind: "UNKNOWN", address }
}

impl RejectedRequest {
    /// The entry of the access log. `own_columns` are the parameters that only some domains have.
    pub(crate) fn access(&self, own_columns: &[&str]) -> AccessRecord {
        let accessor = match &self.reader {
            None => unknown_accessor(Some(self.address.ip().to_string())),
            Some(reader) => accessor(reader, self.address),
        };
        let is_known = |name: &str| is_parameter(name) || own_columns.contains(&name);
        let query = json!({
            "status": self.status.as_u16(),
            "request": format!("{} {}", self.method, redacted(self.uri.path())),
            "question": known_values(self.uri.query().unwrap_or_default(), is_known),
        });
        AccessRecord { query: Some(query), ..AccessRecord::new(AccessAction::Refused, accessor) }
    }
}

/// The values of known parameters. Anything else may be a password.
fn known_values(query: &str, is_known: impl Fn(&str) -> bool) -> Json {
    let params = Params::parse(query);
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in params.pairs().take(MAX_RECORDED_VALUES) {
        let value = if is_known(name) { redacted(value) } else { HIDDEN.to_owned() };
        values.entry(redacted(name)).or_default().push(value);
    }
    json!(values)
}

const HIDDEN: &str = "***";

/// Truncates a text of a stranger, and hides it if it may be a token in the wrong place.
fn redacted(text: &str) -> String {
    // The token may be percent-encoded.
    let plain = percent_decode_str(text).decode_utf8_lossy().to_lowercase();
    let is_token = plain.contains(TOKEN_PREFIX) || plain.contains("eyj");
    if is_token { HIDDEN.to_owned() } else { text.chars().take(MAX_TEXT_CHARS).collect() }
}

/// Whether a request can have a parameter of this name.
fn is_parameter(name: &str) -> bool {
    const OTHERS: [&str; 13] = [
        "again", "bom", "bucket", "by", "cursor", "format", "limit", "order", "q", "range", "since", "tz",
        "widen",
    ];
    const OF_ACCESS_AND_LETTERS: [&str; 3] = ["address", "reader", "reason"];
    FilterParam::named(name).is_some() || OTHERS.contains(&name) || OF_ACCESS_AND_LETTERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(bits: usize) -> ClientAddress {
        ClientAddress::direct(IpAddr::from(u32::try_from(bits).unwrap().to_be_bytes()))
    }

    #[test]
    fn the_first_of_an_address_are_recorded_and_the_others_counted() {
        let log = RejectionLog::default();
        let recorded = (0..50).filter(|_| log.admits(address(1), StatusCode::FORBIDDEN)).count();
        assert_eq!(recorded, MAX_RECORDED_OF_ADDRESS);
        assert!(log.admits(address(2), StatusCode::UNAUTHORIZED));
        let counts = Counts::from([(403, 50 - MAX_RECORDED_OF_ADDRESS as u64)]);
        assert_eq!(log.take_counts(), [(Some(address(1).ip()), counts)]);
        assert!(log.end_minute().is_empty());
        assert!(log.admits(address(1), StatusCode::FORBIDDEN));
    }

    #[test]
    fn a_minute_has_so_many_rows_however_many_addresses_there_are() {
        let log = RejectionLog::default();
        let all = (0..5000).flat_map(|bits| [address(bits); 10]);
        let recorded = all.filter(|address| log.admits(*address, StatusCode::UNAUTHORIZED)).count();
        assert_eq!(recorded, MAX_RECORDED);
        let counted = log.take_counts();
        assert!(counted.len() <= MAX_ADDRESSES + 1, "{}", counted.len());
        let count: u64 = counted.iter().flat_map(|(_, counts)| counts.values()).sum();
        assert_eq!(count, 50_000 - MAX_RECORDED as u64);
    }

    #[test]
    fn no_token_and_no_password_is_recorded() {
        let known = |name: &str| name == "q";
        let query = "q=R1&q=tka_secret&q=eyJhbGciOiJIUzI1NiJ9.e30.x&password=hunter2&tka_name=1";
        let recorded = known_values(query, known);
        assert_eq!(recorded, json!({"q": ["R1", "***", "***"], "password": ["***"], "***": ["***"]}));
        for text in ["/events/payment/tka_secret", "/tka%5fsecret", "/%74KA_secret", "%65yJhbGciOi"] {
            assert_eq!(redacted(text), HIDDEN, "{text}");
        }
    }
}
