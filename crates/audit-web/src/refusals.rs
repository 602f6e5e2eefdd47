//! Requests that were refused, as the log of reading has them: in each minute the first ones of an address with what was
//! asked for, the others as a number. So whoever is refused can't fill the table.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use audit_query::{Access, PARAMS};
use axum::http::{Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::{
    app::App,
    auth::{ClientAddress, Reader},
    params::Params,
};

/// So many in a minute are recorded singly: of one address, and in all.
const OF_AN_ADDRESS: usize = 5;
const IN_ALL: usize = 60;
/// So many addresses are told apart in a minute.
const ADDRESSES: usize = 100;
const MINUTE: Duration = Duration::from_mins(1);

/// The longest text of a refused request that is recorded, and the most values.
const LONGEST: usize = 255;
const MOST_VALUES: usize = 20;

/// The refusals of a minute.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    singly: usize,
    addresses: HashMap<IpAddr, OfAddress>,
    /// Those from further addresses.
    others: Counts,
}

#[derive(Debug, Default)]
struct OfAddress {
    singly: usize,
    more: Counts,
}

/// How many there were of each status.
type Counts = BTreeMap<u16, u64>;

/// A request that was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) address: ClientAddress,
    /// Who asked, if that is known.
    pub(crate) reader: Option<Reader>,
}

impl Refusals {
    /// Whether this one is recorded by itself; else it is counted.
    fn is_told(&self, address: ClientAddress, status: StatusCode) -> bool {
        let mut minute = self.minute();
        let Minute { singly, addresses, others } = &mut *minute;
        let address = address.network();
        if addresses.len() >= ADDRESSES && !addresses.contains_key(&address) {
            *others.entry(status.as_u16()).or_default() += 1;
            return false;
        }
        let of_address = addresses.entry(address).or_default();
        if of_address.singly < OF_AN_ADDRESS && *singly < IN_ALL {
            of_address.singly += 1;
            *singly += 1;
            return true;
        }
        *of_address.more.entry(status.as_u16()).or_default() += 1;
        false
    }

