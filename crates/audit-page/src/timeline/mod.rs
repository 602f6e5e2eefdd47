//! The timeline: the story of one case, over all domains.

mod story;
mod summary;

use audit_auth::Permission;
use audit_query::{Domain, Missing, Timeline, TimelineRequest};
use audit_web::{RequestError, queries::timeline_request};
use axum::response::Response;
use maud::{Markup, html};

use crate::{
    components::{
        field,
        layout::{blank, head},
        notice,
    },
    context::PageContext,
    error::error_notice,
    nav_item::NavItem,
    page::Page,
    view::ViewContext,
};

pub(crate) async fn show(context: PageContext) -> Response {
    if let Err(error) = context.require(Permission::Read) {
        return context.respond(Err(error));
    }
    let (found, memory) = context.with_memory(find(&context)).await;
    let texts = &context.view.texts.timeline;
    let body = html! {
        (head(texts.title, None, None))
        (form(&context, &found))
        @match &found {
            Ok(None) => { p.lead { (texts.start) } }
            Ok(Some((request, timeline))) => { (answer(&context, request, timeline)) }
            Err(error) => { (error_notice(context.view, error, &context.url())) }
        }
    };
    let page = Page::new(texts.title, body).under(NavItem::Timeline).holding(memory);
    context.respond(Ok(page.with_error(found.as_ref().err())))
}

/// The request and its timeline. `None` before anything is asked.
type Found = Result<Option<(TimelineRequest, Timeline)>, RequestError>;

async fn find(context: &PageContext) -> Found {
    let request = timeline_request(&context.state, &context.params, context.view.zone)?;
    let Some(request) = request else { return Ok(None) };
    let timeline = context.release(context.state.log().timeline(&request).await?).await?;
    Ok(Some((request, timeline)))
}

fn answer(context: &PageContext, request: &TimelineRequest, timeline: &Timeline) -> Markup {
    let view = context.view;
    let texts = &view.texts.timeline;
    html! {
        (notice::assumed(view, timeline.range, "#t-from"))
        @if timeline.events.is_empty() {
            (blank(texts.empty_title, html! { p { (texts.empty_body) } }))
        } @else {
            @if timeline.is_cut {
                (notice::info(html! { p { ((texts.truncated)(timeline.events.len() as u64)) } }))
            }
            @for missing in &timeline.missing { (notice::info(html! { p { (missing_text(view, missing)) } })) }
            (summary::summary(view, &request.key, &timeline.events))
            (story::story(view, &timeline.events))
        }
    }
}

/// What should be there and was not found.
fn missing_text(view: ViewContext, missing: &Missing) -> String {
    let Missing { domain, resource_id, action_type, expected } = missing;
    let name = |domain: Domain| view.texts.names.domain(domain.name()).to_owned();
    (view.texts.timeline.missing)(&format!("{} {resource_id}", name(*domain)), action_type, &name(*expected))
}

fn form(context: &PageContext, found: &Found) -> Markup {
    let view = context.view;
    let (texts, common) = (&view.texts.timeline, &view.texts.common);
    let error = found.as_ref().err();
    let time = |id, name, label| context.time_field(error, id, name, label);
    let only_key = context.params.flag("only_key").unwrap_or_default();
    html! {
        form.panel.ask action="/timeline" method="get" role="search" {
            label for="q" { (texts.q) }
            div.ask-row {
                input.id #q type="search" name="q" value=[context.params.all("q").next()] aria-describedby="q-hint"
                    spellcheck="false" autocomplete="off" required;
                button.btn.primary { (texts.submit) }
            }
            p.hint #q-hint { (texts.q_hint) }
            div.ask-more {
                div {
                    label.check {
                        input type="checkbox" name="only_key" value="true" checked[only_key]
                            aria-describedby="only-key-hint";
                        (texts.only_key)
                    }
                    p.hint #only-key-hint { (texts.only_key_hint) }
                }
                div.ask-when {
                    (time("t-from", "from", common.from))
                    (time("t-to", "to", common.to))
                    (field::zone(view, "t-tz"))
                }
            }
        }
    }
}
