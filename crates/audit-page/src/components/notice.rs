use audit_query::ResolvedRange;
use maud::{Markup, Render, html};

use super::{
    icon::{Icon, icon},
    time::plain,
};
use crate::view::ViewContext;

/// Shows the beginning of the range that was assumed if the reader asked for none. `field` is where he can choose another.
pub(crate) fn assumed(view: ViewContext, range: ResolvedRange, field: &str) -> Markup {
    let common = &view.texts.common;
    html! {
        @if let Some(from) = range.from.filter(|_| range.assumed) {
            (info(html! {
                p { strong { ((common.since)(&plain(view, from))) } " " a href=(field) { (common.since_action) } }
            }))
        }
    }
}

/// Information.
pub(crate) fn info(body: impl Render) -> Markup {
    html! { div.notice.info { (icon(Icon::Info)) div { (body) } } }
}

/// An error. Screen readers read it out at once.
pub(crate) fn alert(body: impl Render) -> Markup {
    html! { div.notice.bad role="alert" { (icon(Icon::Fail)) div { (body) } } }
}
