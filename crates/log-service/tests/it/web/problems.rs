use serde_json::{Value, json};

use super::{
    Answer, Site,
    tokens::{AUDITOR, Tokens},
};
use crate::{fixture::Fixture, reading::events};

/// The members of a problem (RFC 9457), checked against the status of the answer.
fn problem(answer: &Answer) -> Value {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status);
    assert_eq!(problem["type"], "about:blank");
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    problem
}

/// The parameters that an answer complains about.
fn complained(answer: &Answer) -> Vec<String> {
    let problem = problem(answer);
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|error| error["parameter"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_parameter_that_cannot_be_understood_is_named_with_what_it_takes() {
    let site = Site::alone(&[]);
    let answer = site.get("/api/v1/logs?domain=x&actor_id=7&retry_count=two&from=yesterday&colour=red");
    assert_eq!(answer.status, 400);
    let problem = problem(&answer);
    let expected = |parameter: &str| {
        let errors = problem["errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["parameter"] == parameter);
        error.unwrap_or_else(|| panic!("{parameter}: {problem}"))["expected"].as_str().unwrap().to_owned()
    };
    for (parameter, told) in [
        ("domain", "one of arthall, auth, payment"),
        ("actor_id", "a UUID"),
        ("retry_count", "a whole number"),
        ("from", "a time such as"),
        ("colour", "only these parameters: from, to, domain, action_type"),
    ] {
        assert!(expected(parameter).contains(told), "{parameter}: {}", expected(parameter));
        assert!(problem["detail"].as_str().unwrap().contains(parameter), "{problem}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_400_at_every_address() {
    let site = Site::alone(&[]);
    for (path, parameter) in [
        ("/api/v1/logs?limit=0", "limit"),
        ("/api/v1/logs?limit=1001", "limit"),
        ("/api/v1/logs?limit=1&limit=2", "limit"),
        ("/api/v1/logs?order=up", "order"),
        ("/api/v1/logs?cursor=x", "cursor"),
        ("/api/v1/logs?tz=Asia/Soul", "tz"),
        ("/api/v1/logs?to=99999-01-01", "to"),
        ("/api/v1/logs?resource_id=a%00b", "resource_id"),
        ("/api/v1/logs/payment/00000000-0000-0000-0000-000000000000?x=1", "x"),
        ("/api/v1/timeline", "q"),
        ("/api/v1/timeline?q=+", "q"),
        ("/api/v1/timeline?q=1&widen=perhaps", "widen"),
        ("/api/v1/timeline?q=1&only_key=1", "only_key"),
        ("/api/v1/timeline?q=1&certainty=sure", "certainty"),
        ("/api/v1/timeline?q=1&limit=5001", "limit"),
        ("/api/v1/timeline?q=1&domain=user", "domain"),
        ("/api/v1/stats?by=colour", "by"),
        ("/api/v1/stats?bucket=week", "bucket"),
        ("/api/v1/stats?bucket=day&bucket=hour", "bucket"),
        ("/api/v1/stats?from=2025-12-01&from=2025-12-02", "from"),
        ("/api/v1/stats?to=2025-12-01&to=2025-12-01", "to"),
        ("/api/v1/stats?tz=UTC&tz=UTC", "tz"),
        ("/api/v1/stats?from=2025-12-02&to=2025-12-01", "to"),
        ("/api/v1/logs?from=2025-12-01&from=2025-12-02", "from"),
        ("/api/v1/logs?from=2025-12-02&to=2025-12-01", "to"),
        ("/api/v1/timeline?q=1&from=2025-12-02&to=2025-12-01", "to"),
        ("/api/v1/access?to=2025-12-01&to=2025-12-02", "to"),
        ("/api/v1/domains?x=1", "x"),
        ("/api/v1/logs/export", "format"),
        ("/api/v1/logs/export?format=xlsx", "format"),
        ("/api/v1/logs/export?format=csv&bom=1", "bom"),
        ("/api/v1/logs/tail?since=here", "since"),
        ("/api/v1/logs/tail?since=payment:-1", "since"),
        ("/api/v1/logs/tail?since=pay%0Ament:1", "since"),
        ("/api/v1/access?domain=payment", "domain"),
    ] {
        let answer = site.get(path);
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
        assert_eq!(complained(&answer), [parameter], "{path}");
    }
}

#[tokio::test]
async fn the_page_links_to_the_field_that_is_wrong() {
    let site = Site::alone(&[]);
    for (path, field) in
        [("/search?from=2025-12-02&to=2025-12-01", "to"), ("/search?from=2025-12-01&from=2025-12-02", "from")]
    {
        let answer = site.get(path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains(&format!("href=\"#f-{field}\"")), "{path}: {}", answer.body);
    }
}

/// Cursors by their form: one with a time that no database holds, one with a domain that is no text.
const BEYOND_ALL_TIME: &str = "AQBsm4mJPDUAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHBheW1lbnQ";
const NO_TEXT: &str = "AQAABkVGeFST4YAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn a_cursor_that_was_changed_is_400_on_both_databases() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 1).await;
        let site = Site::of(&place);
        for cursor in [BEYOND_ALL_TIME, NO_TEXT] {
            let answer = site.get(&format!("/api/v1/logs?cursor={cursor}"));
            assert_eq!((answer.status, complained(&answer)), (400, vec!["cursor".to_owned()]), "{cursor}");
        }
    }
}

#[tokio::test]
async fn text_may_be_as_long_as_the_log_keeps_it_in_any_language() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 1).await;
        let site = Site::of(&place);
        for (letters, status) in [(255, 200), (256, 400)] {
            let text = super::escaped(&"석".repeat(letters));
            for path in ["/api/v1/logs?seat_number=", "/api/v1/timeline?q="] {
                assert_eq!(site.get(&format!("{path}{text}")).status, status, "{path} {letters}");
            }
        }
    }
}

