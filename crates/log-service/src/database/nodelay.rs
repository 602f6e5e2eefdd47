//! Switches Nagle's algorithm off on the driver's sockets.
//!
//! sqlx 0.9 leaves it on (launchbadge/sqlx issue 4335). Over TLS every batch of more than about 64 KB then
//! waits 40 ms for the server's delayed acknowledgement: a sixth of the throughput is left. Once a release of
//! sqlx sets `TCP_NODELAY` itself, this file goes.

use std::{
    io,
    net::SocketAddr,
    os::fd::{BorrowedFd, RawFd},
};

use socket2::SockRef;

/// Sets `TCP_NODELAY` on every socket of this process that is connected to the server.
///
/// The driver does not show its socket, so it is found by its peer's address.
pub(super) async fn set_nodelay(host: &str, port: u16) -> io::Result<()> {
    let servers: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    for_each_socket_to(&servers, |socket| socket.set_tcp_nodelay(true))
}

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
        // below fail with EBADF; if its number was given to another socket, that one is looked at instead, and
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

/// An IPv4 address inside an IPv6 one, as the IPv4 address it is.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{self, tests::postgres_with_tls};

    #[tokio::test]
    async fn every_connection_over_tls_has_nagle_switched_off() {
        let (server, config) = postgres_with_tls();
        let db = database::open(&config.database).await.unwrap();
        let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let row = sea_orm::sqlx::query(encrypted).fetch_one(db.get_postgres_connection_pool()).await.unwrap();
        assert!(sea_orm::sqlx::Row::get::<bool, _>(&row, 0), "the connection is not over TLS");

        let servers = [SocketAddr::from(([127, 0, 0, 1], server.port()))];
        let mut nodelay = Vec::new();
        for_each_socket_to(&servers, |socket| {
            nodelay.push(socket.tcp_nodelay()?);
            Ok(())
        })
        .unwrap();
        assert_eq!(nodelay, [true]);
    }
}
