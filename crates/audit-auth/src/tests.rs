//! The methods together, as a request meets them.

use std::{collections::HashMap, net::IpAddr, path::PathBuf};

use axum::http::{HeaderMap, StatusCode, header};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tempfile::TempDir;

use super::*;

const SECRET: &str = "a shared secret of 32 bytes, or more";
const ANYWHERE: &str = "0.0.0.0:8080";
const HERE: &str = "127.0.0.1:8080";

fn at(address: [u8; 4]) -> ClientAddress {
    ClientAddress::direct(IpAddr::from(address))
}

fn here() -> ClientAddress {
    at([192, 0, 2, 1])
}

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    all.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn bearer(token: &str) -> HeaderMap {
    headers(&[("authorization", &format!("Bearer {token}"))])
}

/// A service with one API token.
struct Service {
    authentication: Authentication,
    token: SecretString,
    _folder: TempDir,
}

impl Service {
    fn new(bind: &str, jwt: Option<JwtSettings>, gateway: Option<GatewaySettings>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens_file = folder.path().join("tokens.toml");
        let new =
            NewToken::make("desk", [Role::Support].into_iter().collect(), Utc::now() + TimeDelta::hours(1));
        let new = new.unwrap();
        new.append(&tokens_file).unwrap();
        let settings =
            AuthSettings { tokens_file: Some(tokens_file), jwt, gateway, ..AuthSettings::default() };
        let authentication = Authentication::new(settings, bind.parse().unwrap()).unwrap();
        Self { authentication, token: new.secret().clone(), _folder: folder }
    }

    async fn identify(&self, headers: HeaderMap) -> Result<Reader, AuthRejection> {
        self.authentication.identify(&headers, here()).await
    }
}

fn jwt() -> JwtSettings {
    JwtSettings {
        issuer: "i".to_owned(),
        audience: "a".to_owned(),
        algorithms: vec![Algorithm::HS256],
        secret: Some(SECRET.into()),
        jwks_file: None,
        jwks_url: None,
        roles_claim: "roles".to_owned(),
    }
}

fn signed(lasts: TimeDelta) -> String {
    let claims = json!({"iss": "i", "aud": "a", "sub": "kim", "exp": (Utc::now() + lasts).timestamp()});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

fn gateway() -> GatewaySettings {
    GatewaySettings { networks: vec!["192.0.2.0/24".parse().unwrap()], roles: HashMap::new() }
}

#[test]
fn without_a_method_only_this_machine_is_served() {
    for bind in [ANYWHERE, "[::]:8080", "192.0.2.1:80", "[::ffff:192.0.2.1]:80"] {
        let settings = AuthSettings { tokens_file: Some(PathBuf::new()), ..AuthSettings::default() };
        let error = Authentication::new(settings, bind.parse().unwrap()).unwrap_err().to_string();
        for expected in ["web.bind", bind, "web.tokens_file", "web.jwt", "web.gateway", "127.0.0.1"] {
            assert!(error.contains(expected), "{error}");
        }
    }
    let proxy = vec!["127.0.0.1/32".parse().unwrap()];
    let settings = AuthSettings { trusted_proxies: proxy, ..AuthSettings::default() };
    let error = Authentication::new(settings, HERE.parse().unwrap()).unwrap_err();
    assert!(matches!(error, AuthError::OpenBehindProxy), "{error}");
    for bind in [HERE, "[::1]:8080", "[::ffff:127.0.0.1]:80"] {
        assert!(Authentication::new(AuthSettings::default(), bind.parse().unwrap()).is_ok(), "{bind}");
    }
}

#[tokio::test]
async fn open_to_this_machine_everybody_is_local_unless_meant_for_another_host() {
    let open = Authentication::new(AuthSettings::default(), HERE.parse().unwrap()).unwrap();
    assert!(!open.takes_tokens());
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"] {
        let reader = open.identify(&headers(&[("host", host)]), here()).await.unwrap();
        assert_eq!(
            (reader.name(), reader.auth_method(), reader.roles().count()),
            ("local", AuthMethod::Open, 3)
        );
    }
    assert!(open.identify(&HeaderMap::new(), here()).await.is_ok());
    for host in ["evil.example:8080", "localhost.evil.example", "", "@", "evil@127.0.0.1"] {
        let outcome = open.identify(&headers(&[("host", host)]), here()).await;
        assert_eq!(outcome, Err(AuthRejection::NotLocal), "{host}");
    }
}

