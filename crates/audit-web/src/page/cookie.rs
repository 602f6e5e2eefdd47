//! The cookies of what a reader has chosen. They hold no secret; the session's cookie is [`crate::auth`]'s.

use axum::http::{HeaderMap, HeaderValue, header};

pub(super) const LANGUAGE: &str = "lang";
pub(super) const ZONE: &str = "tz";

/// A year.
const LIFE: u32 = 365 * 24 * 60 * 60;

/// The value of a cookie.
pub(super) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The value of `Set-Cookie` that remembers a choice.
pub(super) fn remember(name: &str, value: &str) -> Option<HeaderValue> {
    let cookie = format!("{name}={value}; Path=/; Max-Age={LIFE}; SameSite=Lax; HttpOnly");
    HeaderValue::from_str(&cookie).ok()
}
