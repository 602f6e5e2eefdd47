use audit_query::{Order, PARAMS, Page};
use maud::{Markup, html};

use super::Found;
use crate::{
    api::PAGING,
    auth::Permission,
    page::{
        address::{Address, instant},
        parts::{
            events::table,
            icon::{Icon, icon},
            layout::blank,
            notice,
            pager::pager,
            time::plain,
        },
        trouble::Trouble,
        visit::Visit,
    },
};

/// What was found, or why nothing was.
pub(super) struct Results<'v> {
    pub(super) visit: &'v Visit,
    pub(super) found: &'v Found,
}

impl Results<'_> {
    pub(super) fn show(&self) -> Markup {
        match self.found {
            Err(trouble @ (Trouble::Params(_) | Trouble::EmptyRange)) => self.mistakes(trouble),
            Err(trouble) => trouble.notice(self.visit.look, &self.visit.address()),
            Ok(page) => self.events(page),
        }
    }

    fn mistakes(&self, trouble: &Trouble) -> Markup {
        let look = self.visit.look;
        let common = &look.texts.common;
        let problem = |name: &str, words: &str| {
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
                @match trouble {
                    Trouble::Params(problems) => {
                        @for wrong in problems {
                            (problem(&wrong.parameter, &crate::page::trouble::expected(look, wrong)))
                        }
                    }
                    _ => { (problem("from", common.error_range)) }
                }
            }
        })
    }

    fn events(&self, page: &Page) -> Markup {
        let look = self.visit.look;
        let texts = &look.texts.search;
        let order = match page.order {
            Order::Newest => texts.order_newest,
            Order::Oldest => texts.order_oldest,
        };
        html! {
            (notice::assumed(look, page.range, "#f-from"))
            (self.active())
            @if page.entries.is_empty() {
                (self.empty(page))
            } @else {
                @let pager = pager(look, &self.visit.address(), page.order, page.previous.as_ref(), page.next.as_ref());
                div.panel {
                    div.bar {
                        p { ((texts.results_shown)(page.entries.len() as u64)) " · " (order) }
                        @if self.visit.may(Permission::Export) { (self.exports(page)) }
                    }
                    (table(look, &page.entries, texts.results_caption))
                    div.bar { (pager) }
                }
            }
        }
    }

    /// The filters in force, each with a way to remove it.
    fn active(&self) -> Markup {
        let common = &self.visit.look.texts.common;
        let here = self.visit.address().without("cursor");
        let filters: Vec<_> = self.visit.params.pairs().filter(|(name, _)| !PAGING.contains(name)).collect();
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
        let look = self.visit.look;
        let texts = &look.texts.search;
        let range = page.range;
        let id = ["actor_id", "resource_id", "trace_id", "id"]
            .into_iter()
            .find_map(|name| self.visit.params.pairs().find(|(found, _)| *found == name))
            .map(|(_, value)| value);
        let story = |id: &str| {
            let story = Address::new("/timeline").and("q", id);
            if let Some(from) = range.from { story.and("from", instant(from)) } else { story }
        };
        let widen = range.from.map(|from| match range.to {
            Some(to) => (texts.empty_tip_range)(&plain(look, from), &plain(look, to)),
            None => (texts.empty_tip_since)(&plain(look, from)),
        });
        blank(
            texts.empty_title,
            html! {
                p { (texts.empty_body) }
                ul {
                    @if let Some(widen) = widen { li { (widen) } }
                    li { (texts.empty_tip_remove) }
                    @if self.visit.params.all("actor_id").next().is_some() { li { (texts.empty_tip_actor) } }
                    li { (texts.empty_tip_timeline) }
                }
                div.actions {
                    a.btn.primary href="/search" { (texts.empty_clear) }
                    @if let Some(id) = id { a.btn href=(story(id)) { (icon(Icon::Line)) (texts.empty_timeline) } }
                }
            },
        )
    }

    /// The same events as files. The time is written out: both mean the same then.
    fn exports(&self, page: &Page) -> Markup {
        let common = &self.visit.look.texts.common;
        let file = |format: &str| {
            let filters = self.visit.params.pairs();
            let filters =
                filters.filter(|(name, _)| !PAGING.contains(name) && !["from", "to"].contains(name));
            let address = Address::new("/api/v1/logs/export").and("format", format);
            let mut address = filters.fold(address, |address, (name, value)| address.and(name, value));
            let range = page.range;
            for (name, time) in [("from", range.from), ("to", range.to)] {
                if let Some(time) = time {
                    address = address.and(name, instant(time));
                }
            }
            if page.order == Order::Oldest { address.and("order", "oldest") } else { address }
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

    /// What a filter is called; none for one that there is not.
    fn label(&self, name: &str) -> Option<&'static str> {
        let look = self.visit.look;
        let (columns, search, common) = (&look.texts.columns, &look.texts.search, &look.texts.common);
        let own = || {
            let known = self.visit.app.queries().own_columns();
            known.iter().find(|column| column.name == name).map(|column| columns.own(column.name))
        };
        if !PARAMS.contains(&name) && !PAGING.contains(&name) {
            return own();
        }
        Some(match name {
            "domain" => columns.domain,
            "action_type" => search.actions,
            "actor_id" => columns.actor_id,
            "actor_type" => columns.actor_type,
            "resource_id" => columns.resource_id,
            "trace_id" => columns.trace_id,
            "id" => columns.id,
            "from" => common.from,
            "to" => common.to,
            "limit" => search.page_size,
            "order" => search.order,
            "tz" => common.time_zone,
            _ => return None,
        })
    }

    /// A filter's value as people read it.
    fn shown(&self, name: &str, value: &str) -> String {
        let time = || self.visit.params.time(name, self.visit.look.zone);
        match name {
            "from" | "to" => time().map_or_else(|| value.to_owned(), |time| plain(self.visit.look, time)),
            _ => value.to_owned(),
        }
    }
}
