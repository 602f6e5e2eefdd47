//! The page and the API, as the configuration has them.

use std::{io, net::SocketAddr, sync::Arc};

use audit_query::{AccessLog, LogTable, Queries};
use audit_web::{
    App, Settings, Sources, Tls, TlsError,
    auth::{AuthError, Authentication},
};
use sea_orm::DatabaseConnection;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{domains::logs, vitals::Vitals};
use audit_config::{Config, WebConfig};
use audit_database::DatabaseError;

/// The address that will be listened at. Until then, whoever connects is refused, as where nobody is.
pub struct Bound {
    socket: TcpSocket,
    bind: SocketAddr,
}

impl Bound {
    /// Takes the address, if the configuration has one. It comes before everything that a start leaves behind.
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

/// What listens, and where.
pub struct Web {
    listener: TcpListener,
    app: App,
    tls: Option<Tls>,
}

/// What readers are known by, and what the service is known by to them. Files are read, and settings found to be good,
/// before anything else starts.
pub struct Credentials {
    auth: Authentication,
    tls: Option<Tls>,
}

/// Why readers can't be let in.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nobody could be known, or everybody would be.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Certificate or key are of no use.
    #[error("web.tls: {0}")]
    Tls(#[from] TlsError),
}

impl Credentials {
    /// What the configuration says, unless it has no address to listen on.
    pub fn of(config: &WebConfig) -> Result<Option<Self>, CredentialsError> {
        let Some(bind) = config.bind() else { return Ok(None) };
        Ok(Some(Self { auth: Authentication::new(config.auth(), bind)?, tls: config.tls()? }))
    }
}

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address is not to be had.
    #[error("web.bind: can't listen on {bind}: {source}; choose another port with SERVER_PORT")]
    Listen {
        /// The address.
        bind: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The database does not let readers in.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Web {
    /// Listens. `db` records what is read.
    pub async fn listen(
        bound: Bound,
        config: &Config,
        credentials: Credentials,
        db: DatabaseConnection,
        vitals: Arc<Vitals>,
        stop: &CancellationToken,
    ) -> Result<Self, WebError> {
        let reading = config.database().open_for_reading_or_later().await?;
        if let Some(replica) = &config.database.read_url {
            info!(database = %replica, "questions are answered by a replica");
        }
        let limits = config.reading.limits();
        let tables: Vec<_> = logs().iter().map(LogTable::from).collect();
        let settings = Settings {
            time_zone: config.web.time_zone,
            refuse_unrecorded: config.reading.refuse_unrecorded,
            export_rows: config.reading.export_rows.get(),
            export_time: config.reading.export_time(),
            answer_time: config.reading.answer_time(),
            answer_bytes: config.reading.max_answer_bytes.get(),
            discarded: config.dead_letters.folder.clone(),
            support_rows_per_day: config.reading.support_rows_per_day.get(),
            support_tail: config.reading.support_tail(),
        };
        let sources = Sources {
            queries: Queries::new(reading.clone(), tables, limits),
            accesses: Queries::new(reading, vec![AccessLog::table()], limits),
            access_log: AccessLog::new(db),
            dead_letters: config.dead_letters(&logs()),
            vitals,
        };
        let app = App::new(sources, credentials.auth, settings, stop.clone());
        let (address, listener) = bound.listen()?;
        let scheme = if credentials.tls.is_some() { "https" } else { "http" };
        info!("the page and the API are at {scheme}://{address}");
        Ok(Self { listener, app, tls: credentials.tls })
    }

    /// Serves until the token is cancelled that it was made with.
    pub async fn serve(self) {
        audit_web::serve(self.listener, self.app, self.tls).await;
    }
}

/// So many connections may wait to be accepted. The usual 128 come within milliseconds from somebody who means harm, and
/// whoever comes then tries again a second later.
const BACKLOG: u32 = 4096;
/// What the system keeps of an answer that its reader does not take. It would be megabytes for each connection, which no
/// limit of the service counts.
const SEND_BUFFER: u32 = 256 * 1024;

fn bound(bind: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As others do who listen: a restart need not wait for the last connections' time-outs.
    socket.set_reuseaddr(true)?;
    // Those that are accepted have it from this one.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(bind)?;
    Ok(socket)
}
