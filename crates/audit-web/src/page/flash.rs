//! What was done, told by the page that comes after: once, and by the server alone. A cookie holds it until then: it is
//! nothing that the address of a link could say, and replicas share nothing.

use audit_dead_letters::RepairProgress;
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use super::cookie;
use crate::{app::App, dead_letters::Repaired, params::Params};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flash {
    SignedOut,
    Repaired { did: Done, repaired: Repaired },
}

/// What was done to dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Replayed,
    Discarded,
}

/// Whoever does not see it soon is not told.
const SECONDS: u32 = 60;
const SIGNED_OUT: &str = "signed-out";
const DONE: [(&str, Done); 2] = [("replayed", Done::Replayed), ("discarded", Done::Discarded)];

impl Flash {
    /// What the request's cookie tells, if it does.
    pub(super) fn of(headers: &HeaderMap, app: &App) -> Option<Self> {
        let params = Params::of(cookie::read(headers, name(app))?);
        let number = |name| params.parsed(name, "a whole number").ok().flatten().unwrap_or_default();
        if params.one("did").ok()?? == SIGNED_OUT {
            return Some(Self::SignedOut);
        }
        let did = params.word("did", &DONE).ok()??;
        let tally = RepairProgress {
            done: number("done"),
            skipped: number("skipped"),
            refused: number("refused"),
            ..RepairProgress::default()
        };
        let file = params.one("file").ok()?.map(str::to_owned);
        let complete = params.flag("complete").ok()?;
        Some(Self::Repaired { did, repaired: Repaired { tally, complete, file } })
    }

    /// The value of `Set-Cookie` that tells the next page.
    pub(super) fn set(&self, app: &App) -> Option<HeaderValue> {
        let mut told = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::SignedOut => _ = told.append_pair("did", SIGNED_OUT),
            Self::Repaired { did, repaired: Repaired { tally, complete, file } } => {
                let did = DONE.iter().find(|(_, known)| known == did).map_or("", |(name, _)| *name);
                told.append_pair("did", did);
                for (name, number) in
                    [("done", tally.done), ("skipped", tally.skipped), ("refused", tally.refused)]
                {
                    told.append_pair(name, &number.to_string());
                }
                told.append_pair("complete", &complete.to_string());
                told.extend_pairs(file.iter().map(|file| ("file", file)));
            }
        }
        cookie(app, &told.finish(), SECONDS)
    }
}

/// A page that has told it: the next one does not tell it again.
pub(super) fn told(app: &App, mut page: Response) -> Response {
    if let Some(cookie) = cookie(app, "", 0) {
        page.headers_mut().append(header::SET_COOKIE, cookie);
    }
    page
}

/// Over TLS, a name that no other host can set.
fn name(app: &App) -> &'static str {
    if app.auth().secure_cookies() { "__Host-notice" } else { "notice" }
}

fn cookie(app: &App, value: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if app.auth().secure_cookies() { "; Secure" } else { "" };
    let cookie =
        format!("{}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}", name(app));
    HeaderValue::from_str(&cookie).ok()
}
