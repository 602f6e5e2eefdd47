use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};

use super::{CrossSite, ForwardingProblem};

/// Why nobody is known to a request, and so what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing says who asks: sign in.
    #[error("sign in, or send a bearer token")]
    Missing,
    /// What says so is not valid (any more). Why is in the log, not in the answer.
    #[error("the token is not valid")]
    Invalid,
    /// A good token that no cookie can hold: it can be sent with each request, but not signed in with.
    #[error("the token is too long to sign in with")]
    TooLong,
    /// Too many wrong tokens from this address: wait.
    #[error("too many wrong tokens from this address")]
    Throttled {
        /// For how long.
        retry_after: Duration,
    },
    /// The keys that tokens are checked with can't be had: try again.
    #[error("the keys to check the token with can't be had at the moment")]
    Unavailable,
    /// Without sign-in the service is for its own machine, and the request was meant for another host.
    #[error("without sign-in, only localhost is served")]
    NotLocal,
    /// Without sign-in the service is for its own machine, and a proxy lets others in.
    #[error(
        "this has come through a proxy, and without sign-in only this machine is served: set web.tokens_file, web.jwt \
         or web.gateway, and name the proxy in web.trusted_proxies"
    )]
    Proxied,
    /// Another site made a browser send the request.
    #[error("another site had a browser send this: open the audit log itself, or send a bearer token")]
    CrossSite,
    /// Where the request comes from can't be said: mend the proxy.
    #[error("{0}")]
    Unplaced(ForwardingProblem),
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Missing | Self::Invalid => StatusCode::UNAUTHORIZED,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotLocal | Self::Proxied | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Unplaced(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The header that goes with the status.
    #[must_use]
    pub fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Missing => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            // RFC 6750, 3.1.
            Self::Invalid => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer error="invalid_token""#)))
            }
            // Rounded up: a client that comes back on the second is let in.
            Self::Throttled { retry_after } => {
                Some((header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs() + 1)))
            }
            Self::TooLong
            | Self::Unavailable
            | Self::NotLocal
            | Self::Proxied
            | Self::CrossSite
            | Self::Unplaced(_) => None,
        }
    }
}

impl From<CrossSite> for Refusal {
    fn from(_: CrossSite) -> Self {
        Self::CrossSite
    }
}

/// Why a token was not accepted. The reasons are ours, not the sender's: they go to the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It was good once. Nobody guessed it, so it does not count against its sender: a page that is left open would
    /// lock its own address out.
    Expired,
    /// It was never good.
    Wrong(&'static str),
    /// It can't be checked now.
    Unavailable,
}
