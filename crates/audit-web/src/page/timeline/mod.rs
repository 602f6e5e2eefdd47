//! The timeline: the story of one case, over all domains.

mod story;
mod summary;

use audit_query::{Timeline, TimelineRequest};
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{
    frame::Place,
    parts::{
        field,
        layout::{blank, head},
        notice,
    },
    trouble::Trouble,
    visit::{Page, Visit},
};
use crate::{api::timeline_request, auth::Permission, read::Read};

pub(super) async fn show(visit: Visit) -> Response {
    if let Err(trouble) = visit.must(Permission::Read) {
        return visit.answer(Err(trouble));
    }
    let (told, room) = visit.in_room(tell(&visit)).await;
    let status = told.as_ref().map_or_else(Trouble::status, |_| StatusCode::OK);
    let texts = &visit.look.texts.timeline;
    let body = html! {
        (head(texts.title, None, None))
        (form(&visit, &told))
        @match &told {
            Ok(None) => { p.lead { (texts.start) } }
            Ok(Some((request, timeline))) => { (answer(&visit, request, timeline)) }
            Err(trouble) => { (trouble.notice(visit.look, &visit.address())) }
        }
    };
    visit.answer(Ok(Page { status, room, ..Page::new(texts.title, Place::Timeline, body) }))
}

/// What was asked for, and its story; none before anything is asked for.
type Told = Result<Option<(TimelineRequest, Timeline)>, Trouble>;

async fn tell(visit: &Visit) -> Told {
    let request = timeline_request(&visit.app, &visit.params, visit.look.zone)?;
    let Some(request) = request else { return Ok(None) };
    if let (Some(from), Some(to)) = (request.range.from, request.range.to)
        && from >= to
    {
        return Err(Trouble::EmptyRange);
    }
    let timeline = visit.app.queries().timeline(&request).await?;
    let read = Read::events("TIMELINE", timeline.found.len()).asked(visit.params.question());
    visit.record(read.of(request.key.trim().to_owned())).await?;
    Ok(Some((request, timeline)))
}

fn answer(visit: &Visit, request: &TimelineRequest, timeline: &Timeline) -> Markup {
    let look = visit.look;
    let texts = &look.texts.timeline;
    html! {
        (notice::assumed(look, timeline.range, "#t-from"))
        @if timeline.found.is_empty() {
            (blank(texts.empty_title, html! { p { (texts.empty_body) } }))
        } @else {
            @if timeline.is_cut {
                (notice::info(html! { p { ((texts.truncated)(timeline.found.len() as u64)) } }))
            }
            (summary::summary(look, &request.key, &timeline.found))
            (story::story(look, &timeline.found))
        }
    }
}

fn form(visit: &Visit, told: &Told) -> Markup {
    let look = visit.look;
    let (texts, common) = (&look.texts.timeline, &look.texts.common);
    let trouble = told.as_ref().err();
    let time = |id, name, label| field::time(visit, trouble, id, name, label);
    let widens = visit.params.flag("widen").unwrap_or_default();
    html! {
        form.panel.ask action="/timeline" method="get" role="search" {
            label for="q" { (texts.q) }
            div.ask-row {
                input.id #q type="search" name="q" value=[visit.params.all("q").next()] aria-describedby="q-hint"
                    spellcheck="false" autocomplete="off" required;
                button.btn.primary { (texts.submit) }
            }
            p.hint #q-hint { (texts.q_hint) }
            div.ask-more {
                div {
                    label.check {
                        input type="checkbox" name="widen" value="true" checked[widens]
                            aria-describedby="widen-hint";
                        (texts.widen)
                    }
                    p.hint #widen-hint { (texts.widen_hint) }
                }
                div.ask-when {
                    (time("t-from", "from", common.from))
                    (time("t-to", "to", common.to))
                    (field::zone(look, "t-tz"))
                }
            }
        }
    }
}
