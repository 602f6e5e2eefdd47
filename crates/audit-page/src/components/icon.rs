use maud::{Markup, html};

/// A small picture next to a text that says the same.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Icon {
    Fail,
    Info,
    Clock,
    Down,
    Left,
    Right,
    Cross,
    Line,
}

pub(crate) fn icon(which: Icon) -> Markup {
    html! {
        svg.icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" {
            @match which {
                Icon::Fail => { path d="M8 1.2 15.4 14.4H.6z" {} path.cut d="M8 5.6v4.2M8 11.6v1" {} }
                Icon::Info => { circle cx="8" cy="8" r="7" {} path.cut d="M8 7.2v4.4M8 4.2v1" {} }
                Icon::Clock => {
                    circle.line-only cx="8" cy="8" r="6.2" {}
                    path.line-only d="M8 4.4V8l2.4 1.6" {}
                }
                Icon::Down => { path.line-only d="M8 2v8M4.6 7 8 10.4 11.4 7M2.5 13.5h11" {} }
                Icon::Left => { path.line-only d="M10 3 5 8l5 5" {} }
                Icon::Right => { path.line-only d="m6 3 5 5-5 5" {} }
                Icon::Cross => { path.line-only d="m4 4 8 8M12 4l-8 8" {} }
                Icon::Line => { path.line-only d="M4 1.5v13M4 4h0M4 12h0M7.5 4h6M7.5 8h4M7.5 12h6" {} }
            }
        }
    }
}
