use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue, header, uri::Authority};
use secrecy::{ExposeSecret, SecretString};
use tracing::{debug, warn};

use super::{
    AuthError, AuthSettings, ClientAddress, CrossSite, Reader, Refusal, TrustedProxies,
    cookie::SessionCookie,
    csrf,
    forwarded::is_forwarded,
    gateway::Gateway,
    jwt::Jwt,
    reader::Known,
    refusal::Failure,
    throttle::Throttle,
    token::{PREFIX, TokensFile},
};

/// The longest token that is looked at.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Finds out who asks.
#[derive(Debug)]
pub struct Authentication {
    /// None: nobody has to say who he is.
    methods: Option<Methods>,
    cookie: SessionCookie,
    proxies: TrustedProxies,
}

/// How readers can be known.
#[derive(Debug)]
struct Methods {
    tokens: Option<TokensFile>,
    jwt: Option<Jwt>,
    gateway: Option<Gateway>,
    throttle: Throttle,
}

impl Authentication {
    /// Reads files, checks settings. `bind` is where the service listens: only on an address of its own machine may
    /// it be without any method.
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

    /// The proxies whose word on a reader's address is taken.
    #[must_use]
    pub fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// The address, if whoever is there is one reader: a gateway's and a proxy's is that of many, and so is this machine's
    /// where nobody has to say who he is.
    #[must_use]
    pub fn own_address(&self, address: ClientAddress) -> Option<ClientAddress> {
        let methods = self.methods.as_ref()?;
        let is_gateway = methods.gateway.as_ref().is_some_and(|gateway| gateway.is_at(address.ip()));
        (!is_gateway && !self.proxies.contains(address.ip())).then_some(address)
    }

    /// Whether there are tokens to sign in with.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        self.methods.as_ref().is_some_and(|methods| methods.tokens.is_some() || methods.jwt.is_some())
    }

    /// Who asks: by the bearer token, else by the session's cookie, else by the gateway's word, which counts on its
    /// own connection only, whatever a header says of the address.
    pub async fn identify(&self, headers: &HeaderMap, address: ClientAddress) -> Result<Reader, Refusal> {
        let Some(methods) = &self.methods else {
            return local(headers);
        };
        if let Some(problem) = address.problem() {
            return Err(Refusal::Unplaced(problem));
        }
        csrf::check_read(headers, bearer(headers).is_some())?;
        let token = bearer(headers).or_else(|| self.cookie.read(headers));
        match &token {
            Some(token) if methods.can_check(token) => {
                methods.check(token, address).await.map(|known| known.reader)
            }
            // The gateway may pass on a token that is for others.
            _ => match methods.gateway.as_ref().and_then(|gateway| gateway.identify(headers, address.peer()))
            {
                Some(reader) => Ok(reader),
                None if token.is_none() => Err(Refusal::Missing),
                None => Err(methods.refuse(address, "no method is configured for it")),
            },
        }
    }

    /// Who signs in with this token, and the value of `Set-Cookie` that keeps him signed in. Check
    /// [`Self::check_site`] first.
    pub async fn sign_in(
        &self,
        token: &SecretString,
        address: ClientAddress,
    ) -> Result<(Reader, HeaderValue), Refusal> {
        let methods = self.methods.as_ref().ok_or(Refusal::Invalid)?;
        if let Some(problem) = address.problem() {
            return Err(Refusal::Unplaced(problem));
        }
        if !methods.can_check(token) {
            return Err(methods.refuse(address, "no method is configured for it"));
        }
        let Known { reader, expires } = methods.check(token, address).await?;
        Ok((reader, self.cookie.set(token, expires)?))
    }

    /// The value of `Set-Cookie` that signs out. It also goes with a page that says that a token is no longer valid.
    #[must_use]
    pub fn sign_out(&self) -> HeaderValue {
        self.cookie.clear()
    }

    /// Whether cookies travel over TLS only.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.cookie.secure
    }

    /// Refuses a request that another site made a browser send. For everything that changes something, signing in
    /// and out too.
    pub fn check_site(&self, headers: &HeaderMap) -> Result<(), CrossSite> {
        csrf::check(headers, bearer(headers).is_none() && self.cookie.read(headers).is_some())
    }
}

impl Methods {
    fn can_check(&self, token: &SecretString) -> bool {
        if token.expose_secret().starts_with(PREFIX) { self.tokens.is_some() } else { self.jwt.is_some() }
    }

    /// Whose token it is. A good one is never refused for what else its address has sent.
    async fn check(&self, token: &SecretString, address: ClientAddress) -> Result<Known, Refusal> {
        self.look_up(token.expose_secret()).await.map_err(|failure| match failure {
            Failure::Unavailable => Refusal::Unavailable,
            Failure::Wrong(reason) => self.refuse(address, reason),
            Failure::Expired => {
                debug!(address = %address.ip(), "an expired token was refused");
                Refusal::Invalid
            }
        })
    }

    async fn look_up(&self, token: &str) -> Result<Known, Failure> {
        match (&self.tokens, &self.jwt) {
            _ if token.len() > LONGEST_TOKEN => Err(Failure::Wrong("it is too long")),
            (Some(tokens), _) if token.starts_with(PREFIX) => tokens.check(token),
            (_, Some(jwt)) => jwt.check(token).await,
            _ => Err(Failure::Wrong("no method is configured for it")),
        }
    }

    fn refuse(&self, address: ClientAddress, reason: &'static str) -> Refusal {
        // Whoever has to wait can't fill the log either.
        if let Some(retry_after) = self.throttle.count(address) {
            return Refusal::Throttled { retry_after };
        }
        warn!(address = %address.ip(), reason, "a wrong token was refused");
        Refusal::Invalid
    }
}

/// The token of `Authorization: Bearer`. Other schemes are not for us.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

/// The reader of a service that only its own machine reaches: nobody else, neither through a proxy nor through a browser
/// on this machine.
fn local(headers: &HeaderMap) -> Result<Reader, Refusal> {
    if is_forwarded(headers) {
        return Err(Refusal::Proxied);
    }
    if !is_local(headers) {
        return Err(Refusal::NotLocal);
    }
    csrf::check_read(headers, bearer(headers).is_some())?;
    Ok(Reader::local())
}

/// Whether a request is meant for this machine. A page on the Internet can point its own name at 127.0.0.1, and read
/// what a service without sign-in answers (DNS rebinding); but then the browser names that host.
fn is_local(headers: &HeaderMap) -> bool {
    // Browsers send one, without a user. Whatever else is sent, each has to be this machine.
    headers.get_all(header::HOST).iter().all(|host| {
        let host = host.to_str().unwrap_or_default();
        let authority = host.parse::<Authority>();
        !host.contains('@') && authority.is_ok_and(|authority| super::is_loopback(authority.host()))
    })
}
