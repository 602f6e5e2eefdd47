//! Who reads, and what he may.
//!
//! [`Authentication`] is built from [`AuthSettings`] once. For each request it gives a [`Reader`], who
//! [may](Reader::may) do what his roles permit, or a [`Refusal`], which says what the answer is. Replicas share
//! nothing: a session is the token itself, in a cookie.

mod authentication;
mod client_address;
mod cookie;
mod csrf;
mod forwarded;
mod gateway;
mod jwt;
mod reader;
mod refusal;
mod role;
mod settings;
#[cfg(test)]
mod tests;
mod throttle;
mod token;

pub use ipnet::IpNet;
pub use jsonwebtoken::Algorithm;

pub use authentication::Authentication;
pub use client_address::{ClientAddress, ForwardingProblem, TrustedProxies};
pub use csrf::CrossSite;
pub(crate) use csrf::is_visit;
pub use jwt::KeysError;
pub(crate) use reader::KnownAs;
pub use reader::{Reader, Via};
pub use refusal::Refusal;
pub use role::{Permission, Role, Roles, UnknownRole};
pub use settings::{AuthError, AuthSettings, GatewaySettings, JwtSettings};
pub(crate) use token::PREFIX as TOKEN_PREFIX;
pub use token::{NewToken, TokenError};

/// Whether a host of an address or of a `Host` header is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
