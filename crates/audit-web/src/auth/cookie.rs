use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::Refusal;

/// The longest that a browser stays signed in.
const LONGEST_SESSION: TimeDelta = TimeDelta::hours(8);

/// Browsers drop a cookie whose name and value are longer, without a word.
const LONGEST_COOKIE: usize = 4096;

/// The cookie of a signed-in browser. It holds the token itself, so that replicas share nothing, and a token that is
/// taken away ends its sessions at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionCookie {
    /// Whether it travels over TLS only. Then its name's prefix makes the browser see to it that no other host and no
    /// plain connection has set it.
    pub(super) secure: bool,
}

impl SessionCookie {
    fn name(self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    /// The value of `Set-Cookie` that keeps a token for as long as it is good, at most 8 hours.
    pub(super) fn set(
        self,
        token: &SecretString,
        expires: Option<DateTime<Utc>>,
    ) -> Result<HeaderValue, Refusal> {
        let token = token.expose_secret();
        if self.name().len() + token.len() > LONGEST_COOKIE {
            return Err(Refusal::TooLong);
        }
        let left = expires.map_or(LONGEST_SESSION, |expires| expires - Utc::now());
        let seconds = left.clamp(TimeDelta::zero(), LONGEST_SESSION).num_seconds();
        let mut value = HeaderValue::from_str(&self.with(token, seconds)).map_err(|_| Refusal::Invalid)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The value of `Set-Cookie` that forgets the token.
    pub(super) fn clear(self) -> HeaderValue {
        HeaderValue::from_static(if self.secure {
            "__Host-session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0; Secure"
        } else {
            "session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"
        })
    }

    fn with(self, token: &str, seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}", self.name())
    }

    /// The token that a request's cookie holds.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<SecretString> {
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, token) = pairs.find(|(name, _)| *name == self.name())?;
        (!token.is_empty()).then(|| token.into())
    }
}

#[cfg(test)]
mod tests {
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
        let value = SECURE.set(&"t".into(), None).unwrap();
        assert_eq!(
            value.to_str().unwrap(),
            "__Host-session=t; HttpOnly; SameSite=Strict; Path=/; Max-Age=28800; Secure"
        );
        assert!(value.is_sensitive());
        let soon = LOCAL.set(&"t".into(), Some(Utc::now() + TimeDelta::seconds(90))).unwrap();
        let soon = soon.to_str().unwrap();
        assert!(soon.ends_with("Max-Age=89") || soon.ends_with("Max-Age=90"), "{soon}");
        let past = LOCAL.set(&"t".into(), Some(Utc::now() - TimeDelta::seconds(5))).unwrap();
        assert!(past.to_str().unwrap().ends_with("Max-Age=0"));
    }

    #[test]
    fn signing_out_clears_the_cookie_that_signing_in_has_set() {
        for cookie in [SECURE, LOCAL] {
            assert_eq!(cookie.clear().to_str().unwrap(), cookie.with("", 0));
        }
    }

    #[test]
    fn a_token_that_browsers_would_drop_is_refused() {
        assert_eq!(LOCAL.set(&"t".repeat(4096).into(), None), Err(Refusal::TooLong));
    }
}
