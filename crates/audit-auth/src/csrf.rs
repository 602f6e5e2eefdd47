//! Tells requests of our own page, of its reader and of programs from those that another site made a browser send.

use axum::http::{HeaderMap, HeaderValue, Method, header};

/// A page of another site made a browser send this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request was not sent by this site's own page")]
pub struct CrossSite;

/// Rejects a read that another site made a browser send: it would be recorded under the reader's name, and use up what
/// readers share. A bearer token means a program: no browser adds one by itself.
pub(crate) fn check_read(headers: &HeaderMap, has_bearer: bool) -> Result<(), CrossSite> {
    if has_bearer { Ok(()) } else { check(headers, false) }
}

/// Whether a browser has navigated to this address, whichever site the link was on.
#[must_use]
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
    method == Method::GET && says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document")
}

/// Rejects a change that another site made a browser send. Browsers say where a request comes from. One that does not is
/// rejected if it has a cookie; a program without a cookie has nothing that could be abused.
pub(crate) fn check(headers: &HeaderMap, has_cookie: bool) -> Result<(), CrossSite> {
    let ours = match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_host(origin, headers.get(header::HOST)),
        (None, None) => !has_cookie,
    };
    if ours { Ok(()) } else { Err(CrossSite) }
}

/// Whether an origin, `https://host:port`, is the host that the request was sent to. The scheme is not compared, as a
/// proxy may terminate TLS.
fn is_host(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = host.and_then(|host| host.to_str().ok());
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::{CrossSite, HeaderMap, check_read};

    fn check(headers: &[(&'static str, &'static str)], has_cookie: bool) -> bool {
        let headers = headers.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        super::check(&headers.collect(), has_cookie).is_ok()
    }

    #[test]
    fn what_the_browser_says_of_the_site_decides() {
        for (site, ours) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            let headers =
                [("sec-fetch-site", site), ("origin", "https://log.example"), ("host", "log.example")];
            assert_eq!(check(&headers, true), ours, "{site}");
        }
    }

    #[test]
    fn else_the_origin_has_to_be_the_host() {
        for (origin, host, ours) in [
            ("https://log.example", "log.example", true),
            ("http://Log.example:8080", "log.example:8080", true),
            ("https://log.example:8443", "log.example", false),
            ("https://log.example.evil.example", "log.example", false),
            ("https://evil.example", "log.example", false),
            ("null", "log.example", false),
        ] {
            assert_eq!(check(&[("origin", origin), ("host", host)], true), ours, "{origin}");
            assert_eq!(check(&[("origin", origin), ("host", host)], false), ours, "{origin}");
        }
        assert!(!check(&[("origin", "https://log.example")], true));
    }

    #[test]
    fn a_read_with_a_bearer_token_is_a_program_s() {
        let from =
            |site: &str| HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), site.parse().unwrap())]);
        for site in ["cross-site", "same-site"] {
            assert_eq!(check_read(&from(site), false), Err(CrossSite), "{site}");
            assert_eq!(check_read(&from(site), true), Ok(()), "{site}");
        }
        for site in ["same-origin", "none"] {
            assert_eq!(check_read(&from(site), false), Ok(()), "{site}");
        }
        assert_eq!(check_read(&HeaderMap::new(), false), Ok(()));
    }

    #[test]
    fn without_a_word_on_where_it_comes_from_only_programs_pass() {
        assert!(!check(&[("host", "log.example")], true));
        assert!(check(&[("host", "log.example")], false));
    }
}