#[tokio::test]
async fn another_method_is_405_and_the_answer_names_the_right_ones() {
    let site = Site::alone(&[]);
    for path in ["/api/v1/logs", "/api/v1/logs/export", "/api/v1/openapi.json", "/search"] {
        let answer = site.post(path, &[], &[]);
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), "GET,HEAD", "{path}");
        problem(&answer);
    }
    let answer = site.get("/sign-out");
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn an_address_that_is_not_there_is_told_as_a_problem() {
    let site = Site::alone(&[]);
    let answer = site.get("/api/v2/logs");
    assert_eq!(answer.status, 404);
    assert!(problem(&answer)["detail"].as_str().unwrap().contains("/api"));
}

/// What a browser sends when it navigates.
const NAVIGATES: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

#[tokio::test]
async fn an_unknown_address_is_a_page_in_the_reader_s_language_without_signing_in() {
    let tokens = Tokens::file();
    let site = tokens.site_alone();
    let (english, korean) = ("There is no such page", "페이지를 찾을 수 없습니다");
    for (preference, text) in [
        (("accept-language", "en"), english),
        (("accept-language", "ko-KR,ko;q=0.9"), korean),
        (("cookie", "lang=ko"), korean),
    ] {
        let answer = site.get_with("/nowhere?tz=Asia/Seoul", &[NAVIGATES, preference]);
        assert_eq!((answer.status, answer.header("content-type")), (404, "text/html; charset=utf-8"));
        assert!(answer.body.contains(text) && answer.body.contains("<main"), "{}", answer.body);
        assert!(answer.body.contains("href=\"/language/"), "{}", answer.body);
        assert!(!answer.header("content-security-policy").is_empty());
    }
    for accept in ["*/*", "application/json", "application/json, text/*"] {
        problem(&site.get_with("/nowhere", &[("accept", accept)]));
    }
    let accesses = site.get_as(AUDITOR, "/api/v1/access").json();
    assert_eq!(accesses["items"], json!([]), "nothing was read or refused");
}

#[tokio::test]
async fn a_page_that_is_opened_with_another_method_says_so_as_a_page() {
    let site = Site::alone(&[]);
    let answer = site.get_with("/sign-out", &[NAVIGATES]);
    assert_eq!((answer.status, answer.header("content-type")), (405, "text/html; charset=utf-8"));
    assert_eq!(answer.header("allow"), "POST");
    assert!(answer.body.contains("can’t be used like that"), "{}", answer.body);
    problem(&site.post("/api/v1/logs", &[], &[NAVIGATES]));
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let site = Site::of(&place);
    for (path, status) in [
        ("/api/v1/logs", 200),
        ("/api/v1/logs/export?format=csv", 200),
        ("/api/v1/logs?limit=0", 400),
        ("/search", 200),
    ] {
        let mut head = site.agent.head(site.url(path)).call().unwrap();
        assert_eq!(head.status().as_u16(), status, "{path}");
        assert_eq!(head.headers().get("content-type"), site.get(path).headers.get("content-type"), "{path}");
        assert_eq!(head.body_mut().read_to_string().unwrap(), "", "{path}");
    }
}

#[tokio::test]
async fn a_form_that_is_too_large_is_413() {
    let site = Site::alone(&[]);
    assert_eq!(site.post("/sign-in", &[("token", &"x".repeat(20_000))], &[]).status, 413);
}

#[tokio::test]
async fn a_question_with_too_many_parameters_is_refused() {
    let site = Site::alone(&[]);
    let many: Vec<_> = (0..201).map(|at| format!("resource_id={}", at % 10)).collect();
    assert_eq!(complained(&site.get(&format!("/api/v1/logs?{}", many.join("&")))), ["*"]);
    let errors = json!([{"parameter": "resource_id", "expected": "at most 50 values"}]);
    for value in ["", "same"] {
        let values = vec![format!("resource_id={value}"); 51];
        let answer = site.get(&format!("/api/v1/logs?{}", values.join("&")));
        assert_eq!(answer.json()["errors"], errors, "{value}");
    }
}
