//! Without sign-in: for this machine alone.

use super::{Site, records::reads};
use crate::fixture::Fixture;

#[test]
fn to_be_open_to_other_machines_is_refused_at_the_start() {
    let place = Fixture::sqlite();
    let output = place.command(&["serve"]).env("LOG_SERVICE__WEB__BIND", "0.0.0.0:0").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).unwrap();
    for key in ["web.bind", "0.0.0.0:0", "web.tokens_file", "web.jwt", "web.gateway", "127.0.0.1"] {
        assert!(said.contains(key), "{key}: {said}");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_at_the_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        Fixture::sqlite().command(&["serve"]).env("LOG_SERVICE__WEB__BIND", &address).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&address) && said.contains("web.bind"), "{said}");
}

#[tokio::test]
async fn nothing_listens_where_there_is_no_address() {
    let service = Fixture::sqlite().serve_with(&[("LOG_SERVICE__WEB__BIND", "")]);
    let stopped = service.stop();
    assert!(stopped.status.success() && !stopped.logged(super::HEARD));
}

#[tokio::test]
async fn a_request_that_was_meant_for_another_host_is_refused() {
    let site = Site::alone(&[]);
    // A page of the Internet whose name was pointed at this machine.
    let rebound = [("host", "evil.example")];
    for path in ["/api/v1/logs", "/api/v1/openapi.json", "/search", "/api/v1/logs/tail"] {
        assert_eq!(site.get_with(path, &rebound).status, 403, "{path}");
        assert_ne!(
            site.request(path, &[("host", "localhost:8080")]).call().unwrap().status().as_u16(),
            403,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_request_that_a_proxy_passes_on_is_refused_with_what_to_do() {
    let place = Fixture::sqlite();
    let site = Site::of(&place);
    for header in [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-host", "log.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=192.0.2.1"),
        ("x-real-ip", "192.0.2.1"),
        ("via", "1.1 proxy"),
    ] {
        let answer = site.get_with("/api/v1/logs", &[header]);
        assert_eq!(answer.status, 403, "{header:?}");
        for told in ["proxy", "web.tokens_file", "web.trusted_proxies"] {
            assert!(answer.body.contains(told), "{}", answer.body);
        }
        let page = site.get_with("/search", &[header]);
        assert!(page.status == 403 && page.body.contains("web.trusted_proxies"), "{}", page.body);
        // The platform may ask through one how the service is.
        assert_eq!(site.get_with("/health/live", &[header]).status, 200);
    }
    assert!(reads(&place).await.is_empty());
}

#[tokio::test]
async fn with_sign_in_the_service_listens_on_every_address() {
    let tokens = super::tokens::Tokens::file();
    let variables =
        [("LOG_SERVICE__WEB__BIND", "0.0.0.0:0"), ("LOG_SERVICE__WEB__TOKENS_FILE", &tokens.path())];
    let site = Site::alone(&variables);
    assert_eq!(site.get("/api/v1/logs").status, 401);
    assert_eq!(site.get_as(super::tokens::AUDITOR, "/api/v1/logs").status, 200);
}
