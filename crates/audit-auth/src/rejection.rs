use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};

use crate::{CrossSite, ForwardingError};

/// Why a request was not authenticated, and so what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthRejection {
    /// The request has no credentials: sign in.
    #[error("sign in, or send a bearer token")]
    Missing,
    /// The credentials are not valid, or no longer. The reason is in the log, not in the response.
    #[error("the token is not valid")]
    Invalid,
    /// A valid token that is too long for a cookie: it can be sent with each request, but not used to sign in.
    #[error("the token is too long to sign in with")]
    TooLong,
    /// Too many wrong tokens from this address: wait.
    #[error("too many wrong tokens from this address")]
    Throttled {
        /// For how long.
        retry_after: Duration,
    },
    /// The keys that verify tokens are not available: try again.
    #[error("the keys to check the token with can't be had at the moment")]
    Unavailable,
    /// The service has no sign-in, and the request is addressed to another host.
    #[error("without sign-in, only localhost is served")]
    NotLocal,
    /// The service has no sign-in, and the request came through a proxy.
    #[error(
        "this has come through a proxy, and without sign-in only this machine is served: set web.tokens_file, web.jwt \
         or web.gateway, and name the proxy in web.trusted_proxies"
    )]
    Proxied,
    /// Another site made a browser send the request.
    #[error("another site had a browser send this: open the audit log itself, or send a bearer token")]
    CrossSite,
    /// The origin of the request is unclear: fix the proxy.
    #[error("{0}")]
    UnclearAddress(ForwardingError),
}

impl AuthRejection {
    /// The status of the response.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Missing | Self::Invalid => StatusCode::UNAUTHORIZED,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotLocal | Self::Proxied | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::UnclearAddress(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The header that belongs to the status.
    #[must_use]
    pub fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Missing => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            // RFC 6750, 3.1.
            Self::Invalid => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer error="invalid_token""#)))
            }
            // Rounded up, so that a client that retries on the second is let in.
            Self::Throttled { retry_after } => {
                Some((header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs() + 1)))
            }
            Self::TooLong
            | Self::Unavailable
            | Self::NotLocal
            | Self::Proxied
            | Self::CrossSite
            | Self::UnclearAddress(_) => None,
        }
    }
}

impl From<CrossSite> for AuthRejection {
    fn from(_: CrossSite) -> Self {
        Self::CrossSite
    }
}
