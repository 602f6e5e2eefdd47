use audit_query::{Filter, Queries};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts, uri::PathAndQuery},
    response::{IntoResponse, Redirect, Response},
};
use chrono_tz::Tz;
use maud::{Markup, html};

use super::{
    address::{self, Address},
    cookie::{self, ZONE},
    flash::Flash,
    frame::{self, Place},
    language::Language,
    texts::Texts,
    trouble::Trouble,
};
use crate::{
    answers::Room,
    app::App,
    asking::{Asking, NotHeard},
    auth::{Permission, Refusal, is_visit},
    params::Params,
    problem::Problem,
    read::Read,
};

/// What every piece of a page depends on: its words, and the zone of its times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) texts: &'static Texts,
    pub(crate) zone: Tz,
}

impl Look {
    /// The zone that the address names, else the one that was named last, else the service's.
    pub(super) fn of(headers: &HeaderMap, params: &Params, app: &App) -> Self {
        let named = params.zone(app.settings().time_zone).ok().filter(|_| params.all("tz").next().is_some());
        let remembered = || cookie::read(headers, ZONE)?.parse().ok();
        let zone = named.or_else(remembered).unwrap_or(app.settings().time_zone);
        Self { texts: Language::of(headers).texts(), zone }
    }
}

/// A reader who has come to a page.
pub(crate) struct Visit {
    pub(crate) app: App,
    pub(crate) asking: Asking,
    pub(crate) params: Params,
    pub(crate) look: Look,
    pub(crate) flash: Option<Flash>,
    path: String,
}

/// A page: what the frame is put around.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    /// Where in the navigation it is.
    pub(crate) place: Option<Place>,
    pub(crate) body: Markup,
    /// What it takes of the memory that answers may take.
    pub(crate) room: Option<Room>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let params = Params::of(parts.uri.query().unwrap_or_default());
        let look = Look::of(&parts.headers, &params, app);
        match Asking::of(parts, app).await {
            Ok(asking) => {
                let (path, flash) = (parts.uri.path().to_owned(), Flash::of(&parts.headers, app));
                Ok(Self { app: app.clone(), asking, params, look, flash, path })
            }
            Err(NotHeard::Refused(refusal)) => Err(turned_away(parts, look, app, refusal)),
            Err(NotHeard::NoPlace(refusal)) => {
                let trouble = Trouble::from(Problem::from(refusal));
                Err(trouble.answer(look, None, &Address::new(parts.uri.path())))
            }
        }
    }
}

/// Whoever is not known is asked to sign in, if that helps.
fn turned_away(parts: &Parts, look: Look, app: &App, refusal: Refusal) -> Response {
    let here = address::local(parts.uri.path_and_query().map(PathAndQuery::as_str));
    if refusal == Refusal::CrossSite && is_visit(&parts.method, &parts.headers) {
        return from_elsewhere(look, here);
    }
    let can_sign_in = matches!(refusal, Refusal::Missing | Refusal::Invalid) && app.auth().takes_tokens();
    if !can_sign_in {
        return Trouble::Refused(refusal).answer(look, None, &Address::new(here));
    }
    let sign_in = Address::new("/sign-in").and("back", here).to_string();
    let mut response = Redirect::to(&sign_in).into_response();
    if refusal == Refusal::Invalid {
        // Sent on, it would be refused again, and counted as an attempt.
        response.headers_mut().insert(header::SET_COOKIE, app.auth().sign_out());
    }
    response
}

/// What a link on another site leads to. Whoever set it could have had the browser follow it, too; so what it asks for
/// is read, and recorded under the reader's name, only when he says so. From here the session's cookie goes along.
fn from_elsewhere(look: Look, here: &str) -> Response {
    let texts = &look.texts.trouble;
    let body = html! {
        div.panel.blank {
            h1 { (texts.from_elsewhere_title) }
            p { (texts.from_elsewhere_body) }
            p { span.id { (here) } }
            div.actions { a.btn.primary href=(here) { (texts.from_elsewhere_open) } }
        }
    };
    let title = texts.from_elsewhere_title.to_owned();
    let page = Page { status: StatusCode::OK, title, place: None, body, room: None };
    frame::whole(look, None, &Address::new(here), &page).into_response()
}

impl Visit {
    /// Refuses a reader whose roles do not permit it, and a zone that there is not.
    pub(crate) fn must(&self, permission: Permission) -> Result<(), Trouble> {
        if !self.may(permission) {
            return Err(Trouble::Forbidden(permission));
        }
        self.params.zone(self.look.zone)?;
        Ok(())
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.asking.reader.may(permission)
    }

    /// The filter that the parameters make, those in `others` aside.
    pub(crate) fn filter(&self, queries: &Queries, others: &[&str]) -> Result<Filter, Trouble> {
        let filter = self.params.filter(queries, others, self.look.zone)?;
        match (filter.range.from, filter.range.to) {
            (Some(from), Some(to)) if from >= to => Err(Trouble::EmptyRange),
            _ => Ok(filter),
        }
    }

    /// What an answer finds that has room first.
    pub(crate) async fn in_room<T>(
        &self,
        find: impl Future<Output = Result<T, Trouble>>,
    ) -> (Result<T, Trouble>, Option<Room>) {
        match self.app.room(&self.asking).await {
            Ok(room) => (find.await, Some(room)),
            Err(problem) => (Err(problem.into()), None),
        }
    }

    /// Records what is about to be shown.
    pub(crate) async fn record(&self, read: Read) -> Result<(), Trouble> {
        Ok(self.app.record(&self.asking, read).await?)
    }

    /// The address of this page, as it was asked for.
    pub(crate) fn address(&self) -> Address {
        self.params.pairs().fold(Address::new(&*self.path), |address, (name, value)| address.and(name, value))
    }

    /// The whole document; or why there is none.
    pub(crate) fn answer(&self, page: Result<Page, Trouble>) -> Response {
        let mut response = match page {
            Ok(page) => {
                let whole = frame::whole(self.look, Some(&self.asking), &self.address(), &page);
                let mut response = match page.room {
                    Some(room) => {
                        let html =
                            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                        (page.status, [html], room.body(whole.into_string().into_bytes())).into_response()
                    }
                    None => (page.status, whole).into_response(),
                };
                if page.status == StatusCode::SERVICE_UNAVAILABLE {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
                }
                response
            }
            Err(trouble) => trouble.answer(self.look, Some(&self.asking), &self.address()),
        };
        // Pages that are opened from here have the same times.
        let chosen = self.params.all("tz").next().and_then(|_| cookie::remember(ZONE, self.look.zone.name()));
        if let Some(cookie) = chosen {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl Page {
    pub(crate) fn new(title: &str, place: Place, body: Markup) -> Self {
        Self { status: StatusCode::OK, title: title.to_owned(), place: Some(place), body, room: None }
    }
}
