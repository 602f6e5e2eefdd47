use std::{collections::HashMap, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use jsonwebtoken::Algorithm;
use secrecy::SecretString;
use serde::Deserialize;

use crate::{KeysError, Roles, TokenError};

/// How readers authenticate. Without any method, nobody has to.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The file of API tokens. An empty path means none.
    pub tokens_file: Option<PathBuf>,
    /// Tokens of the platform's identity provider.
    pub jwt: Option<JwtSettings>,
    /// The platform's gateway.
    pub gateway: Option<GatewaySettings>,
    /// The proxies that are trusted to report a reader's address.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether cookies are sent over TLS only. `None`: yes, unless the service listens on loopback without a proxy.
    #[serde(default)]
    pub secure_cookie: Option<bool>,
    /// Whether the service terminates TLS itself.
    #[serde(default)]
    pub tls: bool,
}

/// How bearer tokens of the platform are verified and read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtSettings {
    /// The required `iss`.
    pub issuer: String,
    /// The required `aud`.
    pub audience: String,
    /// The algorithms that tokens may be signed with: HS* with a shared secret, the others with a key set.
    pub algorithms: Vec<Algorithm>,
    /// The secret shared with the issuer: at least 32 bytes.
    pub secret: Option<SecretString>,
    /// The file of the issuer's keys (JWKS).
    pub jwks_file: Option<PathBuf>,
    /// The address of the issuer's keys (JWKS): `https`, or `http` on this machine.
    pub jwks_url: Option<String>,
    /// The claim with the roles. One that starts with `/` is a JSON pointer, such as `/realm_access/roles`.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
}

fn roles_claim() -> String {
    "roles".to_owned()
}

/// The platform's gateway.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// The addresses that the gateway connects from.
    pub networks: Vec<IpNet>,
    /// The roles for each `X-User-Type`.
    pub roles: HashMap<String, Roles>,
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Other machines could read the log without signing in.
    #[error(
        "web.bind: {bind} can be reached from other machines, and nothing says who may read: set web.tokens_file, \
         web.jwt or web.gateway, or set web.bind to an address of this machine alone, as 127.0.0.1"
    )]
    Open {
        /// The address to listen on.
        bind: SocketAddr,
    },
    /// Others could read the log through a proxy without signing in.
    #[error(
        "web.trusted_proxies: others reach the service through a proxy, and nothing says who may read: set \
         web.tokens_file, web.jwt or web.gateway"
    )]
    OpenBehindProxy,
    /// The settings for proxies are unsafe.
    #[error("web.trusted_proxies: {0}")]
    Proxies(&'static str),
    /// The file of API tokens can't be used.
    #[error("web.tokens_file: {0}")]
    Tokens(#[source] TokenError),
    /// The settings for bearer tokens contradict each other.
    #[error("web.jwt: {0}")]
    Jwt(&'static str),
    /// The file of keys can't be used.
    #[error("web.jwt.jwks_file: {0}")]
    Keys(#[source] KeysError),
    /// The settings for the gateway are unsafe.
    #[error("web.gateway: {0}")]
    Gateway(&'static str),
}