#[tokio::test]
async fn a_reader_is_known_by_bearer_then_cookie_then_gateway() {
    let service = Service::new(ANYWHERE, Some(jwt()), Some(gateway()));
    let token = service.token.expose_secret().to_owned();
    let (id, user_type) = (("x-user-id", "7"), ("x-user-type", "ADMIN"));
    let cookie = format!("__Host-session={token}");
    let authorization = format!("bearer {}", signed(TimeDelta::hours(1)));
    for (sent, name, method) in [
        (
            headers(&[("authorization", &authorization), ("cookie", &cookie), id, user_type]),
            "kim",
            AuthMethod::Jwt,
        ),
        (headers(&[("cookie", &cookie), id, user_type]), "desk", AuthMethod::Token),
        (headers(&[("authorization", "Basic eDp5"), id, user_type]), "7", AuthMethod::Gateway),
        (bearer(&token), "desk", AuthMethod::Token),
    ] {
        let reader = service.identify(sent).await.unwrap();
        assert_eq!((reader.name(), reader.auth_method()), (name, method));
    }
    let wrong = headers(&[("authorization", "Bearer tka_x"), ("cookie", &cookie), id, user_type]);
    assert_eq!(service.identify(wrong).await, Err(AuthRejection::Invalid));
    assert_eq!(service.identify(HeaderMap::new()).await, Err(AuthRejection::Missing));
}

#[tokio::test]
async fn a_token_that_the_gateway_passes_on_is_not_ours_to_check() {
    let service = Service::new(ANYWHERE, None, Some(gateway()));
    let authorization = format!("Bearer {}", signed(TimeDelta::hours(1)));
    let from_gateway =
        headers(&[("authorization", &authorization), ("x-user-id", "7"), ("x-user-type", "ADMIN")]);
    assert_eq!(service.identify(from_gateway.clone()).await.unwrap().auth_method(), AuthMethod::Gateway);
    let elsewhere = at([203, 0, 113, 1]);
    assert_eq!(service.authentication.identify(&from_gateway, elsewhere).await, Err(AuthRejection::Invalid));
}

