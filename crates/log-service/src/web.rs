//! The HTTP server with the API and the page, as configured.

use std::{io, net::SocketAddr, sync::Arc};

use audit_auth::{AuthError, Authentication};
use audit_config::{Config, WebConfig};
use audit_database::DatabaseError;
use audit_query::{AccessLog, LogReader, LogTable};
use audit_web::{AppState, Routes, Settings, Sources, Tls, TlsError};
use sea_orm::DatabaseConnection;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{domains::logs, health::ServiceHealth};

/// The address to listen on. It is taken, but connections are still refused.
pub struct Bound {
    socket: TcpSocket,
    bind: SocketAddr,
}

impl Bound {
    /// Takes the address, if one is configured. This comes before anything that a start leaves behind.
    pub fn take(config: &Config) -> Result<Option<Self>, WebError> {
        let Some(bind) = config.web.bind() else { return Ok(None) };
        let socket = bound(bind).map_err(|source| WebError::Listen { bind, source })?;
        Ok(Some(Self { socket, bind }))
    }

    fn listen(self) -> Result<(SocketAddr, TcpListener), WebError> {
        let Self { socket, bind } = self;
        let listening = socket.listen(BACKLOG).and_then(|listener| Ok((listener.local_addr()?, listener)));
        listening.map_err(|source| WebError::Listen { bind, source })
    }
}

/// A server that listens.
pub struct Web {
    listener: TcpListener,
    state: AppState,
    tls: Option<Tls>,
}

/// How readers authenticate, and the certificate that the service shows them. Files are read and settings are checked
/// before anything else starts.
pub struct Credentials {
    auth: Authentication,
    tls: Option<Tls>,
}

/// Why the credentials can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The settings for authentication.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The certificate or its key.
    #[error("web.tls: {0}")]
    Tls(#[from] TlsError),
}

impl Credentials {
    /// The configured credentials. `None` without an address to listen on.
    pub fn of(config: &WebConfig) -> Result<Option<Self>, CredentialsError> {
        let Some(bind) = config.bind() else { return Ok(None) };
        Ok(Some(Self { auth: Authentication::new(config.auth(), bind)?, tls: config.tls()? }))
    }
}

/// Why the server can't start.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address can't be used.
    #[error("web.bind: can't listen on {bind}: {source}; choose another port with SERVER_PORT")]
    Listen {
        /// The address.
        bind: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The database can't be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Web {
    /// Starts listening. Accesses are recorded in `db`.
    pub async fn listen(
        bound: Bound,
        config: &Config,
        credentials: Credentials,
        db: DatabaseConnection,
        health: Arc<ServiceHealth>,
        stop: &CancellationToken,
    ) -> Result<Self, WebError> {
        let reading = config.database().open_for_reading_or_later().await?;
        let limits = config.reading.limits();
        let tables: Vec<_> = logs().iter().map(LogTable::from).collect();
        let mut log = LogReader::new(reading.clone(), tables, limits);
        if let Some(replica) = &config.database.read_url {
            info!(database = %replica, "questions are answered by a replica");
            log = log.of_replica(db.clone());
        }
        let settings = Settings {
            time_zone: config.web.time_zone,
            export_rows: config.reading.export_rows.get(),
            export_time: config.reading.export_time(),
            answer_time: config.reading.answer_time(),
            answer_bytes: config.reading.max_answer_bytes.get(),
            discarded: config.dead_letters.folder.clone(),
            support_rows_per_day: config.reading.support_rows_per_day.get(),
            support_tail: config.reading.support_tail(),
        };
        let sources = Sources {
            log,
            accesses: LogReader::of_access_log(reading, limits),
            access_log: AccessLog::new(db, config.reading.when_unrecordable()),
            dead_letters: config.dead_letters(&logs()),
            health,
        };
        let state = AppState::new(sources, credentials.auth, settings, stop.clone());
        let (address, listener) = bound.listen()?;
        let scheme = if credentials.tls.is_some() { "https" } else { "http" };
        info!("the page and the API are at {scheme}://{address}");
        Ok(Self { listener, state, tls: credentials.tls })
    }

    /// Serves until the token is cancelled that it was created with.
    pub async fn serve(self) {
        let routes = routes(&self.state);
        audit_web::serve(self.listener, self.state, routes, self.tls).await;
    }
}

/// The API and the page.
fn routes(state: &AppState) -> Routes {
    let openapi = audit_api::openapi(state.log(), state.accesses());
    let state = state.clone();
    Routes {
        all: audit_api::routes(&openapi).merge(audit_page::routes(openapi)),
        operating: audit_api::operating_routes(),
        render_error: Arc::new(move |parts, error| audit_page::render_error(&state, parts, error)),
    }
}

/// How many connections may wait to be accepted. An attacker opens the usual 128 within milliseconds, and then other clients
/// retry only after a second.
const BACKLOG: u32 = 4096;
/// How much the system buffers for a client that takes nothing. By default it would be megabytes for each connection, which no
/// limit of the service counts.
const SEND_BUFFER: u32 = 256 * 1024;

fn bound(bind: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As usual for servers: a restart need not wait for the time-outs of the last connections.
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(bind)?;
    Ok(socket)
}
