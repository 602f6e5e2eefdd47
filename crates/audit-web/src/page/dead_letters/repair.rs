//! Putting back and discarding: a page that asks, a form that does it, and a notice of what came of it.

use audit_dead_letters::{Count, DeadLetter};
use axum::{
    extract::{RawForm, rejection::RawFormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use crate::{
    api::chosen_letters,
    auth::Permission,
    dead_letters::{Failure, Repair, Repaired},
    page::{
        address::Address,
        flash::{Done, Flash},
        frame::Place,
        parts::notice,
        texts::grouped,
        trouble::Trouble,
        visit::{Look, Page, Visit},
    },
    params::Params,
};

const REPLAY: &str = "/dead-letters/replay";
const DISCARD: &str = "/dead-letters/discard";

/// The ways to repair some dead letters.
pub(super) struct Ways(Vec<(&'static str, String)>);

impl Ways {
    pub(super) fn of_all() -> Self {
        Self(vec![("all", "true".to_owned())])
    }

    pub(super) fn of_count(count: &Count) -> Self {
        Self(vec![("domains", count.domain.to_string()), ("reasons", count.reason.to_string())])
    }

    pub(super) fn of_letter(letter: &DeadLetter) -> Self {
        Self(vec![("domains", letter.domain.to_string()), ("ids", letter.id.to_string())])
    }

    pub(super) fn buttons(&self, look: Look) -> Markup {
        let texts = &look.texts.dead_letters;
        let to = |path| self.0.iter().fold(Address::new(path), |to, (name, value)| to.and(name, value));
        html! {
            a.btn href=(to(REPLAY)) { (texts.replay) }
            a.btn href=(to(DISCARD)) { (texts.discard) }
        }
    }
}

pub(in crate::page) async fn confirm_replay(visit: Visit) -> Response {
    visit.answer(confirm(&visit, REPLAY))
}

pub(in crate::page) async fn confirm_discard(visit: Visit) -> Response {
    visit.answer(confirm(&visit, DISCARD))
}

fn confirm(visit: &Visit, path: &str) -> Result<Page, Trouble> {
    visit.must(Permission::Operate)?;
    let params = visit.params.pairs().filter(|(name, _)| *name != "tz");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let params = Params::of(&query);
    chosen_letters(visit.app.dead_letters(), &params)?;
    let texts = &visit.look.texts.dead_letters;
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
    Ok(Page::new(title, Place::DeadLetters, body))
}

pub(in crate::page) async fn replay(
    visit: Visit,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    answer(&visit, Done::Replayed, repair(&visit, &headers, form, |again| Repair::Replay { again }).await)
}

pub(in crate::page) async fn discard(
    visit: Visit,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    answer(&visit, Done::Discarded, repair(&visit, &headers, form, |_| Repair::Discard).await)
}

async fn repair(
    visit: &Visit,
    headers: &HeaderMap,
    form: Result<RawForm, RawFormRejection>,
    which: impl FnOnce(bool) -> Repair,
) -> Result<Repaired, Trouble> {
    visit.must(Permission::Operate)?;
    visit.app.auth().check_site(headers).map_err(|_| Failure::CrossSite)?;
    let RawForm(form) = form.map_err(|_| Failure::Params(Vec::new()))?;
    let form = Params::of(&String::from_utf8_lossy(&form));
    let (selection, again, question) = chosen_letters(visit.app.dead_letters(), &form)?;
    Ok(visit.app.repair(&visit.asking, which(again), selection, question).await?)
}

/// On to the list, which tells what came of it: loaded again, it neither does nor tells it again.
fn answer(visit: &Visit, did: Done, repaired: Result<Repaired, Trouble>) -> Response {
    match repaired {
        Ok(repaired) => {
            let told = Flash::Repaired { did, repaired }.set(&visit.app);
            let told = told.map(|cookie| [(header::SET_COOKIE, cookie)]);
            (StatusCode::SEE_OTHER, told, Redirect::to("/dead-letters")).into_response()
        }
        Err(trouble) => visit.answer(Err(trouble)),
    }
}

/// What came of a repair, if there was one just before.
pub(super) fn outcome(visit: &Visit) -> Markup {
    let texts = &visit.look.texts.dead_letters;
    let Some(Flash::Repaired { did, repaired }) = &visit.flash else { return html! {} };
    let Repaired { tally, complete, file } = repaired;
    let told = match did {
        Done::Replayed => (texts.replayed_now)(&grouped(tally.done)),
        Done::Discarded => (texts.discarded_now)(&grouped(tally.done)),
    };
    notice::info(html! {
        p role="status" { strong { (told) } }
        @if tally.skipped > 0 { p { ((texts.skipped_now)(&grouped(tally.skipped))) } }
        @if tally.refused > 0 { p { ((texts.refused_now)(&grouped(tally.refused))) } }
        @if !complete { p { (texts.incomplete) } }
        @if let Some(file) = file { p { (texts.kept_in) " " code { (file) } } }
    })
}
