use std::net::SocketAddr;

use axum::http::{HeaderMap, header, uri::Authority};
use axum_extra::extract::cookie::Cookie;
use secrecy::{ExposeSecret, SecretString};
use tracing::{debug, warn};

use crate::{
    AuthError, AuthRejection, AuthSettings, ClientAddress, CrossSite, Reader, TrustedProxies, csrf,
    forwarded::is_forwarded,
    gateway::Gateway,
    is_loopback,
    jwt::Jwt,
    session_cookie::SessionCookie,
    throttle::Throttle,
    token::{TOKEN_PREFIX, TokensFile},
    token_check::{Authenticated, TokenCheckError},
};

/// Longer tokens are rejected without being checked.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Identifies the reader of each request.
#[derive(Debug)]
pub struct Authentication {
    /// `None`: nobody has to authenticate.
    methods: Option<Methods>,
    cookie: SessionCookie,
    proxies: TrustedProxies,
}

/// The configured ways to authenticate.
#[derive(Debug)]
struct Methods {
    tokens: Option<TokensFile>,
    jwt: Option<Jwt>,
    gateway: Option<Gateway>,
    throttle: Throttle,
}

impl Authentication {
    /// Reads the files and checks the settings. `bind` is the address that the service listens on: without any method, it
    /// must be a loopback address.
    pub fn new(settings: AuthSettings, bind: SocketAddr) -> Result<Self, AuthError> {
        let AuthSettings { tokens_file, jwt, gateway, trusted_proxies, secure_cookie, tls } = settings;
        let proxies = TrustedProxies::new(trusted_proxies)?;
        let tokens_file = tokens_file.filter(|path| !path.as_os_str().is_empty());
        let local = bind.ip().to_canonical().is_loopback();
        // A proxy on this machine ends TLS, as one elsewhere does.
        let is_behind_tls = tls || !local || !proxies.is_empty();
        let cookie = SessionCookie { secure: secure_cookie.unwrap_or(is_behind_tls) };
        if tokens_file.is_none() && jwt.is_none() && gateway.is_none() {
            if !local {
                return Err(AuthError::Open { bind });
            }
            if !proxies.is_empty() {
                return Err(AuthError::OpenBehindProxy);
            }
            return Ok(Self { methods: None, cookie, proxies });
        }
        let methods = Methods {
            tokens: tokens_file.map(TokensFile::open).transpose().map_err(AuthError::Tokens)?,
            jwt: jwt.map(Jwt::new).transpose()?,
            gateway: gateway.map(Gateway::new).transpose()?,
            throttle: Throttle::default(),
        };
        Ok(Self { methods: Some(methods), cookie, proxies })
    }

    /// The proxies that are trusted to report a reader's address.
    #[must_use]
    pub fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// Returns the address if it belongs to a single reader. Many readers share the address of a gateway or proxy, and
    /// loopback where nobody has to authenticate.
    #[must_use]
    pub fn own_address(&self, address: ClientAddress) -> Option<ClientAddress> {
        let methods = self.methods.as_ref()?;
        let is_gateway = methods.gateway.as_ref().is_some_and(|gateway| gateway.is_at(address.ip()));
        (!is_gateway && !self.proxies.contains(address.ip())).then_some(address)
    }

