use maud::{Markup, html};

use crate::local_url::LocalUrl;

/// A list of names and values.
pub(crate) fn facts<'n>(rows: impl IntoIterator<Item = (&'n str, Markup)>) -> Markup {
    html! {
        dl.kv { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } }
    }
}

/// A value that readers may want to copy.
pub(crate) fn code(value: impl std::fmt::Display) -> Markup {
    html! { code.id data-copyable { (value) } }
}

/// A link that follows a value.
pub(crate) fn jump(to: &LocalUrl, label: &str) -> Markup {
    html! { " " a.jump href=(to) { (label) } }
}
