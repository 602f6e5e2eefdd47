//! What was just done, shown once by the next page. A cookie keeps it until then: so no link can forge it, and replicas
//! share nothing.

use std::time::Duration;

use audit_dead_letters::RepairProgress;
use audit_web::{AppState, Params, dead_letters::RepairResult};
use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flash {
    SignedOut,
    Repaired { kind: RepairKind, result: RepairResult },
}

/// What was done to dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RepairKind {
    Replayed,
    Discarded,
}

/// What is not shown by then is forgotten.
const MAX_AGE: Duration = Duration::from_mins(1);
const SIGNED_OUT: &str = "signed-out";
const REPAIRS: [(&str, RepairKind); 2] =
    [("replayed", RepairKind::Replayed), ("discarded", RepairKind::Discarded)];

impl Flash {
    /// Reads the request's cookie.
    pub(crate) fn of(headers: &HeaderMap, state: &AppState) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let params = Params::parse(jar.get(name(state))?.value());
        let number = |name| params.parsed(name, "a whole number").ok().flatten().unwrap_or_default();
        if params.one("did").ok()?? == SIGNED_OUT {
            return Some(Self::SignedOut);
        }
        let kind = params.word("did", &REPAIRS).ok()??;
        let tally = RepairProgress {
            done: number("done"),
            skipped: number("skipped"),
            refused: number("refused"),
            ..RepairProgress::default()
        };
        let file = params.one("file").ok()?.map(str::to_owned);
        let complete = params.flag("complete").ok()?;
        Some(Self::Repaired { kind, result: RepairResult { tally, complete, file } })
    }

    /// The cookie for the next page.
    pub(crate) fn cookie(&self, state: &AppState) -> Cookie<'static> {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::SignedOut => _ = pairs.append_pair("did", SIGNED_OUT),
            Self::Repaired { kind, result: RepairResult { tally, complete, file } } => {
                let did = REPAIRS.iter().find(|(_, known)| known == kind).map_or("", |(name, _)| *name);
                pairs.append_pair("did", did);
                for (name, number) in
                    [("done", tally.done), ("skipped", tally.skipped), ("refused", tally.refused)]
                {
                    pairs.append_pair(name, &number.to_string());
                }
                pairs.append_pair("complete", &complete.to_string());
                pairs.extend_pairs(file.iter().map(|file| ("file", file)));
            }
        }
        cookie(state, pairs.finish(), MAX_AGE)
    }

    /// The cookie that removes it, as it was shown.
    pub(crate) fn clear(state: &AppState) -> Cookie<'static> {
        cookie(state, String::new(), Duration::ZERO)
    }
}

/// Over TLS, a name that no other host can set.
fn name(state: &AppState) -> &'static str {
    if state.auth().secure_cookies() { "__Host-notice" } else { "notice" }
}

fn cookie(state: &AppState, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build((name(state), value))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(state.auth().secure_cookies())
        .path("/")
        .max_age(max_age.try_into().unwrap_or_default())
        .build()
}
