//! The options that the driver leaves unset on its sockets.
//!
//! `TCP_NODELAY`: sqlx 0.9 leaves Nagle's algorithm on (launchbadge/sqlx issue 4335). Over TLS every batch of more
//! than about 64 KB then waits 40 ms for the server's delayed acknowledgement: a sixth of the throughput is left.
//!
//! Keepalive and a time-out for unacknowledged data: without them, a connection to a server that vanished silently stays
//! open for a quarter of an hour and more.
//!
//! Once sqlx sets these itself, this file goes.

use std::{
    io,
    net::SocketAddr,
    os::fd::{BorrowedFd, RawFd},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};

/// Sets the options on every socket of this process that is connected to the server. A connection without
/// answers ends shortly after `timeout`.
///
/// The driver does not show its socket, so it is found by its peer's address.
pub(crate) async fn set_options(host: &str, port: u16, timeout: Duration) -> io::Result<()> {
    let servers: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    for_each_socket_to(&servers, |socket| {
        socket.set_tcp_nodelay(true)?;
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(timeout).with_interval(PROBE_INTERVAL))?;
        // It applies to keepalive's probes as well.
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(timeout))?;
        Ok(())
    })
}

const PROBE_INTERVAL: Duration = Duration::from_secs(2);

fn for_each_socket_to(
    servers: &[SocketAddr],
    mut act: impl FnMut(SockRef<'_>) -> io::Result<()>,
) -> io::Result<()> {
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()) else {
            continue;
        };
        #[expect(unsafe_code, reason = "the driver gives no safe access to its socket")]
        // SAFETY: the descriptor was open a moment ago. If another thread has closed it meanwhile, the calls
        // below fail with EBADF; if its number was given to another socket, that one is checked instead, and
        // changed only if it leads to the same server, where the change is wanted as well.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let socket = SockRef::from(&descriptor);
        let peer = socket.peer_addr().ok().and_then(|address| address.as_socket());
        if peer.is_some_and(|peer| servers.contains(&canonical(peer))) {
            act(socket)?;
        }
    }
    Ok(())
}

/// Unwraps an IPv4 address that is mapped into an IPv6 one.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use test_servers::PostgreSql;

    use super::*;
    use crate::{Database, PoolSettings, Settings};

    #[tokio::test]
    async fn every_connection_over_tls_has_its_options() {
        let server = PostgreSql::start_with_tls();
        let timeout = Duration::from_secs(10);
        let pool = PoolSettings { max_connections: 10, timeout };
        let database = Database::new(Settings {
            url: format!("{}?sslmode=require", server.database("log")).parse().unwrap(),
            read_url: None,
            schema: "audit".to_owned(),
            first_month: "2020-01".parse().unwrap(),
            migrate_at_start: true,
            writers: pool,
            readers: pool,
        });
        let db = database.open().await.unwrap();
        let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let row = sea_orm::sqlx::query(encrypted).fetch_one(db.get_postgres_connection_pool()).await.unwrap();
        assert!(sea_orm::sqlx::Row::get::<bool, _>(&row, 0), "the connection is not over TLS");

        let servers = [SocketAddr::from(([127, 0, 0, 1], server.port()))];
        let mut options = Vec::new();
        for_each_socket_to(&servers, |socket| {
            options.push((socket.tcp_nodelay()?, socket.keepalive()?, socket.tcp_user_timeout()?));
            Ok(())
        })
        .unwrap();
        assert_eq!(options, [(true, true, Some(timeout))]);
    }
}
