use audit_query::Domain;
use maud::{Markup, html};

use super::{
    events_of,
    numbers::{Action, Numbers, share},
};
use crate::{
    components::icon::{Icon, icon},
    texts::grouped,
    view::ViewContext,
};

/// The numbers of events, in total and by domain.
pub(super) fn tiles(view: ViewContext, numbers: &Numbers) -> Markup {
    let failures = |domain: Option<Domain>| {
        let failures = numbers.failures(domain);
        let words = (view.texts.common.n_failures)(failures);
        html! {
            @if failures > 0 { span.sub.bad { (icon(Icon::Fail)) (words) } } @else { span.sub { (words) } }
        }
    };
    html! {
        ul.tiles {
            li.all {
                a href=(events_of(numbers, None, None)) {
                    span.name { (view.texts.overview.total) }
                    b { (grouped(numbers.total())) }
                    (failures(None))
                }
            }
            @for (domain, total) in numbers.by_domain() {
                li class={ "d-" (domain) } {
                    a href=(events_of(numbers, Some(domain), None)) {
                        span.name { span.dot {} (view.texts.names.domain(domain.name())) }
                        b { (grouped(total)) }
                        (failures(Some(domain)))
                    }
                }
            }
        }
    }
}

/// The most frequent actions. `None` without events.
pub(super) fn top(view: ViewContext, numbers: &Numbers) -> Option<Markup> {
    let actions = numbers.most_frequent(|_| true);
    actions.first()?;
    Some(table(view, numbers, view.texts.overview.top_caption, &actions, numbers.total()))
}

/// The most frequent failures. `None` without failures.
pub(super) fn failures(view: ViewContext, numbers: &Numbers) -> Option<Markup> {
    let actions = numbers.most_frequent(|action| action.is_failure);
    actions.first()?;
    Some(table(view, numbers, view.texts.overview.failures_caption, &actions, numbers.failures(None)))
}

fn table(view: ViewContext, numbers: &Numbers, caption: &str, actions: &[Action<'_>], total: u64) -> Markup {
    let (texts, columns) = (&view.texts.overview, &view.texts.columns);
    let most = actions.first().map_or(0, |action| action.count);
    let others = total.saturating_sub(actions.iter().map(|action| action.count).sum());
    html! {
        table {
            caption.vh { (caption) }
            thead {
                tr {
                    th scope="col" { (columns.action) }
                    th.num scope="col" { (texts.col_count) }
                    th.num scope="col" { (texts.col_share) }
                }
            }
            tbody {
                @for Action { domain, name, count, .. } in actions {
                    tr class={ "d-" (domain) } {
                        th scope="row" {
                            a.action href=(events_of(numbers, Some(*domain), Some(name))) { (name) }
                            " " span.muted { (view.texts.names.domain(domain.name())) }
                            (meter(*count, most))
                        }
                        td.num { (grouped(*count)) }
                        td.num { (percent(*count, total)) }
                    }
                }
                @if others > 0 {
                    tr {
                        th scope="row" { (texts.others) }
                        td.num { (grouped(others)) }
                        td.num { (percent(others, total)) }
                    }
                }
            }
        }
    }
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", share(part, whole) * 100.0)
}

fn meter(count: u64, most: u64) -> Markup {
    let width = (share(count, most) * 100.0).max(1.0);
    html! {
        svg.meter viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect width=(format!("{width:.1}")) height="6" {}
        }
    }
}
