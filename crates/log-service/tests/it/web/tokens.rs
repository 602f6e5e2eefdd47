use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::Site;
use crate::fixture::{Fixture, eventually};

pub const AUDITOR: &str = "tka_auditor";
pub const SUPPORT: &str = "tka_support";
pub const OPS: &str = "tka_ops";
pub const EXPIRED: &str = "tka_expired";

/// A file of API tokens: of each role one, and one that was good until yesterday.
pub struct Tokens(TempDir);

impl Tokens {
    pub fn file() -> Self {
        let tokens = Self(tempfile::tempdir().unwrap());
        tokens.hold(&[AUDITOR, SUPPORT, OPS, EXPIRED]);
        tokens
    }

    pub fn path(&self) -> String {
        self.0.path().join("tokens.toml").display().to_string()
    }

    /// The same token, with another role.
    pub fn hold_as(&self, token: &str, role: &str) {
        fs::write(self.path(), entry(token, role, Utc::now() + TimeDelta::days(1))).unwrap();
    }

    pub fn hold(&self, tokens: &[&str]) {
        let entries = tokens.iter().map(|token| match *token {
            EXPIRED => entry(token, "auditor", Utc::now() - TimeDelta::days(1)),
            token => entry(token, token.trim_start_matches("tka_"), Utc::now() + TimeDelta::days(1)),
        });
        fs::write(self.path(), entries.collect::<String>()).unwrap();
    }

    /// A service with this file, and nothing stored.
    pub fn site_alone(self) -> Site {
        let place = Fixture::sqlite();
        self.site(&place).keeping((place, self))
    }

    pub fn site(&self, place: &Fixture) -> Site {
        Site::with(place, &[("LOG_SERVICE__WEB__TOKENS_FILE", &self.path())])
    }
}

fn entry(token: &str, role: &str, expires: DateTime<Utc>) -> String {
    let hash = Sha256::digest(token).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    format!(
        "[[token]]\nname = 'the {role} {}'\nsha256 = '{hash}'\nroles = ['{role}']\nexpires = {}\n",
        &hash[..8],
        expires.to_rfc3339()
    )
}

const EVERYTHING: [&str; 11] = [
    "/api/v1/logs",
    "/api/v1/logs/payment/00000000-0000-0000-0000-000000000000",
    "/api/v1/timeline?q=1",
    "/api/v1/stats",
    "/api/v1/domains",
    "/api/v1/logs/export?format=ndjson",
    "/api/v1/access",
    "/api/v1/dead-letters",
    "/api/v1/dead-letters/payment/0000000000000000",
    "/api/v1/dead-letters/export",
    "/api/v1/openapi.json",
];

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let site = Tokens::file().site_alone();
    for path in EVERYTHING.iter().chain(&["/api/v1/logs/tail"]) {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{path}");
    }
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    let may = |token| EVERYTHING.map(|path| site.get_as(token, path).status);
    assert_eq!(may(AUDITOR), [200, 404, 200, 200, 200, 200, 200, 200, 404, 200, 200]);
    assert_eq!(may(SUPPORT), [200, 404, 200, 200, 200, 403, 403, 403, 403, 403, 200]);
    assert_eq!(may(OPS), [403, 403, 403, 403, 403, 403, 403, 200, 404, 200, 200]);
    assert_eq!(site.get_as(OPS, "/api/v1/logs/tail").status, 403);
}

#[tokio::test]
async fn a_refusal_names_the_role_that_is_needed() {
    let site = Tokens::file().site_alone();
    let answer = site.get_as(SUPPORT, "/api/v1/logs/export?format=csv");
    assert_eq!(answer.json()["detail"], "this needs the role auditor");
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let site = Tokens::file().site_alone();
    let answer = site.get_as(EXPIRED, "/api/v1/logs");
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn a_token_that_is_taken_out_of_the_file_is_soon_refused() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    assert_eq!(site.get_as(SUPPORT, "/api/v1/domains").status, 200);
    tokens.hold(&[AUDITOR]);
    // The file is looked at once a second. Wrong tokens are counted: so it is asked with a good one.
    eventually("the file to be read again", async || {
        site.get_as(AUDITOR, "/api/v1/domains");
        site.service.log().iter().any(|line| line.to_string().contains("the API tokens were read again"))
    })
    .await;
    assert_eq!(site.get_as(SUPPORT, "/api/v1/domains").status, 401);
    assert_eq!(site.get_as(AUDITOR, "/api/v1/domains").status, 200);
}

#[tokio::test]
async fn after_ten_wrong_tokens_an_address_has_to_wait_unless_its_token_is_good() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    for _ in 0..10 {
        assert_eq!(site.get_as("tka_guessed", "/api/v1/logs").status, 401);
    }
    let answer = site.get_as("tka_guessed", "/api/v1/logs");
    assert_eq!(answer.status, 429);
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=301).contains(&seconds), "{seconds}");
    assert_eq!(site.get_as(AUDITOR, "/api/v1/logs").status, 200);
    assert_eq!(site.post("/sign-in", &[("token", SUPPORT)], &[]).status, 303);
}

#[tokio::test]
async fn no_token_is_ever_logged() {
    let site = Tokens::file().site_alone();
    for token in [AUDITOR, EXPIRED, "tka_guessed"] {
        site.get_as(token, "/api/v1/logs");
    }
    assert!(!format!("{:?}", site.service.stop().log()).contains("tka_"));
}
