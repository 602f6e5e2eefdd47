//! What a page of another site can have a reader's browser do: nothing that is read or recorded.

use super::{
    Site,
    records::reads,
    tokens::{AUDITOR, SUPPORT, Tokens},
};
use crate::fixture::Fixture;

/// A browser follows a link.
const LINK: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

const READS: [&str; 6] = [
    "/api/v1/logs",
    "/api/v1/logs/tail",
    "/api/v1/logs/export?format=csv",
    "/search",
    "/timeline?q=kim",
    "/access-log",
];

#[tokio::test]
async fn another_site_makes_no_read_and_takes_no_follower_s_place() {
    let place = Fixture::sqlite();
    let site = Site::of(&place);
    for path in READS {
        for elsewhere in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            // A frame, before its browser knows that it may be none.
            &[("sec-fetch-site", "cross-site"), LINK[0], ("sec-fetch-dest", "iframe")],
            // A browser that does not know these headers.
            &[("origin", "https://evil.example")],
        ] {
            assert_eq!(site.get_with(path, elsewhere).status, 403, "{path}: {elsewhere:?}");
        }
    }
    assert!(reads(&place).await.is_empty());
    for ours in ["same-origin", "none"] {
        assert_eq!(site.get_with("/search", &[("sec-fetch-site", ours)]).status, 200);
    }
    assert_eq!(reads(&place).await.len(), 2);
}

#[tokio::test]
async fn a_link_on_another_site_leads_to_a_page_that_says_so_and_reads_nothing() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let open = Fixture::sqlite();
    for (place, site) in [(&place, tokens.site(&place)), (&open, Site::of(&open))] {
        let elsewhere = [("sec-fetch-site", "cross-site"), LINK[0], LINK[1]];
        let answer = site.get_with("/timeline?q=kim&tz=UTC", &elsewhere);
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("href=\"/timeline?q=kim&amp;tz=UTC\""), "{}", answer.body);
        assert!(!answer.body.contains("http-equiv=\"refresh\""), "{}", answer.body);
        // The API is no page.
        assert_eq!(site.get_with("/api/v1/logs/tail", &elsewhere).status, 403);
        assert!(reads(place).await.is_empty());
    }
}

#[tokio::test]
async fn neither_does_one_with_a_session_that_a_browser_sent_all_the_same() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    let cookie = format!("session={SUPPORT}");
    let answer = site.get_with("/api/v1/logs", &[("sec-fetch-site", "cross-site"), ("cookie", &cookie)]);
    assert_eq!(answer.status, 403);
    assert!(reads(&place).await.is_empty());
}

#[tokio::test]
async fn nor_one_that_the_gateway_signs_in_by_a_cookie_of_its_own() {
    let site = Site::alone(&[
        ("LOG_SERVICE__WEB__GATEWAY__NETWORKS", "[\"127.0.0.1/32\"]"),
        ("LOG_SERVICE__WEB__GATEWAY__ROLES", "{ADMIN = [\"auditor\"]}"),
    ]);
    let user = [("x-user-id", "7"), ("x-user-type", "ADMIN"), ("sec-fetch-site", "same-site")];
    assert_eq!(site.get_with("/api/v1/logs", &user).status, 403);
    // A page with a bearer token, which the gateway passes on, is a program.
    let program = [user.as_slice(), &[("authorization", "Bearer of.the.gateway")]].concat();
    assert_eq!(site.get_with("/api/v1/logs", &program).status, 200);
}

#[tokio::test]
async fn a_program_with_a_token_reads_from_wherever_it_runs() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    let token = format!("Bearer {AUDITOR}");
    let sent = [("sec-fetch-site", "cross-site"), ("authorization", token.as_str())];
    assert_eq!(site.get_with("/api/v1/logs", &sent).status, 200);
}
