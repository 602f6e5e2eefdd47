use audit_auth::{AuthRejection, Permission, is_navigation};
use audit_query::{Filter, LogReader, Unrecorded};
use audit_web::{AppState, Caller, MemoryPermit, Params, RequestError};
use axum::{
    extract::FromRequestParts,
    http::{request::Parts, uri::PathAndQuery},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use maud::{Markup, html};

use crate::{
    components::{
        field::{Field, Kind},
        time::for_field,
    },
    error,
    error_page::error_page,
    flash::Flash,
    frame,
    local_url::{self, LocalUrl},
    page::Page,
    preferences::{ZONE, remember},
    view::ViewContext,
};

/// What every page starts with: its reader, its parameters, and how it is viewed.
pub(crate) struct PageContext {
    pub(crate) state: AppState,
    pub(crate) caller: Caller,
    pub(crate) params: Params,
    pub(crate) view: ViewContext,
    pub(crate) flash: Option<Flash>,
    path: String,
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let params = Params::parse(parts.uri.query().unwrap_or_default());
        let view = ViewContext::of(&parts.headers, &params, state);
        match Caller::from_request_parts(parts, state).await {
            Ok(caller) => {
                let (path, flash) = (parts.uri.path().to_owned(), Flash::of(&parts.headers, state));
                Ok(Self { state: state.clone(), caller, params, view, flash, path })
            }
            Err(RequestError::Rejected(rejection)) => Err(rejected(parts, view, state, rejection)),
            Err(error) => Err(error_page(view, &error, None, &LocalUrl::new(parts.uri.path()))),
        }
    }
}

/// Sends a reader who is not authenticated to the sign-in page, if that helps.
fn rejected(parts: &Parts, view: ViewContext, state: &AppState, rejection: AuthRejection) -> Response {
    let here = local_url::local(parts.uri.path_and_query().map(PathAndQuery::as_str));
    if rejection == AuthRejection::CrossSite && is_navigation(&parts.method, &parts.headers) {
        return from_elsewhere(view, here);
    }
    let can_sign_in =
        matches!(rejection, AuthRejection::Missing | AuthRejection::Invalid) && state.auth().takes_tokens();
    if !can_sign_in {
        return error_page(view, &rejection.into(), None, &LocalUrl::new(here));
    }
    let sign_in = LocalUrl::new("/sign-in").and("back", here).to_string();
    let mut jar = CookieJar::new();
    if rejection == AuthRejection::Invalid {
        // If the browser kept the cookie, it would be rejected again, and counted as another attempt.
        jar = jar.add(state.auth().sign_out());
    }
    (jar, Redirect::to(&sign_in)).into_response()
}

/// What a link on another site leads to. Whoever placed it could also have made the browser follow it. So the page is read,
/// and recorded under the reader's name, only when he confirms. From here, the browser sends the session cookie.
fn from_elsewhere(view: ViewContext, here: &str) -> Response {
    let texts = &view.texts.error;
    let body = html! {
        div.panel.blank {
            h1 { (texts.from_elsewhere_title) }
            p { (texts.from_elsewhere_body) }
            p { span.id { (here) } }
            div.actions { a.btn.primary href=(here) { (texts.from_elsewhere_open) } }
        }
    };
    frame::respond(view, None, &LocalUrl::new(here), Page::new(texts.from_elsewhere_title, body))
}

impl PageContext {
    /// Fails if the reader's roles don't grant the permission, or if the time zone does not exist.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), RequestError> {
        self.caller.require(permission)?;
        self.params.zone(self.view.zone)?;
        Ok(())
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.caller.reader.may(permission)
    }

    /// The filter of the parameters, except those in `others`.
    pub(crate) fn filter(&self, log: &LogReader, others: &[&str]) -> Result<Filter, RequestError> {
        self.params.filter(log, others, self.view.zone)
    }

    /// Reserves memory for the response before anything is read.
    pub(crate) async fn with_memory<T>(
        &self,
        find: impl Future<Output = Result<T, RequestError>>,
    ) -> (Result<T, RequestError>, Option<MemoryPermit>) {
        match self.state.reserve_memory(&self.caller).await {
            Ok(memory) => (find.await.inspect_err(RequestError::log), Some(memory)),
            Err(error) => (Err(error), None),
        }
    }

    /// Records the answer to the parameters before it is shown.
    pub(crate) async fn release<T>(&self, answer: Unrecorded<T>) -> Result<T, RequestError> {
        self.state.release(&self.caller, answer, Some(self.params.query())).await
    }

    /// The URL of this page, as it was requested.
    pub(crate) fn url(&self) -> LocalUrl {
        self.params.pairs().fold(LocalUrl::new(&*self.path), |url, (name, value)| url.and(name, value))
    }

    /// A field for a time in the chosen zone, with the value of its parameter and what is wrong with it.
    pub(crate) fn time_field(
        &self,
        error: Option<&RequestError>,
        id: &str,
        name: &str,
        label: &str,
    ) -> Markup {
        let time = self.params.time(name, self.view.zone);
        let value = time.map(|time| for_field(self.view, time)).unwrap_or_default();
        let error = error.and_then(|error| error::of_param(self.view, error, name));
        let error = error.as_deref();
        Field { id, label, name, value: &value, kind: Kind::Time, error, ..Field::default() }.show()
    }

    /// Responds with a page, or with an error as a page.
    pub(crate) fn respond(&self, page: Result<Page, RequestError>) -> Response {
        let response = match page {
            Ok(page) => frame::respond(self.view, Some(&self.caller), &self.url(), page),
            Err(error) => error_page(self.view, &error, Some(&self.caller), &self.url()),
        };
        if self.params.all("tz").next().is_none() {
            return response;
        }
        // Pages that are opened from this one have the same time zone.
        (CookieJar::new().add(remember(ZONE, self.view.zone.name())), response).into_response()
    }
}
