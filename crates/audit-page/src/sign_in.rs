//! Signing in and out. The token of the form becomes the session cookie; nothing is kept here.

use audit_auth::AuthRejection;
use audit_query::AccessAction;
use audit_web::{AppState, Caller, Params, RequestContext, RequestError, client_address};
use axum::{
    extract::{FromRequest, RawForm, Request, State},
    http::{HeaderMap, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use maud::{Markup, html};
use secrecy::SecretString;

use crate::{
    components::notice,
    error::{Message, message, rejected},
    flash::Flash,
    frame,
    local_url::{self, LocalUrl},
    page::Page,
    view::ViewContext,
};

pub(crate) async fn show(State(state): State<AppState>, params: Params, headers: HeaderMap) -> Response {
    if !state.auth().takes_tokens() {
        return Redirect::to("/").into_response();
    }
    let view = ViewContext::of(&headers, &params, &state);
    let back = local_url::local(params.all("back").next());
    if Flash::of(&headers, &state) != Some(Flash::SignedOut) {
        return page(view, back, None, None);
    }
    let notice = notice::info(html! { p role="status" { (view.texts.sign_in.signed_out) } });
    let shown = CookieJar::new().add(Flash::clear(&state));
    (shown, page(view, back, Some(notice), None)).into_response()
}

pub(crate) async fn submit(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let view = ViewContext::of(&parts.headers, &Params::default(), &state);
    let form = RawForm::from_request(Request::from_parts(parts.clone(), body), &state).await;
    let form = match form {
        Ok(RawForm(form)) => form,
        Err(rejection) => {
            return failed(view, "/", rejected(view, AuthRejection::Invalid), &rejection.into());
        }
    };
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(&form);
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    };
    let back = field("back");
    let back = local_url::local(back.as_deref());
    let token: SecretString = field("token").unwrap_or_default().trim().into();
    match sign_in(&state, &parts, &token).await {
        Ok(cookie) => (CookieJar::new().add(cookie), Redirect::to(back)).into_response(),
        Err(error) => failed(view, back, message(view, &error), &error),
    }
}

/// Signs in and records it.
async fn sign_in(
    state: &AppState,
    parts: &Parts,
    token: &SecretString,
) -> Result<Cookie<'static>, RequestError> {
    state.auth().check_site(&parts.headers)?;
    let (address, request) = (client_address(&parts.extensions), RequestContext::of(parts));
    let outcome = state.auth().sign_in(token, address).await;
    let (reader, cookie) = outcome.inspect_err(|rejection| request.note_rejection(*rejection))?;
    let caller = Caller { reader, address, request };
    // Why it can't be recorded is in the log.
    let recorded = state.record(&caller, AccessAction::SignIn, 0, None).await;
    recorded.map_err(|_| AuthRejection::Unavailable)?;
    Ok(cookie)
}

pub(crate) async fn leave(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if state.auth().check_site(&headers).is_err() {
        // Another site can't sign a reader out.
        return Redirect::to("/").into_response();
    }
    let jar = CookieJar::new().add(state.auth().sign_out()).add(Flash::SignedOut.cookie(&state));
    (jar, Redirect::to("/sign-in")).into_response()
}

fn failed(view: ViewContext, back: &str, (title, body): Message, error: &RequestError) -> Response {
    let notice = notice::alert(html! { p { strong { (title) } } p { (body) } });
    page(view, back, Some(notice), Some(error))
}

fn page(view: ViewContext, back: &str, notice: Option<Markup>, error: Option<&RequestError>) -> Response {
    let texts = &view.texts.sign_in;
    let is_wrong = error.is_some();
    let body = html! {
        div.panel.signin {
            h1 { (texts.title) }
            p.lead { (texts.lead) }
            @if let Some(notice) = notice { (notice) }
            form action="/sign-in" method="post" {
                input type="hidden" name="back" value=(back);
                div.field {
                    label for="token" { (texts.token) }
                    input.id #token type="password" name="token" aria-describedby="token-hint"
                        aria-invalid=[is_wrong.then_some("true")] autocomplete="current-password" autofocus required;
                    p.hint #token-hint { (texts.token_hint) }
                }
                button.btn.primary.wide { (texts.submit) }
            }
        }
    };
    let here = LocalUrl::new("/sign-in").and("back", back);
    frame::respond(view, None, &here, Page::new(texts.title, body).with_error(error))
}
