//! Bearer tokens of the platform.

use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::Site;
use crate::fixture::Fixture;

pub const SECRET: &str = "shared with the platform, 32 bytes or more";

pub const CONFIGURED: [(&str, &str); 4] = [
    ("LOG_SERVICE__WEB__JWT__SECRET", SECRET),
    ("LOG_SERVICE__WEB__JWT__ALGORITHMS", "[\"HS256\"]"),
    ("LOG_SERVICE__WEB__JWT__ISSUER", "tickatch"),
    ("LOG_SERVICE__WEB__JWT__AUDIENCE", "audit-log"),
];

/// A good token's claims, with some of them changed.
pub fn claims(changes: &Value) -> Value {
    let expires = (Utc::now() + TimeDelta::hours(1)).timestamp();
    let mut claims = json!({"iss": "tickatch", "aud": "audit-log", "sub": "kim", "roles": ["support", "x"], "exp": expires});
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims
}

pub fn signed(claims: &Value, algorithm: Algorithm, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
}

#[tokio::test]
async fn a_good_token_has_the_roles_that_it_claims() {
    let site = Site::alone(&CONFIGURED);
    let support = signed(&claims(&json!({})), Algorithm::HS256, SECRET);
    assert_eq!(site.get_as(&support, "/api/v1/logs").status, 200);
    assert_eq!(site.get_as(&support, "/api/v1/access").status, 403);
    let auditor = signed(&claims(&json!({"roles": ["auditor"]})), Algorithm::HS256, SECRET);
    let reads = site.get_as(&auditor, "/api/v1/access").json();
    assert_eq!(reads["items"][0]["details"]["reader"], "kim");
    assert_eq!(reads["items"][0]["actor_type"], "JWT");
}

#[tokio::test]
async fn a_token_may_end_at_a_fraction_of_a_second() {
    let site = Site::alone(&CONFIGURED);
    let now = Utc::now().timestamp_millis();
    for (ends, status) in [(now + 600_500, 200), (now - 600_500, 401)] {
        let exp = format!("{}.{:03}", ends / 1000, ends % 1000).parse::<f64>().unwrap();
        let token = signed(&claims(&json!({"exp": exp})), Algorithm::HS256, SECRET);
        assert_eq!(site.get_as(&token, "/api/v1/logs").status, status, "{exp}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_right_in_every_way_is_refused() {
    let site = Site::alone(&CONFIGURED);
    let expired = (Utc::now() - TimeDelta::hours(1)).timestamp();
    for wrong in [
        signed(&claims(&json!({"exp": expired})), Algorithm::HS256, SECRET),
        signed(&claims(&json!({"iss": "somebody"})), Algorithm::HS256, SECRET),
        signed(&claims(&json!({"aud": "orders"})), Algorithm::HS256, SECRET),
        signed(&claims(&json!({})), Algorithm::HS384, SECRET),
        signed(&claims(&json!({})), Algorithm::HS256, "another secret of 32 bytes, or more"),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJraW0ifQ.".to_owned(),
    ] {
        assert_eq!(site.get_as(&wrong, "/api/v1/logs").status, 401, "{wrong}");
    }
}

#[test]
fn a_secret_that_can_be_guessed_ends_the_start() {
    let place = Fixture::sqlite();
    let mut command = place.command(&["serve"]);
    command.envs(CONFIGURED).env("LOG_SERVICE__WEB__JWT__SECRET", "short");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("web.jwt") && said.contains("32 bytes") && !said.contains("short"), "{said}");
}

#[tokio::test]
async fn credentials_in_the_address_of_the_keys_are_neither_shown_nor_logged() {
    let keys = "https://user:keys-secret@127.0.0.1:1/keys?token=keys-secret";
    let variables = [
        ("LOG_SERVICE__WEB__JWT__KEYS", keys),
        ("LOG_SERVICE__WEB__JWT__ISSUER", "tickatch"),
        ("LOG_SERVICE__WEB__JWT__AUDIENCE", "audit-log"),
    ];
    let place = Fixture::sqlite();
    let shown = place.command(&["config"]).envs(variables).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("@127.0.0.1:1/keys") && !shown.contains("keys-secret"), "{shown}");

    let site = Site::with(&place, &variables);
    // `{"alg":"RS256"}`, whose key has to be asked for.
    assert_eq!(site.get_as("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "/api/v1/logs").status, 503);
    site.service.wait_for_log("127.0.0.1:1/keys", 1);
    let log = format!("{:?}", site.service.log());
    assert!(!log.contains("keys-secret"), "{log}");
}

#[test]
fn the_secret_is_not_shown_with_the_configuration() {
    let place = Fixture::sqlite();
    let output = place.command(&["config"]).envs(CONFIGURED).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("secret = \"***\"") && !shown.contains(SECRET), "{shown}");
}
