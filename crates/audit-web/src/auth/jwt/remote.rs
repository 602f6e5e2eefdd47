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
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::key_set::{self, PublicKey};
use crate::auth::{
    AuthError, is_loopback,
    refusal::Failure::{self, Unavailable, Wrong},
};

/// How long keys are used without asking for them again: as long as a key may live that its issuer has withdrawn.
const GOOD_FOR: Duration = Duration::from_mins(5);
/// The pause between two tries, so that tokens with invented key ids can't make us a burden to the issuer…
const PAUSE: Duration = Duration::from_mins(1);
/// …and when there is no key at all, so that nobody can be let in.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// The longest that one try takes.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest document that is read.
const LARGEST: u64 = 256 * 1024;

/// The issuer's keys, as they were read last.
#[derive(Debug)]
pub(super) struct KeySet {
    source: Source,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Url(String),
}

/// An address without what else may stand in it: user and password, and parameters.
impl fmt::Display for Source {
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

/// Why the issuer's keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The document can't be read.
    #[error("the keys can't be read: {0}")]
    Read(#[from] io::Error),
    /// The address does not give it.
    #[error("the keys can't be fetched: {0}")]
    Fetch(#[from] ureq::Error),
    /// The address gives something else; redirections are not followed.
    #[error("the keys can't be fetched: the answer's status is {0}")]
    Status(u16),
    /// It is no set of keys.
    #[error("this is no set of keys: {0}")]
    Json(#[from] serde_json::Error),
    /// It has none of use.
    #[error("there is no public key for signatures in the set")]
    Empty,
}

impl KeySet {
    /// The keys of a file, which has to be good at the start.
    pub(super) fn of_file(file: PathBuf) -> Result<Self, AuthError> {
        let source = Source::File(file);
        let now = Some(Instant::now());
        let state =
            State { keys: source.read().map_err(AuthError::Keys)?, read: now, tried: now, away: false };
        Ok(Self { source, state: Arc::new(Mutex::new(state)) })
    }

    /// The keys at an address. They are fetched when the first token comes: the issuer may start after us.
    pub(super) fn of_url(url: String) -> Result<Self, AuthError> {
        let uri = url.parse::<Uri>().unwrap_or_default();
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => {}
            (Some("http"), Some(host)) if is_loopback(host) => {}
            _ => {
                return Err(AuthError::Jwt("jwks_url is neither https:// nor on this machine"));
            }
        }
        Ok(Self { source: Source::Url(url), state: Arc::default() })
    }

    /// The key of a token's header.
    pub(super) async fn key(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Failure> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        let found = key_set::find(&state.keys, id, algorithm).is_some();
        if !(found && state.is_fresh()) && state.may_try() {
            state = self.refresh(state).await?;
        }
        match key_set::find(&state.keys, id, algorithm) {
            Some(key) => Ok(key.clone()),
            None if state.keys.is_empty() => Err(Unavailable),
            None => Err(Wrong("the issuer has no such key")),
        }
    }

    /// Reads the keys. Who comes meanwhile waits for the outcome instead of reading too; and the lock goes along, so
    /// that a reader who hangs up does not undo the work.
    async fn refresh(&self, mut state: OwnedMutexGuard<State>) -> Result<OwnedMutexGuard<State>, Failure> {
        let source = self.source.clone();
        let reading = spawn_blocking(move || {
            let keys = source.read();
            state.update(keys, &source);
            state
        });
        reading.await.map_err(|_| Unavailable)
    }
}

impl State {
    fn is_fresh(&self) -> bool {
        self.read.is_some_and(|read| read.elapsed() < GOOD_FOR)
    }

    fn may_try(&self) -> bool {
        let pause = if self.keys.is_empty() { PAUSE_WITHOUT_KEYS } else { PAUSE };
        self.tried.is_none_or(|tried| tried.elapsed() >= pause)
    }

    fn update(&mut self, keys: Result<Vec<PublicKey>, KeysError>, source: &Source) {
        let now = Some(Instant::now());
        self.tried = now;
        match keys {
            Ok(keys) => {
                if self.away {
                    info!(%source, "the keys for bearer tokens are back");
                }
                (self.keys, self.read, self.away) = (keys, now, false);
            }
            Err(error) => {
                if !self.away {
                    warn!(%source, %error, "no new keys for bearer tokens: those that were read last stay in force");
                }
                self.away = true;
            }
        }
    }
}

impl Source {
    fn read(&self) -> Result<Vec<PublicKey>, KeysError> {
        let json = match self {
            Self::File(path) => {
                let mut json = Vec::new();
                fs::File::open(path)?.take(LARGEST).read_to_end(&mut json)?;
                json
            }
            Self::Url(url) => fetch(url)?,
        };
        let keys = key_set::read(&json)?;
        if keys.is_empty() { Err(KeysError::Empty) } else { Ok(keys) }
    }
}

fn fetch(url: &str) -> Result<Vec<u8>, KeysError> {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        // A redirection could lead away from https.
        .max_redirects(0)
        // Libraries do not read environment variables.
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(system_roots()).build());
    let mut answer = Agent::from(config.build()).get(url).call()?;
    if answer.status() != 200 {
        return Err(KeysError::Status(answer.status().as_u16()));
    }
    Ok(answer.body_mut().with_config().limit(LARGEST).read_to_vec()?)
}

/// The authorities that this machine trusts, as for the connection to RabbitMQ: an identity provider inside the
/// platform has a certificate of its own authority. Read each time, for they are renewed too.
fn system_roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = found.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    RootCerts::new_with_certs(&roots)
}
