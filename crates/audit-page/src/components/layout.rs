use maud::{Markup, Render, html};

use crate::view::ViewContext;

/// The title of a page, its purpose, and actions for the whole page.
pub(crate) fn head(title: &str, lead: Option<&str>, extra: Option<Markup>) -> Markup {
    html! {
        div.head {
            div {
                h1 { (title) }
                @if let Some(lead) = lead { p.lead { (lead) } }
            }
            @if let Some(extra) = extra { (extra) }
        }
    }
}

/// A section with a title, whose id is `id`.
pub(crate) fn section(id: &str, title: impl Render, more: Option<Markup>, body: impl Render) -> Markup {
    html! {
        section.panel aria-labelledby=(id) {
            div.bar { h2 id=(id) { (title) } @if let Some(more) = more { (more) } }
            (body)
        }
    }
}

/// Content that may be wider than the screen. It can be scrolled with the keyboard, too.
pub(crate) fn scroll(view: ViewContext, name: &str, body: impl Render) -> Markup {
    html! {
        div.scroll role="region" tabindex="0" aria-label=((view.texts.common.scroll_region)(name)) { (body) }
    }
}

/// Says why there is nothing to show, and what to try.
pub(crate) fn blank(title: &str, body: impl Render) -> Markup {
    html! { div.panel.blank role="status" { h2 { (title) } (body) } }
}
