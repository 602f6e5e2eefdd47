use audit_web::{AppState, Params};
use axum::http::HeaderMap;
use axum_extra::extract::cookie::CookieJar;
use chrono_tz::Tz;

use crate::{language::Language, preferences::ZONE, texts::Texts};

/// What every piece of a page depends on: the language and the time zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ViewContext {
    pub(crate) texts: &'static Texts,
    pub(crate) zone: Tz,
}

impl ViewContext {
    /// The zone is that of the URL, else the one that was chosen last, else the service's.
    pub(crate) fn of(headers: &HeaderMap, params: &Params, state: &AppState) -> Self {
        let default = state.settings().time_zone;
        let jar = CookieJar::from_headers(headers);
        let named = params.zone(default).ok().filter(|_| params.all("tz").next().is_some());
        let remembered = || jar.get(ZONE)?.value().parse().ok();
        let zone = named.or_else(remembered).unwrap_or(default);
        Self { texts: Texts::of(Language::of(headers)), zone }
    }
}
