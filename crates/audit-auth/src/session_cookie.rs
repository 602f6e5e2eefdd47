use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::AuthRejection;

/// A browser stays signed in for this long at most.
const MAX_SESSION: TimeDelta = TimeDelta::hours(8);

/// Browsers silently drop a cookie whose name and value are longer.
const MAX_COOKIE_BYTES: usize = 4096;

/// The cookie of a signed-in browser. It holds the token itself, so that replicas share nothing, and revoking a token ends
/// its sessions at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionCookie {
    /// Whether it is sent over TLS only. Then the prefix of its name also makes sure that no other host and no plain
    /// connection has set it.
    pub(crate) secure: bool,
}

impl SessionCookie {
    fn name(self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    /// The cookie that keeps a token until it expires, for 8 hours at most.
    pub(crate) fn set(
        self,
        token: &SecretString,
        expires: Option<DateTime<Utc>>,
    ) -> Result<Cookie<'static>, AuthRejection> {
        let token = token.expose_secret();
        if self.name().len() + token.len() > MAX_COOKIE_BYTES {
            return Err(AuthRejection::TooLong);
        }
        let left = expires.map_or(MAX_SESSION, |expires| expires - Utc::now());
        Ok(self.with(token.to_owned(), left.clamp(TimeDelta::zero(), MAX_SESSION)))
    }

    /// The cookie that removes the token.
    pub(crate) fn clear(self) -> Cookie<'static> {
        self.with(String::new(), TimeDelta::zero())
    }

    fn with(self, token: String, max_age: TimeDelta) -> Cookie<'static> {
        let max_age = max_age.to_std().unwrap_or_default();
        Cookie::build((self.name(), token))
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(self.secure)
            .path("/")
            .max_age(max_age.try_into().unwrap_or_default())
            .build()
    }

    /// The token in a request's cookie.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<SecretString> {
        let jar = CookieJar::from_headers(headers);
        let token = jar.get(self.name())?.value();
        (!token.is_empty()).then(|| token.into())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    const SECURE: SessionCookie = SessionCookie { secure: true };
    const LOCAL: SessionCookie = SessionCookie { secure: false };

    fn read(cookie: SessionCookie, lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        cookie.read(&headers).map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(read(LOCAL, &["a=b; session=t=1", "c=d"]).as_deref(), Some("t=1"));
        assert_eq!(read(LOCAL, &["a=b", "session=t;x"]).as_deref(), Some("t"));
        assert_eq!(read(LOCAL, &["a=b; asession=t; session", ""]), None);
        assert_eq!(read(LOCAL, &["session="]), None);
    }

    #[test]
    fn over_tls_only_the_cookie_that_no_other_host_can_set_is_read() {
        assert_eq!(read(SECURE, &["session=planted; __Host-session=own"]).as_deref(), Some("own"));
        assert_eq!(read(SECURE, &["session=planted"]), None);
    }

    #[test]
    fn a_session_ends_after_eight_hours_or_with_its_token() {
        let cookie = SECURE.set(&"t".into(), None).unwrap();
        assert_eq!(
            cookie.to_string(),
            "__Host-session=t; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=28800"
        );
        let max_age = |left| {
            let cookie = LOCAL.set(&"t".into(), Some(Utc::now() + TimeDelta::seconds(left))).unwrap();
            cookie.max_age().unwrap().whole_seconds()
        };
        assert!([89, 90].contains(&max_age(90)));
        assert_eq!(max_age(-5), 0);
    }

    #[test]
    fn signing_out_clears_the_cookie_that_signing_in_has_set() {
        assert_eq!(LOCAL.clear().to_string(), "session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
        assert_eq!(SECURE.clear().name(), SECURE.set(&"t".into(), None).unwrap().name());
    }

    #[test]
    fn a_token_that_browsers_would_drop_is_refused() {
        assert_eq!(LOCAL.set(&"t".repeat(4096).into(), None), Err(AuthRejection::TooLong));
    }
}
