#![doc = include_str!("../README.md")]

use std::time::Duration;

use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// Whose certificates are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those of the machine's authorities, as they are now: a server inside the platform has a certificate of the
    /// platform's own authority.
    System,
    /// All certificates. Only for a server on this machine, and for requests without secrets.
    Anybody,
}

/// An HTTP client. Every status is an answer, also an error or a redirection; a whole request takes at most `timeout`.
#[must_use]
pub fn agent(trust: Trust, timeout: Duration) -> Agent {
    let tls = match trust {
        Trust::System => TlsConfig::builder().root_certs(system_roots()),
        Trust::Anybody => TlsConfig::builder().disable_verification(true),
    };
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        // A redirection could lead away from https.
        .max_redirects(0)
        .max_redirects_will_error(false)
        // Libraries read no environment variables.
        .proxy(None)
        .tls_config(tls.build());
    config.build().into()
}

fn system_roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = found.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    RootCerts::new_with_certs(&roots)
}
