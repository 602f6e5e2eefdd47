//! Behind a proxy: whose request it is.

use audit_query::access_entity::Entity;

use super::{
    Site,
    records::reads,
    tokens::{AUDITOR, Tokens},
};
use crate::fixture::{Fixture, rows};

const HERE: &str = "[\"127.0.0.1/32\", \"10.0.1.0/24\"]";

fn behind(proxies: &str) -> (Tokens, Fixture, Site) {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = Site::with(
        &place,
        &[("LOG_SERVICE__WEB__TOKENS_FILE", &tokens.path()), ("LOG_SERVICE__WEB__TRUSTED_PROXIES", proxies)],
    );
    (tokens, place, site)
}

/// Asks with a token and what a proxy adds; the status.
fn ask(site: &Site, token: &str, header: (&str, &str)) -> u16 {
    site.get_with("/api/v1/logs", &[("authorization", &format!("Bearer {token}")), header]).status
}

#[tokio::test]
async fn a_read_is_recorded_with_the_reader_s_own_address() {
    let (_tokens, place, site) = behind(HERE);
    for header in [
        ("x-forwarded-for", "203.0.113.9, 192.0.2.1, 10.0.1.2"),
        ("x-forwarded-for", "[2001:db8::1]:4711"),
        ("forwarded", "for=203.0.113.9, for=192.0.2.2;proto=https"),
        ("forwarded", "for=\"[2001:db8::2]:4711\", for=10.0.1.2"),
        ("forwarded", "for=_hidden"),
    ] {
        assert_eq!(ask(&site, AUDITOR, header), 200, "{header:?}");
    }
    let records = rows::<Entity>(&place.db().await).await;
    let addresses: Vec<_> = records.iter().filter_map(|record| record.address.as_deref()).collect();
    assert_eq!(addresses, ["192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2", "127.0.0.1"]);
}

#[tokio::test]
async fn from_anywhere_else_nobody_can_say_that_he_is_another() {
    let (_tokens, place, site) = behind("[\"10.0.1.0/24\"]");
    assert_eq!(ask(&site, AUDITOR, ("x-forwarded-for", "192.0.2.1")), 200);
    assert_eq!(ask(&site, AUDITOR, ("forwarded", "for=192.0.2.1")), 200);
    let records = rows::<Entity>(&place.db().await).await;
    assert!(records.iter().all(|record| record.address.as_deref() == Some("127.0.0.1")), "{records:?}");
}

#[tokio::test]
async fn wrong_tokens_are_counted_by_the_reader_and_not_by_the_proxy() {
    let (_tokens, _place, site) = behind(HERE);
    let asked = |address| ask(&site, "tka_guessed", ("x-forwarded-for", address));
    for _ in 0..10 {
        assert_eq!(asked("192.0.2.1"), 401);
        assert_eq!(asked("2001:db8:0:1::1"), 401);
    }
    let statuses = ["192.0.2.1", "2001:db8:0:1::2", "192.0.2.2", "2001:db8:0:2::1"].map(asked);
    assert_eq!(statuses, [429, 429, 401, 401]);
    assert_eq!(ask(&site, AUDITOR, ("x-forwarded-for", "192.0.2.1")), 200);
}

#[tokio::test]
async fn what_a_proxy_can_t_have_written_is_refused_and_health_is_answered() {
    let (_tokens, place, site) = behind(HERE);
    let auditor = ("authorization", &*format!("Bearer {AUDITOR}"));
    for headers in [
        &[("x-forwarded-for", "192.0.2.1, nonsense")][..],
        &[("forwarded", "for=\", for=192.0.2.1")],
        &[("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=203.0.113.9")],
    ] {
        let answer = site.get_with("/api/v1/domains", &[headers, &[auditor]].concat());
        assert_eq!(answer.status, 400, "{headers:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("proxy"), "{}", answer.body);
        assert_eq!(site.get_with("/search", &[headers, &[auditor]].concat()).status, 400);
        assert_eq!(site.get_with("/health/live", headers).status, 200);
    }
    assert!(reads(&place).await.is_empty());
}

#[test]
fn proxies_that_could_be_anybody_end_the_start() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    for (proxies, tokens, told) in [
        ("[\"0.0.0.0/0\"]", tokens.path(), "every address"),
        ("[\"127.0.0.1/32\"]", String::new(), "nothing says who may read"),
    ] {
        let mut command = place.command(&["serve"]);
        command
            .env("LOG_SERVICE__WEB__TRUSTED_PROXIES", proxies)
            .env("LOG_SERVICE__WEB__TOKENS_FILE", tokens);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(78));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("web.trusted_proxies") && said.contains(told), "{said}");
    }
}
