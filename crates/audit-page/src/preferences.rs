//! The language and the time zone that a reader has chosen, in cookies.

use std::time::Duration;

use audit_web::Params;
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use crate::{
    language::{LANGUAGE, Language},
    local_url,
};

/// The cookie of the time zone.
pub(crate) const ZONE: &str = "tz";

const MAX_AGE: Duration = Duration::from_hours(365 * 24);

/// The cookie that remembers a choice.
pub(crate) fn remember(name: &'static str, value: &'static str) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .max_age(MAX_AGE.try_into().unwrap_or_default())
        .same_site(SameSite::Lax)
        .http_only(true)
        .build()
}

/// Remembers a language, and goes back to the page.
pub(crate) async fn choose_language(Path(code): Path<String>, params: Params) -> Response {
    let back = local_url::local(params.all("back").next());
    let mut jar = CookieJar::new();
    if let Some(language) = Language::from_code(&code) {
        jar = jar.add(remember(LANGUAGE, language.code()));
    }
    (jar, Redirect::to(back)).into_response()
}
