//! An HTTP client for other services of the platform.

use std::time::Duration;

use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// Creates a client that trusts the same authorities as this machine. It follows no redirections, as they could lead away
/// from TLS, and ignores the proxy variables of the environment, as libraries don't read those.
///
/// Certificates of authorities are renewed. A client that lives long does not see that; make a new one now and then.
#[must_use]
pub fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(system_roots()).build());
    Agent::from(config.build())
}

/// The authorities that this machine trusts, as for the connection to RabbitMQ. A service inside the platform may have a
/// certificate of the platform's own authority.
fn system_roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = found.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    RootCerts::new_with_certs(&roots)
}
