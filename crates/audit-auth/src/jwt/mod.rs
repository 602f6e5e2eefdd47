//! Bearer tokens of the platform's identity provider.

mod key_set;
mod key_source;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header, Validation, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    AuthError, AuthMethod, JwtSettings, Reader, Roles,
    token_check::{
        Authenticated,
        TokenCheckError::{self, Expired, Invalid},
    },
};
use key_source::KeySource;

pub use key_source::KeysError;

/// How far the issuer's clock may differ from ours.
const LEEWAY: TimeDelta = TimeDelta::minutes(1);

/// Shorter secrets can be guessed (RFC 7518, 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// Verifies tokens of one issuer for one audience.
#[derive(Debug)]
pub(crate) struct Jwt {
    validation: Validation,
    roles_claim: String,
    keys: Keys,
}

#[derive(Debug)]
enum Keys {
    Shared(DecodingKey),
    Set(KeySource),
}

impl Jwt {
    pub(crate) fn new(settings: JwtSettings) -> Result<Self, AuthError> {
        let JwtSettings { issuer, audience, algorithms, secret, jwks_file, jwks_url, roles_claim } = settings;
        let Some(&first) = algorithms.first() else {
            return Err(AuthError::Jwt("algorithms is empty: name those that the issuer signs with"));
        };
        if issuer.is_empty() || audience.is_empty() || roles_claim.is_empty() {
            return Err(AuthError::Jwt("issuer, audience and roles_claim can't be empty"));
        }
        let is_shared = |algorithm: Algorithm| algorithm.family() == AlgorithmFamily::Hmac;
        // With both kinds, a public key could be used as a shared secret.
        if algorithms.iter().any(|&algorithm| is_shared(algorithm) != is_shared(first)) {
            return Err(AuthError::Jwt("algorithms mixes HS* with others: they can't have the same keys"));
        }
        let keys = match (is_shared(first), secret, jwks_file, jwks_url) {
            (true, Some(secret), None, None) => Keys::Shared(shared(&secret)?),
            (false, None, Some(file), None) => Keys::Set(KeySource::file(file)?),
            (false, None, None, Some(url)) => Keys::Set(KeySource::url(url)?),
            (true, ..) => return Err(AuthError::Jwt("HS* algorithms need secret, and no key set")),
            (false, ..) => {
                return Err(AuthError::Jwt(
                    "these algorithms need one of jwks_file and jwks_url, and no secret",
                ));
            }
        };
        let mut validation = Validation::new(first);
        validation.algorithms = algorithms;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // Without this, a token without an issuer or audience would pass.
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        // Checked here: the library rejects fractions if serde_json keeps numbers as they are written.
        validation.validate_exp = false;
        Ok(Self { validation, roles_claim, keys })
    }

    /// Verifies a token.
    pub(crate) async fn check(&self, token: &str) -> Result<Authenticated, TokenCheckError> {
        // The algorithm `none` can't be decoded.
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| Invalid("neither an API token nor a JWT"))?;
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(Invalid("its algorithm is not one of web.jwt.algorithms"));
        }
        if header.crit.is_some() {
            return Err(Invalid("it demands an extension"));
        }
        let key = self.key(&header).await?;
        let mut validation = self.validation.clone();
        validation.algorithms.retain(|algorithm| algorithm.family() == key.family());
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation)
            .map_err(|error| invalid(error.kind()))?
            .claims;
        let expires = good_until(&claims)?;
        let reader = self.reader(claims).ok_or(Invalid("its sub is no name"))?;
        Ok(Authenticated { reader, expires: Some(expires) })
    }

    async fn key(&self, header: &Header) -> Result<DecodingKey, TokenCheckError> {
        match &self.keys {
            Keys::Shared(key) => Ok(key.clone()),
            Keys::Set(set) => set.key(header.kid.as_deref(), header.alg).await,
        }
    }

    fn reader(&self, claims: Map<String, Value>) -> Option<Reader> {
        let claims = Value::Object(claims);
        let name = claims.get("sub")?.as_str()?;
        let is_pointer = self.roles_claim.starts_with('/');
        let claim =
            if is_pointer { claims.pointer(&self.roles_claim) } else { claims.get(&self.roles_claim) };
        let roles = claim.map(known_roles).unwrap_or_default();
        Reader::new(name, Uuid::try_parse(name).ok(), roles, AuthMethod::Jwt)
    }
}

/// Returns when a token expires, if it is valid now.
fn good_until(claims: &Map<String, Value>) -> Result<DateTime<Utc>, TokenCheckError> {
    let expires = claims.get("exp").and_then(time).ok_or(Invalid("its exp is missing or no time"))?;
    let now = Utc::now();
    // The signature was verified before, so the token was valid once.
    if expires <= now - LEEWAY {
        return Err(Expired);
    }
    match claims.get("nbf").map(time) {
        None => Ok(expires),
        Some(Some(begins)) if begins <= now + LEEWAY => Ok(expires),
        Some(Some(_)) => Err(Invalid("it is not valid yet")),
        Some(None) => Err(Invalid("its nbf is no time")),
    }
}

fn shared(secret: &SecretString) -> Result<DecodingKey, AuthError> {
    let secret = secret.expose_secret().as_bytes();
    if secret.len() < MIN_SECRET_BYTES {
        return Err(AuthError::Jwt("secret has fewer than 32 bytes"));
    }
    Ok(DecodingKey::from_secret(secret))
}

/// A `NumericDate` (RFC 7519, 2): seconds since 1970, with or without a fraction.
fn time(seconds: &Value) -> Option<DateTime<Utc>> {
    let since = Duration::try_from_secs_f64(seconds.as_f64()?).ok()?;
    let time =
        TimeDelta::from_std(since).ok().and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since));
    // Beyond the calendar means never.
    Some(time.unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// The roles of a claim: a list, or names separated by spaces.
fn known_roles(claim: &Value) -> Roles {
    match claim {
        Value::Array(names) => Roles::known(names.iter().filter_map(Value::as_str)),
        Value::String(names) => Roles::known(names.split_whitespace()),
        _ => Roles::default(),
    }
}

fn invalid(kind: &ErrorKind) -> TokenCheckError {
    match kind {
        ErrorKind::InvalidSignature => Invalid("its signature is not the issuer's"),
        ErrorKind::InvalidIssuer => Invalid("it is of another issuer"),
        ErrorKind::InvalidAudience => Invalid("it is for another audience"),
        ErrorKind::MissingRequiredClaim(_) => Invalid("it lacks iss, aud or sub"),
        _ => Invalid("it is not well-formed, or its key is of another kind"),
    }
}
