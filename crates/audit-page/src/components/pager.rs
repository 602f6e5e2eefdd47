use audit_query::{Cursor, Order};
use maud::{Markup, html};

use super::icon::{Icon, icon};
use crate::{local_url::LocalUrl, view::ViewContext};

/// Links to the previous and the next page.
pub(crate) fn pager(
    view: ViewContext,
    here: &LocalUrl,
    order: Order,
    previous: Option<&Cursor>,
    next: Option<&Cursor>,
) -> Markup {
    let common = &view.texts.common;
    let (first, second) = match order {
        Order::Newest => (common.newer, common.older),
        Order::Oldest => (common.older, common.newer),
    };
    let way = |cursor: Option<&Cursor>, rel: &str, label: Markup| {
        html! {
            @if let Some(cursor) = cursor {
                a.btn rel=(rel) href=(here.clone().with("cursor", cursor)) { (label) }
            } @else {
                span.btn.off { (label) }
            }
        }
    };
    html! {
        nav.pager aria-label=(common.pages) {
            (way(previous, "prev", html! { (icon(Icon::Left)) (first) }))
            (way(next, "next", html! { (second) (icon(Icon::Right)) }))
        }
    }
}
