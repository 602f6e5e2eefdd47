use std::{collections::HashMap, net::SocketAddr};

use audit_web::auth::{Algorithm, AuthSettings, GatewaySettings, IpNet, JwtSettings, Roles};
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::bounded::Bounded;

/// Section `[web]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    bind: String,
    port: Bounded<u16, 0, 65_535>,
    /// The zone of the page's times.
    pub time_zone: Tz,
    /// Where the API tokens stand; empty for none.
    pub tokens_file: String,
    /// Bearer tokens of the platform.
    jwt: JwtConfig,
    /// The platform's gateway.
    gateway: GatewayConfig,
    /// Where proxies speak from.
    trusted_proxies: Vec<IpNet>,
}

/// Section `[web.jwt]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtConfig {
    /// A JWKS: file or address.
    keys: String,
    /// A shared secret instead.
    secret: SecretString,
    /// What a token may be signed with.
    algorithms: Vec<Algorithm>,
    /// Who made it.
    issuer: String,
    /// Whom it is for.
    audience: String,
    /// Where its roles stand.
    roles_claim: String,
}

/// Section `[web.gateway]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatewayConfig {
    /// Where it speaks from.
    networks: Vec<IpNet>,
    /// What each type of user may do.
    roles: HashMap<String, Roles>,
}

impl JwtConfig {
    fn settings(&self) -> Option<JwtSettings> {
        let has_secret = !self.secret.expose_secret().is_empty();
        if self.keys.is_empty() && !has_secret {
            return None;
        }
        let is_url = self.keys.contains("://");
        Some(JwtSettings {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            algorithms: self.algorithms.clone(),
            secret: has_secret.then(|| self.secret.clone()),
            jwks_file: (!is_url && !self.keys.is_empty()).then(|| self.keys.clone().into()),
            jwks_url: is_url.then(|| self.keys.clone()),
            roles_claim: self.roles_claim.clone(),
        })
    }
}

impl GatewayConfig {
    fn settings(&self) -> Option<GatewaySettings> {
        let roles = self.roles.clone();
        (!self.networks.is_empty()).then(|| GatewaySettings { networks: self.networks.clone(), roles })
    }
}

impl WebConfig {
    /// Where to listen, if anywhere.
    #[must_use]
    pub fn bind(&self) -> Option<SocketAddr> {
        let mut bind: SocketAddr = self.bind.parse().ok()?;
        if self.port.get() != 0 {
            bind.set_port(self.port.get());
        }
        Some(bind)
    }

    /// How readers are known.
    #[must_use]
    pub fn auth(&self) -> AuthSettings {
        let tokens_file = (!self.tokens_file.is_empty()).then(|| self.tokens_file.clone().into());
        AuthSettings {
            tokens_file,
            jwt: self.jwt.settings(),
            gateway: self.gateway.settings(),
            trusted_proxies: self.trusted_proxies.clone(),
        }
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if !self.bind.is_empty() && self.bind.parse::<SocketAddr>().is_err() {
            return Err(("web.bind", "expected an address and a port, such as 127.0.0.1:8080".to_owned()));
        }
        Ok(())
    }
}