    /// What was counted in the minute that has ended.
    fn end_minute(&self) -> Vec<(Option<IpAddr>, Counts)> {
        let Minute { addresses, others, .. } = std::mem::take(&mut *self.minute());
        let of_addresses =
            addresses.into_iter().map(|(address, of_address)| (Some(address), of_address.more));
        of_addresses.chain([(None, others)]).filter(|(_, counts)| !counts.is_empty()).collect()
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        // Every change is whole: a thread that panicked has left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Records a refusal, or counts it.
    pub(crate) fn refused(&self, refused: Refused) {
        if self.refusals().is_told(refused.address, refused.status) {
            let app = self.clone();
            self.tasks().spawn(async move { app.record_refusal(refused.access(&app)).await });
        }
    }

    /// Records what is counted, at the end of each minute, until the service stops.
    pub(crate) async fn record_counted_refusals(self) {
        let mut ends = interval(MINUTE);
        ends.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = false;
        while !stopping {
            stopping = self.stop().run_until_cancelled(ends.tick()).await.is_none();
            for (address, counts) in self.refusals().end_minute() {
                let count: u64 = counts.values().sum();
                let question = json!({ "count": count, "statuses": counts });
                let address = address.map(|address| address.to_string());
                self.record_refusal(Access { address, question: Some(question), ..nobodys() }).await;
            }
        }
    }

    async fn record_refusal(&self, access: Access) {
        // It was refused in any case.
        if let Err(error) = self.access_log().record(access).await {
            warn!(%error, "a refusal was not recorded");
        }
    }
}

/// A refusal of somebody who is not known.
fn nobodys() -> Access {
    Access::new("REFUSED", String::new(), "UNKNOWN")
}

impl Refused {
    fn access(&self, app: &App) -> Access {
        let by = match &self.reader {
            None => nobodys(),
            Some(reader) => Access {
                reader_id: reader.id(),
                ..Access::new("REFUSED", reader.name().to_owned(), reader.via().code())
            },
        };
        let (path, own) = (self.uri.path(), app.queries().own_columns());
        let is_known = |name: &str| is_parameter(name) || own.iter().any(|column| column.name == name);
        let question = json!({
            "status": self.status.as_u16(),
            "request": format!("{} {}", self.method, harmless(path)),
            "question": asked(self.uri.query().unwrap_or_default(), is_known),
        });
        Access { address: Some(self.address.ip().to_string()), question: Some(question), ..by }
    }
}

/// The values of the parameters that there are. What else stands in an address may be a password.
fn asked(query: &str, is_known: impl Fn(&str) -> bool) -> Json {
    let params = Params::of(query);
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in params.pairs().take(MOST_VALUES) {
        let value = if is_known(name) { harmless(value) } else { HIDDEN.to_owned() };
        values.entry(harmless(name)).or_default().push(value);
    }
    json!(values)
}

const HIDDEN: &str = "***";

/// Text of a stranger, cut, and hidden where it could be a token that came to the wrong place.
fn harmless(text: &str) -> String {
    // An address may have written it in another way.
    let plain = percent_decode_str(text).decode_utf8_lossy().to_lowercase();
    let is_token = plain.contains(crate::auth::TOKEN_PREFIX) || plain.contains("eyj");
    if is_token { HIDDEN.to_owned() } else { text.chars().take(LONGEST).collect() }
}

/// Whether one of our questions has a parameter of this name.
fn is_parameter(name: &str) -> bool {
    const OTHERS: [&str; 13] = [
        "again", "bom", "bucket", "by", "cursor", "format", "limit", "order", "q", "range", "since", "tz",
        "widen",
    ];
    const OF_ACCESS_AND_LETTERS: [&str; 3] = ["address", "reader", "reason"];
    PARAMS.contains(&name) || OTHERS.contains(&name) || OF_ACCESS_AND_LETTERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(bits: usize) -> ClientAddress {
        ClientAddress::direct(IpAddr::from(u32::try_from(bits).unwrap().to_be_bytes()))
    }

    #[test]
    fn the_first_of_an_address_are_told_and_the_others_counted() {
        let refusals = Refusals::default();
        let told = (0..50).filter(|_| refusals.is_told(address(1), StatusCode::FORBIDDEN)).count();
        assert_eq!(told, OF_AN_ADDRESS);
        assert!(refusals.is_told(address(2), StatusCode::UNAUTHORIZED));
        let counts = Counts::from([(403, 50 - OF_AN_ADDRESS as u64)]);
        assert_eq!(refusals.end_minute(), [(Some(address(1).ip()), counts)]);
        assert!(refusals.end_minute().is_empty());
        assert!(refusals.is_told(address(1), StatusCode::FORBIDDEN));
    }

    #[test]
    fn a_minute_has_so_many_rows_however_many_addresses_there_are() {
        let refusals = Refusals::default();
        let all = (0..5000).flat_map(|bits| [address(bits); 10]);
        let told = all.filter(|address| refusals.is_told(*address, StatusCode::UNAUTHORIZED)).count();
        assert_eq!(told, IN_ALL);
        let counted = refusals.end_minute();
        assert!(counted.len() <= ADDRESSES + 1, "{}", counted.len());
        let count: u64 = counted.iter().flat_map(|(_, counts)| counts.values()).sum();
        assert_eq!(count, 50_000 - IN_ALL as u64);
    }

    #[test]
    fn no_token_and_no_password_is_recorded() {
        let known = |name: &str| name == "q";
        let query = "q=R1&q=tka_secret&q=eyJhbGciOiJIUzI1NiJ9.e30.x&password=hunter2&tka_name=1";
        let recorded = asked(query, known);
        assert_eq!(recorded, json!({"q": ["R1", "***", "***"], "password": ["***"], "***": ["***"]}));
        for text in ["/events/payment/tka_secret", "/tka%5fsecret", "/%74KA_secret", "%65yJhbGciOi"] {
            assert_eq!(harmless(text), HIDDEN, "{text}");
        }
    }
}
