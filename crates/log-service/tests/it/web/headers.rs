use super::{Site, tokens::Tokens};

/// What every answer must have: nothing inline or from elsewhere is run, nothing is framed, guessed or kept.
fn check(site: &Site, path: &str, status: u16) {
    let answer = site.get(path);
    assert_eq!(answer.status, status, "{path}");
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{path}: {name}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
}

#[tokio::test]
async fn every_kind_of_answer_has_the_security_headers() {
    let site = Site::alone(&[]);
    for (path, status) in [
        ("/", 303),
        ("/overview", 200),
        ("/search", 200),
        ("/timeline", 200),
        ("/access-log", 200),
        ("/api", 200),
        ("/events/payment/x", 404),
        ("/search?limit=0", 400),
        ("/style.css", 200),
        ("/page.js", 200),
        ("/language/en", 303),
        ("/nowhere", 404),
        ("/api/v1/logs", 200),
        ("/api/v1/logs?limit=0", 400),
        ("/api/v1/logs/export?format=csv", 200),
        ("/api/v1/openapi.json", 200),
        ("/sign-out", 405),
    ] {
        check(&site, path, status);
    }
}

#[tokio::test]
async fn so_have_the_answers_to_whoever_is_not_known() {
    let site = Tokens::file().site_alone();
    for (path, status) in [("/sign-in", 200), ("/search", 303), ("/api/v1/logs", 401)] {
        check(&site, path, status);
    }
}

#[tokio::test]
async fn no_answer_with_events_is_kept_anywhere() {
    let site = Site::alone(&[]);
    for path in ["/search", "/api/v1/logs", "/api/v1/logs/export?format=ndjson", "/api/v1/access"] {
        assert_eq!(site.get(path).header("cache-control"), "no-store", "{path}");
    }
}
