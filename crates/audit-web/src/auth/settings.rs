use std::{collections::HashMap, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use jsonwebtoken::Algorithm;
use secrecy::SecretString;
use serde::Deserialize;

use super::Roles;

/// How readers are known. Without any method nobody has to say who he is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The file of API tokens; an empty path is none.
    pub tokens_file: Option<PathBuf>,
    /// Tokens of the platform's identity provider.
    pub jwt: Option<JwtSettings>,
    /// The platform's gateway.
    pub gateway: Option<GatewaySettings>,
    /// The proxies whose word on a reader's address is taken.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the session's cookie travels over TLS only. None: yes, unless the service is for its own machine, without
    /// a proxy.
    #[serde(default)]
    pub secure_cookie: Option<bool>,
    /// Whether the service ends TLS itself.
    #[serde(default)]
    pub tls: bool,
}

/// What makes a bearer token of the platform good, and what it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtSettings {
    /// The `iss` of every token.
    pub issuer: String,
    /// What the `aud` of every token names.
    pub audience: String,
    /// The algorithms that tokens may be signed with: HS* with a shared secret, the others with a key set.
    pub algorithms: Vec<Algorithm>,
    /// The key, if it is shared with the issuer: at least 32 bytes.
    pub secret: Option<SecretString>,
    /// The file of the issuer's keys (JWKS).
    pub jwks_file: Option<PathBuf>,
    /// The address of the issuer's keys (JWKS): `https`, or `http` on this machine.
    pub jwks_url: Option<String>,
    /// The claim that names the roles; one that starts with `/` is a JSON pointer, as `/realm_access/roles`.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
}

fn roles_claim() -> String {
    "roles".to_owned()
}

/// Where the platform's gateway is, and what it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// The addresses that the gateway connects from.
    pub networks: Vec<IpNet>,
    /// The roles of each `X-User-Type`.
    pub roles: HashMap<String, Roles>,
}

/// Why nobody can be known with these settings.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The service would be open to other machines.
    #[error(
        "web.bind: {bind} can be reached from other machines, and nothing says who may read: set web.tokens_file, \
         web.jwt or web.gateway, or set web.bind to an address of this machine alone, as 127.0.0.1"
    )]
    Open {
        /// Where it would listen.
        bind: SocketAddr,
    },
    /// Others reach the service through a proxy, and it would be open to them.
    #[error(
        "web.trusted_proxies: others reach the service through a proxy, and nothing says who may read: set \
         web.tokens_file, web.jwt or web.gateway"
    )]
    OpenBehindProxy,
    /// The settings for proxies are not safe.
    #[error("web.trusted_proxies: {0}")]
    Proxies(&'static str),
    /// The file of API tokens is of no use.
    #[error("web.tokens_file: {0}")]
    Tokens(#[source] super::TokenError),
    /// The settings for bearer tokens contradict each other.
    #[error("web.jwt: {0}")]
    Jwt(&'static str),
    /// The file of keys is of no use.
    #[error("web.jwt.jwks_file: {0}")]
    Keys(#[source] super::KeysError),
    /// The settings for the gateway are not safe.
    #[error("web.gateway: {0}")]
    Gateway(&'static str),
}
