use maud::{Markup, Render, html};

use super::icon::{Icon, icon};

/// Something to know.
pub(crate) fn info(body: impl Render) -> Markup {
    html! { div.notice.info { (icon(Icon::Info)) div { (body) } } }
}

/// Something that went wrong: it is read out at once.
pub(crate) fn alert(body: impl Render) -> Markup {
    html! { div.notice.bad role="alert" { (icon(Icon::Fail)) div { (body) } } }
}
