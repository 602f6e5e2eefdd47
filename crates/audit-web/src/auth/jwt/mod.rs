//! Bearer tokens of the platform's identity provider.

mod key_set;
mod remote;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header, Validation, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    AuthError, JwtSettings, Reader, Roles, Via,
    reader::Known,
    refusal::Failure::{self, Expired, Wrong},
};
use remote::KeySet;

pub use remote::KeysError;

/// How far the issuer's clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::minutes(1);

/// The shortest secret that can't be found by trying (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// Checks tokens of one issuer for one audience.
#[derive(Debug)]
pub(super) struct Jwt {
    validation: Validation,
    roles_claim: String,
    keys: Keys,
}

#[derive(Debug)]
enum Keys {
    Shared(DecodingKey),
    Set(KeySet),
}

impl Jwt {
    pub(super) fn new(settings: JwtSettings) -> Result<Self, AuthError> {
        let JwtSettings { issuer, audience, algorithms, secret, jwks_file, jwks_url, roles_claim } = settings;
        let Some(&first) = algorithms.first() else {
            return Err(AuthError::Jwt("algorithms is empty: name those that the issuer signs with"));
        };
        if issuer.is_empty() || audience.is_empty() || roles_claim.is_empty() {
            return Err(AuthError::Jwt("issuer, audience and roles_claim can't be empty"));
        }
        let is_shared = |algorithm: Algorithm| algorithm.family() == AlgorithmFamily::Hmac;
        // With both kinds, a public key could pass as a shared secret.
        if algorithms.iter().any(|&algorithm| is_shared(algorithm) != is_shared(first)) {
            return Err(AuthError::Jwt("algorithms mixes HS* with others: they can't have the same keys"));
        }
        let keys = match (is_shared(first), secret, jwks_file, jwks_url) {
            (true, Some(secret), None, None) => Keys::Shared(shared(&secret)?),
            (false, None, Some(file), None) => Keys::Set(KeySet::of_file(file)?),
            (false, None, None, Some(url)) => Keys::Set(KeySet::of_url(url)?),
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
        // Without this, a token that says nothing of its issuer or audience would pass.
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        // Checked here: the library refuses fractions where serde_json keeps numbers as they are written.
        validation.validate_exp = false;
        Ok(Self { validation, roles_claim, keys })
    }

    /// Whose token this is.
    pub(super) async fn check(&self, token: &str) -> Result<Known, Failure> {
        // `none` is no algorithm that could be decoded.
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| Wrong("neither an API token nor a JWT"))?;
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(Wrong("its algorithm is not one of web.jwt.algorithms"));
        }
        if header.crit.is_some() {
            return Err(Wrong("it demands an extension"));
        }
        let key = self.key(&header).await?;
        let mut validation = self.validation.clone();
        validation.algorithms.retain(|algorithm| algorithm.family() == key.family());
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation)
            .map_err(|error| failure(error.kind()))?
            .claims;
        let expires = good_until(&claims)?;
        let reader = self.reader(claims).ok_or(Wrong("its sub is no name"))?;
        Ok(Known { reader, expires: Some(expires) })
    }

    async fn key(&self, header: &Header) -> Result<DecodingKey, Failure> {
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
        Reader::new(name, Uuid::try_parse(name).ok(), roles, Via::Jwt)
    }
}

/// When a token ends, given that it is good now.
fn good_until(claims: &Map<String, Value>) -> Result<DateTime<Utc>, Failure> {
    let expires = claims.get("exp").and_then(time).ok_or(Wrong("its exp is missing or no time"))?;
    let now = Utc::now();
    // The signature was checked before: the token was good.
    if expires <= now - LEEWAY {
        return Err(Expired);
    }
    match claims.get("nbf").map(time) {
        None => Ok(expires),
        Some(Some(begins)) if begins <= now + LEEWAY => Ok(expires),
        Some(Some(_)) => Err(Wrong("it is not valid yet")),
        Some(None) => Err(Wrong("its nbf is no time")),
    }
}

fn shared(secret: &SecretString) -> Result<DecodingKey, AuthError> {
    let secret = secret.expose_secret().as_bytes();
    if secret.len() < SHORTEST_SECRET {
        return Err(AuthError::Jwt("secret has fewer than 32 bytes"));
    }
    Ok(DecodingKey::from_secret(secret))
}

/// A `NumericDate` (RFC 7519, 2): seconds since 1970, with or without a fraction.
fn time(seconds: &Value) -> Option<DateTime<Utc>> {
    let since = Duration::try_from_secs_f64(seconds.as_f64()?).ok()?;
    let time =
        TimeDelta::from_std(since).ok().and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since));
    // Beyond the calendar is never.
    Some(time.unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// The roles of a claim: a list, or names with spaces between.
fn known_roles(claim: &Value) -> Roles {
    match claim {
        Value::Array(names) => Roles::known(names.iter().filter_map(Value::as_str)),
        Value::String(names) => Roles::known(names.split_whitespace()),
        _ => Roles::default(),
    }
}

fn failure(kind: &ErrorKind) -> Failure {
    match kind {
        ErrorKind::InvalidSignature => Wrong("its signature is not the issuer's"),
        ErrorKind::InvalidIssuer => Wrong("it is of another issuer"),
        ErrorKind::InvalidAudience => Wrong("it is for another audience"),
        ErrorKind::MissingRequiredClaim(_) => Wrong("it lacks iss, aud or sub"),
        _ => Wrong("it is not well-formed, or its key is of another kind"),
    }
}
