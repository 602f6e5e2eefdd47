use audit_query::Range;
use maud::{Markup, Render, html};

use super::{
    icon::{Icon, icon},
    time::plain,
};
use crate::view::ViewContext;

/// Since when an answer is, if nobody asked for a beginning; `field` is where to ask for another.
pub(crate) fn assumed(view: ViewContext, range: Range, field: &str) -> Markup {
    let common = &view.texts.common;
    html! {
        @if let Some(from) = range.from.filter(|_| range.assumed) {
            (info(html! {
                p { strong { ((common.since)(&plain(view, from))) } " " a href=(field) { (common.since_action) } }
            }))
        }
    }
}

/// Something to know.
pub(crate) fn info(body: impl Render) -> Markup {
    html! { div.notice.info { (icon(Icon::Info)) div { (body) } } }
}

/// Something that went wrong: it is read out at once.
pub(crate) fn alert(body: impl Render) -> Markup {
    html! { div.notice.bad role="alert" { (icon(Icon::Fail)) div { (body) } } }
}