#[tokio::test]
async fn what_signing_in_sets_is_who_one_is_until_signing_out() {
    for (bind, session) in [(ANYWHERE, "__Host-session="), (HERE, "session=")] {
        let service = Service::new(bind, Some(jwt()), None);
        assert!(service.authentication.takes_tokens());
        for (token, name) in [(service.token.clone(), "desk"), (signed(TimeDelta::hours(1)).into(), "kim")] {
            let (reader, cookie) = service.authentication.sign_in(&token, here()).await.unwrap();
            assert_eq!(reader.name(), name);
            let cookie = cookie.to_string();
            assert!(cookie.starts_with(session) && cookie.contains("Max-Age=3"), "{cookie}");
            let pair = cookie.split(';').next().unwrap();
            assert_eq!(service.identify(headers(&[("cookie", pair)])).await, Ok(reader));
        }
        let cleared = service.authentication.sign_out();
        let pair = cleared.stripped().to_string();
        assert_eq!(service.identify(headers(&[("cookie", &pair)])).await, Err(AuthRejection::Missing));
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_tokens_are_throttled_but_missing_and_expired_ones_are_not() {
    let service = Service::new(ANYWHERE, Some(jwt()), None);
    for _ in 0..20 {
        assert_eq!(service.identify(HeaderMap::new()).await, Err(AuthRejection::Missing));
        assert_eq!(
            service.identify(bearer(&signed(-TimeDelta::hours(1)))).await,
            Err(AuthRejection::Invalid)
        );
    }
    for _ in 0..3 {
        assert_eq!(service.identify(bearer("tka_wrong")).await, Err(AuthRejection::Invalid));
        assert_eq!(service.identify(bearer("wrong.jwt.token")).await, Err(AuthRejection::Invalid));
        let cookie = headers(&[("cookie", "__Host-session=wrong")]);
        assert_eq!(service.identify(cookie).await, Err(AuthRejection::Invalid));
    }
    let outcome = service.authentication.sign_in(&"wrong".into(), here()).await;
    assert_eq!(outcome.unwrap_err(), AuthRejection::Invalid);
    let rejection = service.identify(bearer("tka_wrong")).await.unwrap_err();
    assert!(matches!(rejection, AuthRejection::Throttled { .. }));
    let rejection = service.authentication.sign_in(&"wrong".into(), here()).await.unwrap_err();
    assert!(matches!(rejection, AuthRejection::Throttled { .. }));
    assert_eq!(service.identify(HeaderMap::new()).await, Err(AuthRejection::Missing));
    assert_eq!(
        service.identify(bearer("tka_wrong")).await.unwrap_err().status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    let elsewhere = at([192, 0, 2, 2]);
    assert_eq!(
        service.authentication.identify(&bearer("tka_wrong"), elsewhere).await,
        Err(AuthRejection::Invalid)
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_locked_out_by_the_wrong_tokens_of_others_at_his_address() {
    let service = Service::new(ANYWHERE, Some(jwt()), None);
    for _ in 0..20 {
        let _ = service.identify(bearer("tka_wrong")).await;
    }
    assert!(service.identify(bearer(service.token.expose_secret())).await.is_ok());
    assert!(service.identify(bearer(&signed(TimeDelta::hours(1)))).await.is_ok());
    assert!(service.authentication.sign_in(&service.token, here()).await.is_ok());
}

#[tokio::test]
async fn the_gateway_is_known_by_its_connection_and_not_by_what_a_proxy_says() {
    let service = Service::new(ANYWHERE, None, Some(gateway()));
    let proxies = TrustedProxies::new(vec!["10.0.1.0/24".parse().unwrap()]).unwrap();
    let sent = headers(&[("x-user-id", "7"), ("x-user-type", "ADMIN"), ("x-forwarded-for", "192.0.2.1")]);
    let through_a_proxy = ClientAddress::of(&sent, [10, 0, 1, 1].into(), &proxies);
    assert_eq!(through_a_proxy.ip(), here().ip());
    assert_eq!(service.authentication.identify(&sent, through_a_proxy).await, Err(AuthRejection::Missing));
}

#[tokio::test]
async fn whoever_can_t_be_placed_is_refused() {
    let service = Service::new(ANYWHERE, None, None);
    let proxies = TrustedProxies::new(vec!["10.0.1.0/24".parse().unwrap()]).unwrap();
    let mut sent = bearer(service.token.expose_secret());
    sent.insert("x-forwarded-for", "nonsense".parse().unwrap());
    let address = ClientAddress::of(&sent, [10, 0, 1, 1].into(), &proxies);
    let refused = AuthRejection::UnclearAddress(ForwardingError::Unreadable);
    assert_eq!(service.authentication.identify(&sent, address).await, Err(refused));
    assert_eq!(service.authentication.sign_in(&service.token, address).await, Err(refused));
}

#[test]
fn a_refusal_is_an_answer() {
    let throttled = AuthRejection::Throttled { retry_after: std::time::Duration::from_millis(1500) };
    for (rejection, status, name, value) in [
        (AuthRejection::Missing, StatusCode::UNAUTHORIZED, header::WWW_AUTHENTICATE, "Bearer"),
        (
            AuthRejection::Invalid,
            StatusCode::UNAUTHORIZED,
            header::WWW_AUTHENTICATE,
            "Bearer error=\"invalid_token\"",
        ),
        (throttled, StatusCode::TOO_MANY_REQUESTS, header::RETRY_AFTER, "2"),
    ] {
        assert_eq!((rejection.status(), rejection.header()), (status, Some((name, value.parse().unwrap()))));
    }
    assert_eq!(AuthRejection::Unavailable.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_session_changes_something_only_from_our_own_page() {
    let service = Service::new(ANYWHERE, None, None);
    let check = |sent: &[(&'static str, &str)]| service.authentication.check_site(&headers(sent)).is_ok();
    let cookie = ("cookie", "__Host-session=t");
    assert!(!check(&[cookie]));
    assert!(check(&[cookie, ("sec-fetch-site", "same-origin")]));
    assert!(check(&[cookie, ("authorization", "Bearer t")]));
    assert!(check(&[]));
}

#[tokio::test]
async fn no_debug_output_shows_a_secret() {
    let service = Service::new(ANYWHERE, Some(jwt()), None);
    let shown = format!("{:?} {:?}", service.authentication, jwt());
    assert!(!shown.contains(SECRET) && !shown.contains(service.token.expose_secret()), "{shown}");
    let bytes = format!("{:?}", SECRET.as_bytes());
    assert!(!shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
}
