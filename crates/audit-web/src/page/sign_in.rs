//! Signing in and out. The form's token goes into the session's cookie; nothing is kept here.

use axum::{
    extract::{FromRequest, RawForm, Request, State, rejection::RawFormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};

use maud::{Markup, html};
use secrecy::SecretString;

use super::{
    address::{self, Address},
    flash::{Flash, told},
    frame,
    parts::notice,
    trouble::refused,
    visit::{Look, Page},
};
use crate::{
    app::App,
    asking::{self, Asking},
    auth::Refusal,
    exchange::Exchange,
    params::Params,
    read::Read,
};

pub(super) async fn show(State(app): State<App>, params: Params, headers: HeaderMap) -> Response {
    if !app.auth().takes_tokens() {
        return Redirect::to("/").into_response();
    }
    let look = Look::of(&headers, &params, &app);
    let back = address::local(params.all("back").next());
    if Flash::of(&headers, &app) != Some(Flash::SignedOut) {
        return page(look, StatusCode::OK, back, None);
    }
    let notice = notice::info(html! { p role="status" { (look.texts.sign_in.signed_out) } });
    told(&app, page(look, StatusCode::OK, back, Some(notice)))
}

pub(super) async fn submit(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let look = Look::of(&parts.headers, &Params::default(), &app);
    let form = RawForm::from_request(Request::from_parts(parts.clone(), body), &app).await;
    let form = match form {
        Ok(RawForm(form)) => form,
        Err(rejection) => return unreadable(look, &rejection),
    };
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(&form);
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    };
    let back = field("back");
    let back = address::local(back.as_deref());
    if app.auth().check_site(&parts.headers).is_err() {
        let texts = &look.texts.trouble;
        let words = (texts.cross_site_title, texts.cross_site_body.to_owned());
        return page(look, StatusCode::FORBIDDEN, back, Some(wrong(words)));
    }
    let token: SecretString = field("token").unwrap_or_default().trim().into();
    match enter(&app, &parts, &token).await {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(back)).into_response(),
        Err(refusal) => {
            let mut response = page(look, refusal.status(), back, Some(wrong(refused(look, refusal))));
            if let Some((name, value)) = refusal.header() {
                response.headers_mut().insert(name, value);
            }
            response
        }
    }
}

/// Signs in and records it.
async fn enter(app: &App, parts: &Parts, token: &SecretString) -> Result<HeaderValue, Refusal> {
    let (address, exchange) = (asking::address(&parts.extensions), Exchange::of(parts));
    let known = app.auth().sign_in(token, address).await;
    let (reader, cookie) = known.inspect_err(|refusal| exchange.refused(*refusal))?;
    let read = Read::begun("SIGN_IN");
    // Why it can't be recorded is in the log.
    app.record(&Asking { reader, address, exchange }, read).await.map_err(|_| Refusal::Unavailable)?;
    Ok(cookie)
}

pub(super) async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    if app.auth().check_site(&headers).is_err() {
        // Another site can't sign a reader out.
        return Redirect::to("/").into_response();
    }
    let cookies = [Some(app.auth().sign_out()), Flash::SignedOut.set(&app)];
    let cookies = cookies.into_iter().flatten().map(|cookie| (header::SET_COOKIE, cookie));
    (AppendHeaders(cookies.collect::<Vec<_>>()), Redirect::to("/sign-in")).into_response()
}

fn unreadable(look: Look, rejection: &RawFormRejection) -> Response {
    page(look, rejection.status(), "/", Some(wrong(refused(look, Refusal::Invalid))))
}

fn wrong((title, body): (&str, String)) -> Markup {
    notice::alert(html! { p { strong { (title) } } p { (body) } })
}

fn page(look: Look, status: StatusCode, back: &str, notice: Option<Markup>) -> Response {
    let texts = &look.texts.sign_in;
    let is_wrong = status != StatusCode::OK;
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
    let here = Address::new("/sign-in").and("back", back);
    let page = Page { status, title: texts.title.to_owned(), place: None, body, room: None };
    (status, frame::whole(look, None, &here, &page)).into_response()
}
