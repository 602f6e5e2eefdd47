//! The issuer's keys, from a file or a URL, and when they are read again.

use std::{
    fmt, fs,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::http::Uri;
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task::spawn_blocking,
    time::Instant,
};
use tracing::{info, warn};

use http_client::Trust;

use super::key_set::{self, PublicKey};
use crate::{
    AuthError, is_loopback,
    token_check::TokenCheckError::{self, Invalid, Unavailable},
};

/// How long keys are used before they are read again. A key that the issuer has withdrawn stays valid for as long.
const REFRESH_INTERVAL: Duration = Duration::from_mins(5);
/// The pause between two attempts, so that tokens with invented key ids can't overload the issuer.
const RETRY_INTERVAL: Duration = Duration::from_mins(1);
/// The pause while there are no keys at all, so that no token can be verified.
const RETRY_INTERVAL_WITHOUT_KEYS: Duration = Duration::from_secs(5);

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

const MAX_DOCUMENT_BYTES: u64 = 256 * 1024;

/// The issuer's keys, as they were last read.
#[derive(Debug)]
pub(super) struct KeySource {
    location: Location,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug)]
enum Location {
    File(PathBuf),
    Url(String),
}

/// A URL is shown without its secrets: user, password and parameters.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => {
                let uri = url.parse::<Uri>().unwrap_or_default();
                let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
                write!(f, "{}{port}{}", uri.host().unwrap_or_default(), uri.path())
            }
        }
    }
}

#[derive(Debug, Default)]
struct State {
    keys: Vec<PublicKey>,
    read: Option<Instant>,
    tried: Option<Instant>,
    away: bool,
}

/// Why the issuer's keys are not available.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The document can't be read.
    #[error("the keys can't be read: {0}")]
    Read(#[from] io::Error),
    /// The request has failed.
    #[error("the keys can't be fetched: {0}")]
    Fetch(#[from] ureq::Error),
    /// The status is not 200. Redirections are not followed.
    #[error("the keys can't be fetched: the answer's status is {0}")]
    Status(u16),
    /// The document is not a key set.
    #[error("this is no set of keys: {0}")]
    Json(#[from] serde_json::Error),
    /// The set has no key that can be used.
    #[error("there is no public key for signatures in the set")]
    Empty,
}

impl KeySource {
    /// The keys of a file, which must be valid at the start.
    pub(super) fn file(file: PathBuf) -> Result<Self, AuthError> {
        let location = Location::File(file);
        let now = Some(Instant::now());
        let state =
            State { keys: location.read().map_err(AuthError::Keys)?, read: now, tried: now, away: false };
        Ok(Self { location, state: Arc::new(Mutex::new(state)) })
    }

    /// The keys at a URL. They are fetched with the first token, as the issuer may start after us.
    pub(super) fn url(url: String) -> Result<Self, AuthError> {
        let uri = url.parse::<Uri>().unwrap_or_default();
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => {}
            (Some("http"), Some(host)) if is_loopback(host) => {}
            _ => {
                return Err(AuthError::Jwt("jwks_url is neither https:// nor on this machine"));
            }
        }
        Ok(Self { location: Location::Url(url), state: Arc::default() })
    }

    /// Returns the key of a token's header.
    pub(super) async fn key(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, TokenCheckError> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        let found = key_set::find(&state.keys, id, algorithm).is_some();
        if !(found && state.is_fresh()) && state.may_try() {
            state = self.refresh(state).await?;
        }
        match key_set::find(&state.keys, id, algorithm) {
            Some(key) => Ok(key.clone()),
            None if state.keys.is_empty() => Err(Unavailable),
            None => Err(Invalid("the issuer has no such key")),
        }
    }

    /// Reads the keys. Other requests wait for the outcome instead of reading them too. The blocking task owns the lock, so
    /// that a reader who disconnects does not undo the work.
    async fn refresh(
        &self,
        mut state: OwnedMutexGuard<State>,
    ) -> Result<OwnedMutexGuard<State>, TokenCheckError> {
        let location = self.location.clone();
        let reading = spawn_blocking(move || {
            let keys = location.read();
            state.update(keys, &location);
            state
        });
        reading.await.map_err(|_| Unavailable)
    }
}

impl State {
    fn is_fresh(&self) -> bool {
        self.read.is_some_and(|read| read.elapsed() < REFRESH_INTERVAL)
    }

    fn may_try(&self) -> bool {
        let pause = if self.keys.is_empty() { RETRY_INTERVAL_WITHOUT_KEYS } else { RETRY_INTERVAL };
        self.tried.is_none_or(|tried| tried.elapsed() >= pause)
    }

    fn update(&mut self, keys: Result<Vec<PublicKey>, KeysError>, location: &Location) {
        let now = Some(Instant::now());
        self.tried = now;
        match keys {
            Ok(keys) => {
                if self.away {
                    info!(source = %location, "the keys for bearer tokens are back");
                }
                (self.keys, self.read, self.away) = (keys, now, false);
            }
            Err(error) => {
                if !self.away {
                    warn!(source = %location, %error, "no new keys for bearer tokens: those that were read last stay in force");
                }
                self.away = true;
            }
        }
    }
}

impl Location {
    fn read(&self) -> Result<Vec<PublicKey>, KeysError> {
        let json = match self {
            Self::File(path) => {
                let mut json = Vec::new();
                fs::File::open(path)?.take(MAX_DOCUMENT_BYTES).read_to_end(&mut json)?;
                json
            }
            Self::Url(url) => fetch(url)?,
        };
        let keys = key_set::parse(&json)?;
        if keys.is_empty() { Err(KeysError::Empty) } else { Ok(keys) }
    }
}

fn fetch(url: &str) -> Result<Vec<u8>, KeysError> {
    let mut answer = http_client::agent(Trust::System, FETCH_TIMEOUT).get(url).call()?;
    if answer.status() != 200 {
        return Err(KeysError::Status(answer.status().as_u16()));
    }
    Ok(answer.body_mut().with_config().limit(MAX_DOCUMENT_BYTES).read_to_vec()?)
}