    /// Whether readers can sign in with a token.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        self.methods.as_ref().is_some_and(|methods| methods.tokens.is_some() || methods.jwt.is_some())
    }

    /// Identifies the reader by the bearer token, else by the session cookie, else by the gateway's headers. Those count
    /// only on the gateway's own connection, whatever other headers claim about the address.
    pub async fn identify(
        &self,
        headers: &HeaderMap,
        address: ClientAddress,
    ) -> Result<Reader, AuthRejection> {
        let Some(methods) = &self.methods else {
            return local(headers);
        };
        if let Some(error) = address.forwarding_error() {
            return Err(AuthRejection::UnclearAddress(error));
        }
        csrf::check_read(headers, bearer(headers).is_some())?;
        let token = bearer(headers).or_else(|| self.cookie.read(headers));
        match &token {
            Some(token) if methods.can_check(token) => {
                methods.check(token, address).await.map(|authenticated| authenticated.reader)
            }
            // The gateway may pass on a token that is meant for another service.
            _ => match methods.gateway.as_ref().and_then(|gateway| gateway.identify(headers, address.peer()))
            {
                Some(reader) => Ok(reader),
                None if token.is_none() => Err(AuthRejection::Missing),
                None => Err(methods.reject(address, "no method is configured for it")),
            },
        }
    }

    /// Returns the reader of this token, and the cookie that keeps him signed in. Call [`Self::check_site`] first.
    pub async fn sign_in(
        &self,
        token: &SecretString,
        address: ClientAddress,
    ) -> Result<(Reader, Cookie<'static>), AuthRejection> {
        let methods = self.methods.as_ref().ok_or(AuthRejection::Invalid)?;
        if let Some(error) = address.forwarding_error() {
            return Err(AuthRejection::UnclearAddress(error));
        }
        if !methods.can_check(token) {
            return Err(methods.reject(address, "no method is configured for it"));
        }
        let Authenticated { reader, expires } = methods.check(token, address).await?;
        Ok((reader, self.cookie.set(token, expires)?))
    }

    /// The cookie that signs the reader out. It is also sent when his token is no longer valid.
    #[must_use]
    pub fn sign_out(&self) -> Cookie<'static> {
        self.cookie.clear()
    }

    /// Whether cookies travel over TLS only.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.cookie.secure
    }

    /// Rejects a request that another site made a browser send. For every request that changes something, including
    /// signing in and out.
    pub fn check_site(&self, headers: &HeaderMap) -> Result<(), CrossSite> {
        csrf::check(headers, bearer(headers).is_none() && self.cookie.read(headers).is_some())
    }
}

impl Methods {
    fn can_check(&self, token: &SecretString) -> bool {
        if token.expose_secret().starts_with(TOKEN_PREFIX) {
            self.tokens.is_some()
        } else {
            self.jwt.is_some()
        }
    }

    /// Checks a token. A valid one is never rejected because of what else its address has sent.
    async fn check(
        &self,
        token: &SecretString,
        address: ClientAddress,
    ) -> Result<Authenticated, AuthRejection> {
        self.look_up(token.expose_secret()).await.map_err(|error| match error {
            TokenCheckError::Unavailable => AuthRejection::Unavailable,
            TokenCheckError::Invalid(reason) => self.reject(address, reason),
            TokenCheckError::Expired => {
                debug!(address = %address.ip(), "an expired token was refused");
                AuthRejection::Invalid
            }
        })
    }

    async fn look_up(&self, token: &str) -> Result<Authenticated, TokenCheckError> {
        match (&self.tokens, &self.jwt) {
            _ if token.len() > MAX_TOKEN_BYTES => Err(TokenCheckError::Invalid("it is too long")),
            (Some(tokens), _) if token.starts_with(TOKEN_PREFIX) => tokens.check(token),
            (_, Some(jwt)) => jwt.check(token).await,
            _ => Err(TokenCheckError::Invalid("no method is configured for it")),
        }
    }

    fn reject(&self, address: ClientAddress, reason: &'static str) -> AuthRejection {
        // A throttled sender can't fill the log either.
        if let Some(retry_after) = self.throttle.count(address) {
            return AuthRejection::Throttled { retry_after };
        }
        warn!(address = %address.ip(), reason, "a wrong token was refused");
        AuthRejection::Invalid
    }
}

/// The token of `Authorization: Bearer`. Other schemes are ignored.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

/// The reader of a service without sign-in. It serves only its own machine, and rejects requests that came through a proxy
/// or that a web page made a browser on this machine send.
fn local(headers: &HeaderMap) -> Result<Reader, AuthRejection> {
    if is_forwarded(headers) {
        return Err(AuthRejection::Proxied);
    }
    if !is_local(headers) {
        return Err(AuthRejection::NotLocal);
    }
    csrf::check_read(headers, bearer(headers).is_some())?;
    Ok(Reader::local())
}

/// Whether a request is addressed to this machine. A page on the Internet can point its own name at 127.0.0.1 to read what
/// a service without sign-in answers (DNS rebinding), but then the browser sends that name as the host.
fn is_local(headers: &HeaderMap) -> bool {
    // Browsers send one header, without a user. If there are several, each must name this machine.
    headers.get_all(header::HOST).iter().all(|host| {
        let host = host.to_str().unwrap_or_default();
        let authority = host.parse::<Authority>();
        !host.contains('@') && authority.is_ok_and(|authority| is_loopback(authority.host()))
    })
}
