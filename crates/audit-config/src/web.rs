use std::{collections::HashMap, fmt, net::SocketAddr, path::PathBuf};

use audit_auth::{Algorithm, AuthSettings, GatewaySettings, IpNet, JwtSettings, Roles};
use audit_web::{Tls, TlsError};
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Bounded, error::Invalid, show::hidden};

/// Section `[web]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    bind: String,
    port: Bounded<u16, 0, 65_535>,
    /// The zone of the page's times.
    pub time_zone: Tz,
    /// The file of API tokens; empty for none.
    pub tokens_file: String,
    /// Bearer tokens of the platform.
    jwt: JwtConfig,
    /// The platform's gateway.
    gateway: GatewayConfig,
    /// The networks of trusted proxies.
    trusted_proxies: Vec<IpNet>,
    /// Whether the session's cookie travels over TLS only.
    secure_cookie: Auto,
    /// The service's own TLS.
    tls: TlsConfig,
}

/// Section `[web.jwt]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct JwtConfig {
    /// A JWKS: file or address.
    keys: String,
    /// A shared secret instead.
    #[serde(serialize_with = "hidden")]
    secret: SecretString,
    /// The signature algorithms that are accepted.
    algorithms: Vec<Algorithm>,
    /// The issuer that a token must have.
    issuer: String,
    /// The audience that a token must have.
    audience: String,
    /// The claim with its roles.
    roles_claim: String,
}

/// Section `[web.gateway]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct GatewayConfig {
    /// Its networks.
    networks: Vec<IpNet>,
    /// The roles of each type of user.
    roles: HashMap<String, Roles>,
}

/// Section `[web.tls]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TlsConfig {
    /// The certificate's file.
    certificate: PathBuf,
    /// The private key's file.
    key: PathBuf,
}

/// `true`, `false` or `"auto"`.
#[derive(Clone, Copy, Debug)]
struct Auto(Option<bool>);

impl Serialize for Auto {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(chosen) => serializer.serialize_bool(chosen),
            None => serializer.serialize_str("auto"),
        }
    }
}

impl<'de> Deserialize<'de> for Auto {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Auto;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or \"auto\"")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Auto, E> {
                Ok(Auto(Some(value)))
            }

            /// Environment variables are text.
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Auto, E> {
                match text {
                    "auto" => Ok(Auto(None)),
                    "true" => Ok(Auto(Some(true))),
                    "false" => Ok(Auto(Some(false))),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Visitor)
    }
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

    /// How readers are authenticated.
    #[must_use]
    pub fn auth(&self) -> AuthSettings {
        let tokens_file = (!self.tokens_file.is_empty()).then(|| self.tokens_file.clone().into());
        AuthSettings {
            tokens_file,
            jwt: self.jwt.settings(),
            gateway: self.gateway.settings(),
            trusted_proxies: self.trusted_proxies.clone(),
            secure_cookie: self.secure_cookie.0,
            tls: self.has_tls(),
        }
    }

    /// Whether the service ends TLS itself.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        !self.tls.certificate.as_os_str().is_empty()
    }

    /// Reads its certificate and key.
    pub fn tls(&self) -> Result<Option<Tls>, TlsError> {
        let TlsConfig { certificate, key } = &self.tls;
        self.has_tls().then(|| Tls::open(certificate.clone(), key.clone())).transpose()
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if !self.bind.is_empty() && self.bind.parse::<SocketAddr>().is_err() {
            return Err(Invalid::new("web.bind", "expected an address and a port, such as 127.0.0.1:8080"));
        }
        let TlsConfig { certificate, key } = &self.tls;
        match (certificate.as_os_str().is_empty(), key.as_os_str().is_empty()) {
            (true, false) => Err(Invalid::new("web.tls.certificate", "web.tls.key needs its certificate")),
            (false, true) => Err(Invalid::new("web.tls.key", "web.tls.certificate needs its key")),
            _ => Ok(()),
        }
    }
}
