#![doc = include_str!("../README.md")]

mod authentication;
mod client_address;
mod csrf;
mod forwarded;
mod gateway;
mod jwt;
mod reader;
mod rejection;
mod role;
mod session_cookie;
mod settings;
#[cfg(test)]
mod tests;
mod throttle;
mod token;
mod token_check;
pub mod watched_files;

pub use ipnet::IpNet;
pub use jsonwebtoken::Algorithm;

pub use authentication::Authentication;
pub use client_address::{ClientAddress, ForwardingError, TrustedProxies};
pub use csrf::{CrossSite, is_navigation};
pub use jwt::KeysError;
pub use reader::{AuthMethod, Reader, ReaderKey};
pub use rejection::AuthRejection;
pub use role::{Permission, Role, Roles, UnknownRole};
pub use settings::{AuthError, AuthSettings, GatewaySettings, JwtSettings};
pub use token::{NewToken, TOKEN_PREFIX, TokenError};

/// Whether a host of an address or of a `Host` header is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
