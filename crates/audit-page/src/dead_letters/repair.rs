//! Replaying and discarding: a page that asks for confirmation, a form that does it, and a notice with the result.

use audit_auth::Permission;
use audit_dead_letters::{Count, DeadLetter};
use audit_web::{
    Params, RequestError,
    dead_letters::{Repair, RepairRequest, RepairResult},
};
use axum::{
    extract::{RawForm, rejection::RawFormRejection},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use maud::{Markup, html};

use crate::{
    components::notice,
    context::PageContext,
    flash::{Flash, RepairKind},
    local_url::LocalUrl,
    nav_item::NavItem,
    page::Page,
    texts::grouped,
    view::ViewContext,
};

const REPLAY: &str = "/dead-letters/replay";
const DISCARD: &str = "/dead-letters/discard";

/// The links that repair some dead letters.
pub(super) struct RepairLinks(Vec<(&'static str, String)>);

impl RepairLinks {
    pub(super) fn of_all() -> Self {
        Self(vec![("all", "true".to_owned())])
    }

    pub(super) fn of_count(count: &Count) -> Self {
        Self(vec![("domains", count.domain.to_string()), ("reasons", count.reason.to_string())])
    }

    pub(super) fn of_letter(letter: &DeadLetter) -> Self {
        Self(vec![("domains", letter.domain.to_string()), ("ids", letter.id.to_string())])
    }

    pub(super) fn buttons(&self, view: ViewContext) -> Markup {
        let texts = &view.texts.dead_letters;
        let to = |path| self.0.iter().fold(LocalUrl::new(path), |to, (name, value)| to.and(name, value));
        html! {
            a.btn href=(to(REPLAY)) { (texts.replay) }
            a.btn href=(to(DISCARD)) { (texts.discard) }
        }
    }
}

pub(crate) async fn confirm_replay(context: PageContext) -> Response {
    context.respond(confirm(&context, REPLAY))
}

pub(crate) async fn confirm_discard(context: PageContext) -> Response {
    context.respond(confirm(&context, DISCARD))
}

fn confirm(context: &PageContext, path: &str) -> Result<Page, RequestError> {
    context.require(Permission::Operate)?;
    let params = context.params.pairs().filter(|(name, _)| *name != "tz");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let params = Params::parse(&query);
    RepairRequest::from_form(&params)?.selection(context.state.dead_letters())?;
    let texts = &context.view.texts.dead_letters;
    let (title, lead, button) = if path == REPLAY {
        (texts.replay_title, texts.replay_lead, texts.replay)
    } else {
        (texts.discard_title, texts.discard_lead, texts.discard)
    };
    let name = |name: &str| match name {
        "domains" => texts.domain,
        "reasons" => texts.reason,
        "ids" => texts.id,
        _ => texts.which,
    };
    let value = |name: &str, value: &str| if name == "all" { texts.all.to_owned() } else { value.to_owned() };
    let body = html! {
        div.panel.signin {
            h1 { (title) }
            p.lead { (lead) }
            form action=(path) method="post" {
                dl.kv {
                    @for (asked, given) in params.pairs() {
                        div { dt { (name(asked)) } dd { code { (value(asked, given)) } } }
                    }
                }
                @for (asked, given) in params.pairs() { input type="hidden" name=(asked) value=(given); }
                @if path == REPLAY {
                    label.check { input type="checkbox" name="again" value="true"; " " (texts.again) }
                }
                div.actions {
                    button.btn.primary { (button) }
                    a.btn href="/dead-letters" { (texts.cancel) }
                }
            }
        }
    };
    Ok(Page::new(title, body).under(NavItem::DeadLetters))
}

pub(crate) async fn replay(
    context: PageContext,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    answer(
        &context,
        RepairKind::Replayed,
        repair(&context, &headers, form, |again| Repair::Replay { again }).await,
    )
}

pub(crate) async fn discard(
    context: PageContext,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    answer(&context, RepairKind::Discarded, repair(&context, &headers, form, |_| Repair::Discard).await)
}

async fn repair(
    context: &PageContext,
    headers: &HeaderMap,
    form: Result<RawForm, RawFormRejection>,
    which: impl FnOnce(bool) -> Repair,
) -> Result<RepairResult, RequestError> {
    context.require(Permission::Operate)?;
    context.state.auth().check_site(headers)?;
    let RawForm(form) = form?;
    let form = Params::parse(&String::from_utf8_lossy(&form));
    let request = RepairRequest::from_form(&form)?;
    let selection = request.selection(context.state.dead_letters())?;
    context.state.repair(&context.caller, which(request.again()), selection, request.query()).await
}

/// Goes on to the list, which shows the result. Reloading that neither repeats the repair nor shows it again.
fn answer(context: &PageContext, kind: RepairKind, repaired: Result<RepairResult, RequestError>) -> Response {
    match repaired {
        Ok(result) => {
            let result = Flash::Repaired { kind, result }.cookie(&context.state);
            (CookieJar::new().add(result), Redirect::to("/dead-letters")).into_response()
        }
        Err(error) => context.respond(Err(error)),
    }
}

/// Shows the result of a repair that was just done.
pub(super) fn outcome(context: &PageContext) -> Markup {
    let texts = &context.view.texts.dead_letters;
    let Some(Flash::Repaired { kind, result }) = &context.flash else { return html! {} };
    let RepairResult { tally, complete, file } = result;
    let summary = match kind {
        RepairKind::Replayed => (texts.replayed_now)(&grouped(tally.done)),
        RepairKind::Discarded => (texts.discarded_now)(&grouped(tally.done)),
    };
    notice::info(html! {
        p role="status" { strong { (summary) } }
        @if tally.skipped > 0 { p { ((texts.skipped_now)(&grouped(tally.skipped))) } }
        @if tally.refused > 0 { p { ((texts.refused_now)(&grouped(tally.refused))) } }
        @if !complete { p { (texts.incomplete) } }
        @if let Some(file) = file { p { (texts.kept_in) " " code { (file) } } }
    })
}
