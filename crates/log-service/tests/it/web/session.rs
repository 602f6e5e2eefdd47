//! Signing in and out, as a browser does.

use super::{
    Answer, Site,
    tokens::{AUDITOR, EXPIRED, SUPPORT, Tokens},
};
use crate::fixture::Fixture;

const OUR_PAGE: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

fn site() -> (Tokens, Site) {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place).keeping(place);
    (tokens, site)
}

fn sign_in(site: &Site, token: &str) -> Answer {
    site.post("/sign-in", &[("token", token), ("back", "/search?domain=user")], &OUR_PAGE)
}

/// The cookie as a browser sends it back.
fn session(answer: &Answer) -> String {
    answer.cookies()[0].split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_and_comes_back() {
    let (_tokens, site) = site();
    let page = site.get("/search?domain=user");
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), "/sign-in?back=%2Fsearch%3Fdomain%3Duser");
    assert!(site.get(page.header("location")).body.contains("value=\"/search?domain=user\""));
    let signed_in = sign_in(&site, SUPPORT);
    assert_eq!((signed_in.status, signed_in.header("location")), (303, "/search?domain=user"));
}

#[tokio::test]
async fn the_session_is_kept_in_a_cookie_that_no_script_and_no_other_site_can_use() {
    let (_tokens, site) = site();
    let signed_in = sign_in(&site, SUPPORT);
    let [cookie] = signed_in.cookies()[..] else { panic!("{signed_in:?}") };
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let cookie = session(&signed_in);
    assert_eq!(site.get_with("/search", &[("cookie", &cookie)]).status, 200);
    assert_eq!(site.get_with("/api/v1/logs", &[("cookie", &cookie)]).status, 200);
    assert_eq!(site.get_with("/access-log", &[("cookie", &cookie)]).status, 403);
}

#[tokio::test]
async fn the_cookie_travels_over_tls_only_unless_the_service_is_for_its_own_machine() {
    let everywhere = ("LOG_SERVICE__WEB__BIND", "0.0.0.0:0");
    let proxy = ("LOG_SERVICE__WEB__TRUSTED_PROXIES", "[\"127.0.0.1/32\"]");
    let named = |value| ("LOG_SERVICE__WEB__SECURE_COOKIE", value);
    for (variables, secure) in [
        (&[][..], false),
        (&[everywhere], true),
        (&[proxy], true),
        (&[named("true")], true),
        (&[named("auto")], false),
        (&[everywhere, named("false")], false),
    ] {
        let tokens = Tokens::file();
        let path = tokens.path();
        let site = Site::alone(&[&[("LOG_SERVICE__WEB__TOKENS_FILE", &*path)], variables].concat());
        let signed_in = sign_in(&site, SUPPORT);
        let cookie = signed_in.cookies()[0];
        let (prefix, attribute) = (cookie.starts_with("__Host-session="), cookie.contains("; Secure"));
        assert_eq!((prefix, attribute), (secure, secure), "{variables:?}: {cookie}");
    }
}

#[tokio::test]
async fn a_wrong_token_signs_nobody_in() {
    let (_tokens, site) = site();
    for token in ["tka_guessed", EXPIRED, ""] {
        let answer = sign_in(&site, token);
        assert_eq!((answer.status, answer.cookies()), (401, vec![]), "{token}");
        assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
    }
}

#[tokio::test]
async fn signing_in_goes_on_to_no_other_site() {
    let (_tokens, site) = site();
    for back in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let answer = site.post("/sign-in", &[("token", SUPPORT), ("back", back)], &OUR_PAGE);
        assert_eq!(answer.header("location"), "/", "{back}");
    }
}

#[tokio::test]
async fn another_site_can_sign_nobody_in_or_out() {
    let (_tokens, site) = site();
    let cookie = session(&sign_in(&site, SUPPORT));
    for elsewhere in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let answer = site.post("/sign-in", &[("token", AUDITOR)], &[elsewhere]);
        assert_eq!((answer.status, answer.cookies()), (403, vec![]), "{elsewhere:?}");
        let answer = site.post("/sign-out", &[], &[elsewhere, ("cookie", &cookie)]);
        assert_eq!(answer.cookies(), Vec::<&str>::new(), "{elsewhere:?}");
    }
}

#[tokio::test]
async fn signing_out_forgets_the_session() {
    let (_tokens, site) = site();
    let cookie = session(&sign_in(&site, SUPPORT));
    let answer = site.post("/sign-out", &[], &[OUR_PAGE[0], ("cookie", &cookie)]);
    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in"));
    let session = answer.cookie("session");
    assert!(session.starts_with("session=;") && session.contains("Max-Age=0"), "{session}");
    let signed_out = "You are signed out";
    let notice = answer.cookie("notice").split(';').next().unwrap();
    let page = site.get_with("/sign-in", &[("cookie", notice)]);
    assert!(page.body.contains(signed_out), "{}", page.body);
    assert!(page.cookies()[0].starts_with("notice=;") && page.cookies()[0].contains("Max-Age=0"), "{page:?}");
    for forged in ["/sign-in", "/sign-in?signed_out=true"] {
        assert!(!site.get(forged).body.contains(signed_out), "{forged}");
    }
}

#[tokio::test]
async fn a_session_ends_with_its_token() {
    let (tokens, site) = site();
    let cookie = session(&sign_in(&site, SUPPORT));
    tokens.hold(&[AUDITOR]);
    crate::fixture::eventually("the file to be read again", async || {
        site.get_as(AUDITOR, "/api/v1/domains");
        site.service.log().iter().any(|line| line.to_string().contains("the API tokens were read again"))
    })
    .await;
    let answer = site.get_with("/search", &[("cookie", &cookie)]);
    assert_eq!(answer.status, 303);
    // Sent on, the cookie would be refused again and again.
    assert!(answer.cookies()[0].contains("Max-Age=0"), "{answer:?}");
}
