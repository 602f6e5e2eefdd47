use audit_auth::Permission;
use audit_query::{FilterParam, InvalidParam, Order, Page};
use audit_web::{RequestError, queries::PAGING};
use maud::{Markup, html};

use super::{Found, label, order_param};
use crate::{
    components::{
        events::table,
        icon::{Icon, icon},
        layout::blank,
        notice,
        pager::pager,
        time::plain,
    },
    context::PageContext,
    error::{error_notice, expected},
    local_url::{LocalUrl, instant},
};

/// The events, or why there are none.
pub(super) struct Results<'v> {
    pub(super) context: &'v PageContext,
    pub(super) found: &'v Found,
}

impl Results<'_> {
    pub(super) fn show(&self) -> Markup {
        match self.found {
            Err(RequestError::InvalidParams(invalid)) => self.mistakes(invalid),
            Err(error) => error_notice(self.context.view, error, &self.context.url()),
            Ok(page) => self.events(page),
        }
    }

    fn mistakes(&self, invalid: &[InvalidParam]) -> Markup {
        let view = self.context.view;
        let common = &view.texts.common;
        let mistake = |name: &str, words: &str| {
            html! {
                li {
                    @if let Some(label) = self.label(name) { a href={ "#f-" (name.replace('_', "-")) } { (label) } }
                    @else { (name) }
                    ": " (words)
                }
            }
        };
        notice::alert(html! {
            p { strong { (common.error_title) } }
            p { (common.error_check_fields) }
            ul {
                @for param in invalid { (mistake(&param.name, &expected(view, param))) }
            }
        })
    }

    fn events(&self, page: &Page) -> Markup {
        let view = self.context.view;
        let texts = &view.texts.search;
        let order = texts.order_name(page.order);
        html! {
            (notice::assumed(view, page.range, "#f-from"))
            (self.active())
            @if page.entries.is_empty() {
                (self.empty(page))
            } @else {
                @let pager = pager(view, &self.context.url(), page.order, page.previous.as_ref(), page.next.as_ref());
                div.panel {
                    div.bar {
                        p { ((texts.results_shown)(page.entries.len() as u64)) " · " (order) }
                        @if self.context.may(Permission::Export) { (self.exports(page)) }
                    }
                    (table(view, &page.entries, texts.results_caption))
                    div.bar { (pager) }
                }
            }
        }
    }

    /// The active filters, each with a link that removes it.
    fn active(&self) -> Markup {
        let common = &self.context.view.texts.common;
        let here = self.context.url().without("cursor");
        let filters: Vec<_> =
            self.context.params.pairs().filter(|(name, _)| !PAGING.contains(name)).collect();
        html! {
            @if !filters.is_empty() {
                ul.active aria-label=(common.active_filters) {
                    @for (name, value) in filters {
                        @let label = self.label(name).unwrap_or(name);
                        li {
                            span.muted { (label) } " " span.id { (self.shown(name, value)) }
                            a href=(here.clone().without_value(name, value)) {
                                (icon(Icon::Cross)) span.vh { (label) ": " (common.filter_remove) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn empty(&self, page: &Page) -> Markup {
        let view = self.context.view;
        let texts = &view.texts.search;
        let range = page.range;
        let id = ["actor_id", "resource_id", "trace_id", "id"]
            .into_iter()
            .find_map(|name| self.context.params.pairs().find(|(found, _)| *found == name))
            .map(|(_, value)| value);
        let story = |id: &str| {
            let story = LocalUrl::new("/timeline").and("q", id);
            if let Some(from) = range.from { story.and("from", instant(from)) } else { story }
        };
        let widen = range.from.map(|from| match range.to {
            Some(to) => (texts.empty_tip_range)(&plain(view, from), &plain(view, to)),
            None => (texts.empty_tip_since)(&plain(view, from)),
        });
        blank(
            texts.empty_title,
            html! {
                p { (texts.empty_body) }
                ul {
                    @if let Some(widen) = widen { li { (widen) } }
                    li { (texts.empty_tip_remove) }
                    @if self.context.params.all("actor_id").next().is_some() { li { (texts.empty_tip_actor) } }
                    li { (texts.empty_tip_timeline) }
                }
                div.actions {
                    a.btn.primary href="/search" { (texts.empty_clear) }
                    @if let Some(id) = id { a.btn href=(story(id)) { (icon(Icon::Line)) (texts.empty_timeline) } }
                }
            },
        )
    }

    /// Links to the same events as files. The time range is explicit, so that both have the same events.
    fn exports(&self, page: &Page) -> Markup {
        let common = &self.context.view.texts.common;
        let file = |format: &str| {
            let filters = self.context.params.pairs();
            let filters =
                filters.filter(|(name, _)| !PAGING.contains(name) && !["from", "to"].contains(name));
            let url = LocalUrl::new("/api/v1/logs/export").and("format", format);
            let mut url = filters.fold(url, |url, (name, value)| url.and(name, value));
            let range = page.range;
            for (name, time) in [("from", range.from), ("to", range.to)] {
                if let Some(time) = time {
                    url = url.and(name, instant(time));
                }
            }
            if page.order == Order::default() { url } else { url.and("order", order_param(page.order)) }
        };
        html! {
            div.group role="group" aria-label=(common.export) {
                span.muted aria-hidden="true" { (common.export) }
                a.btn href=(file("spreadsheet")) download { (icon(Icon::Down)) (common.export_spreadsheet) }
                a.btn href=(file("csv")) download { (icon(Icon::Down)) (common.export_csv) }
                a.btn href=(file("ndjson")) download { (icon(Icon::Down)) (common.export_ndjson) }
            }
        }
    }

    /// The label of a parameter. `None` for an unknown one.
    fn label(&self, name: &str) -> Option<&'static str> {
        let (search, common) = (&self.context.view.texts.search, &self.context.view.texts.common);
        let own = || {
            let known = self.context.state.log().own_columns();
            known.iter().find(|column| column.name == name).map(|column| column.name)
        };
        match name {
            "limit" => Some(search.page_size),
            "order" => Some(search.order),
            "tz" => Some(common.time_zone),
            _ => {
                let name = FilterParam::named(name).map(|param| param.name).or_else(own)?;
                Some(label(self.context.view, name))
            }
        }
    }

    /// The value of a filter, as people read it.
    fn shown(&self, name: &str, value: &str) -> String {
        let time = || self.context.params.time(name, self.context.view.zone);
        match name {
            "from" | "to" => time().map_or_else(|| value.to_owned(), |time| plain(self.context.view, time)),
            _ => value.to_owned(),
        }
    }
}
