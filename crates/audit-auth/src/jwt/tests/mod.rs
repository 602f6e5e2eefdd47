mod issuer;
mod rotation;

use std::{fs, path::PathBuf};

use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{Permission, Role};
use issuer::{Key, with_header};

const SECRET: &str = "a shared secret of 32 bytes, or more";

fn settings(algorithms: &[Algorithm]) -> JwtSettings {
    JwtSettings {
        issuer: "https://id.example".to_owned(),
        audience: "audit".to_owned(),
        algorithms: algorithms.to_vec(),
        secret: None,
        jwks_file: None,
        jwks_url: None,
        roles_claim: "roles".to_owned(),
    }
}

fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({"iss": "https://id.example", "aud": ["audit", "other"], "sub": "kim", "exp": now + 600, "roles": ["auditor"]})
}

fn changed(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn shared_secret() -> Jwt {
    Jwt::new(JwtSettings { secret: Some(SECRET.into()), ..settings(&[Algorithm::HS256]) }).unwrap()
}

fn signed_with_secret(claims: &Value) -> String {
    let header = Header::new(Algorithm::HS256);
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

async fn checked(claims: Value) -> Result<Authenticated, TokenCheckError> {
    shared_secret().check(&signed_with_secret(&claims)).await
}

fn file_of(keys: &[&Key]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    fs::write(&file, issuer::document(keys)).unwrap();
    (folder, file)
}

fn from_file(keys: &[&Key], algorithms: &[Algorithm]) -> Jwt {
    let (_folder, file) = file_of(keys);
    Jwt::new(JwtSettings { jwks_file: Some(file), ..settings(algorithms) }).unwrap()
}

#[tokio::test]
async fn a_good_token_of_each_kind_of_key_names_its_reader() {
    let keys = [Key::ed("ed", 1), Key::ec("ec", 2), Key::rsa("rsa")];
    let jwt = from_file(&keys.each_ref(), &[Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256]);
    let claims = claims();
    let tokens = keys.iter().map(|key| key.sign(&claims)).chain([signed_with_secret(&claims)]);
    for (token, jwt) in tokens.zip([&jwt, &jwt, &jwt, &shared_secret()]) {
        let authenticated = jwt.check(&token).await.unwrap();
        assert_eq!(
            (authenticated.reader.name(), authenticated.reader.id(), authenticated.reader.auth_method()),
            ("kim", None, AuthMethod::Jwt)
        );
        assert!(authenticated.reader.may(Permission::Export));
        assert_eq!(authenticated.expires.unwrap().timestamp(), claims["exp"].as_i64().unwrap());
    }
}

#[tokio::test]
async fn a_token_for_others_or_another_time_is_refused() {
    let now = Utc::now().timestamp();
    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", Value::Null),
        ("nbf", json!(now + 120)),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
    ] {
        let outcome = checked(changed(claim, value.clone())).await;
        assert!(matches!(outcome, Err(Invalid(_))), "{claim}: {value}: {outcome:?}");
    }
    assert_eq!(checked(changed("exp", json!(now - 120))).await.unwrap_err(), Expired);
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let now = Utc::now().timestamp();
    assert!(checked(changed("exp", json!(now - 30))).await.is_ok());
    assert!(checked(changed("nbf", json!(now + 30))).await.is_ok());
}

#[tokio::test]
async fn a_time_is_a_number_with_or_without_a_fraction() {
    let now = Utc::now().timestamp();
    let (passed, past, soon, future) = (now - 120, now - 1, now + 120, now + 600);
    let with = async |exp: &str, nbf: &str| {
        let numbers = format!("{{\"exp\": {exp}, \"nbf\": {nbf}}}");
        let mut claims = claims();
        claims.as_object_mut().unwrap().extend(serde_json::from_str::<Map<String, Value>>(&numbers).unwrap());
        checked(claims).await
    };
    // As programs write them, which differ in how many digits they keep.
    for fraction in ["", ".5", ".123456789012345678", ".0e0", "E-0"] {
        let time = |seconds: i64| format!("{seconds}{fraction}");
        let authenticated = with(&time(future), &time(past)).await.unwrap();
        assert_eq!(authenticated.expires.unwrap().timestamp(), future, "{fraction}");
        assert_eq!(with(&time(passed), "0").await.unwrap_err(), Expired, "{fraction}");
        assert!(matches!(with(&time(future), &time(soon)).await, Err(Invalid(_))), "{fraction}");
    }
    // Milliseconds by mistake: later than any calendar goes.
    assert!(with("9999999999999.5", "0").await.is_ok());
    for wrong in ["-1", "1e300", "\"1\"", "true", "null", "[]"] {
        assert!(matches!(with(wrong, "0").await, Err(Invalid(_))), "exp {wrong}");
        assert!(matches!(with(&future.to_string(), wrong).await, Err(Invalid(_))), "nbf {wrong}");
    }
}

#[tokio::test]
async fn roles_are_a_list_or_words_and_unknown_ones_are_passed_over() {
    for (roles, expected) in [
        (json!(["support", "admin", 7]), vec![Role::Support]),
        (json!("openid ops  support"), vec![Role::Support, Role::Ops]),
        (json!({"auditor": true}), vec![]),
        (Value::Null, vec![]),
    ] {
        let authenticated = checked(changed("roles", roles)).await.unwrap();
        assert_eq!(authenticated.reader.roles().collect::<Vec<_>>(), expected);
    }
    let settings = JwtSettings {
        secret: Some(SECRET.into()),
        roles_claim: "/realm_access/roles".to_owned(),
        ..settings(&[Algorithm::HS256])
    };
    let token = signed_with_secret(&changed("realm_access", json!({"roles": ["ops"]})));
    let authenticated = Jwt::new(settings).unwrap().check(&token).await.unwrap();
    assert_eq!(authenticated.reader.roles().collect::<Vec<_>>(), [Role::Ops]);
}

#[tokio::test]
async fn a_subject_that_is_a_uuid_is_the_readers_id() {
    let id = Uuid::now_v7();
    assert_eq!(checked(changed("sub", json!(id))).await.unwrap().reader.id(), Some(id));
}

#[tokio::test]
async fn a_token_without_or_with_a_foreign_signature_is_refused() {
    let key = Key::ed("a", 1);
    let jwt = from_file(&[&key], &[Algorithm::EdDSA]);
    let good = key.sign(&claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let public = key.public_bytes();
    for (what, token) in [
        ("alg none", with_header(&json!({"alg": "none", "kid": "a"}), &claims(), "")),
        ("alg NONE", with_header(&json!({"alg": "NONE", "kid": "a"}), &claims(), "")),
        ("no signature", format!("{signed}.")),
        (
            "another's claims",
            with_header(&json!({"alg": "EdDSA", "kid": "a"}), &changed("sub", json!("x")), signature),
        ),
        ("another key", Key::ed("a", 2).sign(&claims())),
        ("HS256 with the public key", Key::shared("a", &public).sign(&claims())),
        ("another family", Key::ec("a", 1).sign(&claims())),
        ("crit", key.sign_demanding(Some("b64"), &claims())),
        ("unknown kid", Key::ed("b", 1).sign(&claims())),
        ("no JWT", "a.b.c".to_owned()),
        ("nothing", String::new()),
    ] {
        let outcome = jwt.check(&token).await;
        assert!(matches!(outcome, Err(Invalid(_))), "{what}: {outcome:?}");
    }
    assert!(jwt.check(&good).await.is_ok());
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    use Algorithm::{EdDSA, HS256, RS256};
    let (_folder, file) = file_of(&[&Key::ed("a", 1)]);
    let secret = |text: &str| Some(SecretString::from(text));
    let url = |url: &str| Some(url.to_owned());
    for (expected, settings) in [
        ("algorithms is empty", JwtSettings { secret: secret(SECRET), ..settings(&[]) }),
        ("mixes", JwtSettings { secret: secret(SECRET), ..settings(&[HS256, RS256]) }),
        ("need secret", JwtSettings { jwks_file: Some(file.clone()), ..settings(&[HS256]) }),
        ("need secret", settings(&[HS256])),
        ("no secret", JwtSettings { secret: secret(SECRET), jwks_file: Some(file), ..settings(&[EdDSA]) }),
        ("one of", settings(&[EdDSA])),
        ("32 bytes", JwtSettings { secret: secret("short"), ..settings(&[HS256]) }),
        ("https://", JwtSettings { jwks_url: url("http://id.example/jwks"), ..settings(&[EdDSA]) }),
        ("https://", JwtSettings { jwks_url: url("http://localhost@id.example/"), ..settings(&[EdDSA]) }),
        ("https://", JwtSettings { jwks_url: url("file:///etc/jwks"), ..settings(&[EdDSA]) }),
        ("jwks_file", JwtSettings { jwks_file: Some("/nowhere".into()), ..settings(&[EdDSA]) }),
        ("empty", JwtSettings { issuer: String::new(), secret: secret(SECRET), ..settings(&[HS256]) }),
    ] {
        let error = Jwt::new(settings).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for good in
        ["https://id.example/jwks", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost:8080/jwks"]
    {
        assert!(Jwt::new(JwtSettings { jwks_url: url(good), ..settings(&[EdDSA]) }).is_ok(), "{good}");
    }
}
