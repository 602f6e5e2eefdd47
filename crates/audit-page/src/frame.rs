//! The document around every page: head, navigation, the choices of language and time zone, foot.

use audit_auth::{AuthMethod, Reader, Role};
use audit_web::{Allowance, Caller};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{Offset, TimeZone, Utc};
use maud::{DOCTYPE, Markup, html};

use crate::{
    components::{
        field,
        icon::{Icon, icon},
        time::plain,
    },
    language::Language,
    local_url::LocalUrl,
    nav_item::NavItem,
    page::Page,
    texts::grouped,
    view::ViewContext,
};

/// The response with a page. `here` is its URL. Without a caller it is one that anybody may see.
pub(crate) fn respond(view: ViewContext, caller: Option<&Caller>, here: &LocalUrl, page: Page) -> Response {
    let document = document(view, caller, here, &page);
    let Page { status, header, memory, .. } = page;
    let mut response = match memory {
        Some(memory) => {
            let html = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            (status, [html], memory.body(document.into_string().into_bytes())).into_response()
        }
        None => (status, document).into_response(),
    };
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, value);
    }
    response
}

fn document(view: ViewContext, caller: Option<&Caller>, here: &LocalUrl, page: &Page) -> Markup {
    let reader = caller.map(|caller| &caller.reader);
    let frame = &view.texts.frame;
    html! {
        (DOCTYPE)
        html lang=(view.texts.language.code()) {
            (head(&(frame.page_title)(&page.title)))
            body data-copy=(frame.copy) data-copied=(frame.copied) {
                a.skip href="#main" { (frame.skip_to_content) }
                header.top {
                    a.brand href="/" {
                        (logo()) span { (frame.product) } " " span.muted { (frame.product_sub) }
                    }
                    @if let Some(reader) = reader { (navigation(view, reader, page.nav_item)) }
                    div.tools {
                        (languages(view, here))
                        @if let Some(reader) = reader {
                            (zone_menu(view, here))
                            (signed_in_as(view, reader))
                        }
                    }
                }
                main #main tabindex="-1" { (page.body) }
                footer.foot {
                    @if reader.is_some() {
                        p { (times(view)) }
                        p { (frame.footer_recorded) }
                        @if let Some(left) = caller.and_then(|caller| caller.request.allowance()) {
                            p { (rows_left(view, left)) }
                        }
                    } @else {
                        p { (view.texts.sign_in.recorded) }
                    }
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="icon" href=(ICON);
            link rel="stylesheet" href="/style.css";
            script src="/page.js" defer {}
        }
    }
}

fn navigation(view: ViewContext, reader: &Reader, current: Option<NavItem>) -> Markup {
    html! {
        nav.pages aria-label=(view.texts.frame.nav_main) {
            ul {
                @for item in NavItem::of(reader) {
                    li {
                        a href=(item.path()) aria-current=[(current == Some(item)).then_some("page")] {
                            (item.label(view.texts))
                        }
                    }
                }
            }
        }
    }
}

fn languages(view: ViewContext, here: &LocalUrl) -> Markup {
    html! {
        nav.langs aria-label=(view.texts.frame.language) {
            @for (language, name) in Language::ALL {
                @let chosen = LocalUrl::new(format!("/language/{}", language.code())).and("back", here);
                @let current = (language == view.texts.language).then_some("true");
                a href=(chosen) lang=(language.code()) hreflang=(language.code()) aria-current=[current] { (name) }
            }
        }
    }
}

/// Opens the same page with another time zone.
fn zone_menu(view: ViewContext, here: &LocalUrl) -> Markup {
    let zone = view.zone.name();
    html! {
        details.menu {
            summary aria-label=((view.texts.frame.time_zone_change)(zone)) { (icon(Icon::Clock)) (zone) }
            form action=(here.path()) method="get" {
                @for (name, value) in here.pairs().filter(|(name, _)| *name != "tz") {
                    input type="hidden" name=(name) value=(value);
                }
                (field::zone(view, "zone-menu"))
                button.btn { (view.texts.common.apply) }
            }
        }
    }
}

fn signed_in_as(view: ViewContext, reader: &Reader) -> Markup {
    let frame = &view.texts.frame;
    let role = |role| match role {
        Role::Support => frame.role_support,
        Role::Auditor => frame.role_auditor,
        Role::Ops => frame.role_ops,
    };
    // An auditor may do everything that the others may.
    let is_auditor = reader.roles().any(|role| role == Role::Auditor);
    let shown = reader.roles().filter(|role| !is_auditor || *role == Role::Auditor);
    let roles: Vec<_> = shown.map(role).collect();
    html! {
        p.who {
            span.vh { (frame.signed_in_as) } " " (reader.name()) " " span.muted { (roles.join(", ")) }
        }
        @if matches!(reader.auth_method(), AuthMethod::Token | AuthMethod::Jwt) {
            form action="/sign-out" method="post" { button.btn.quiet { (frame.sign_out) } }
        }
    }
}

fn rows_left(view: ViewContext, allowance: Allowance) -> String {
    let Allowance { rows, left, renewed } = allowance;
    (view.texts.frame.footer_rows_left)(&grouped(left), &grouped(rows), &plain(view, renewed))
}

fn times(view: ViewContext) -> String {
    let offset = view.zone.offset_from_utc_datetime(&Utc::now().naive_utc()).fix();
    (view.texts.frame.footer_times)(view.zone.name(), &offset.to_string())
}

fn logo() -> Markup {
    html! {
        svg.logo viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            path d=(TICKET) {}
            path.cut d="M8 9.500h8M8 12h8M8 14.500h5" {}
        }
    }
}

const TICKET: &str = "M3 6.5A1.5 1.5 0 0 1 4.500 5h15A1.500 1.500 0 0 1 21 6.500V10a2 2 0 0 0 0 4v3.500a1.500 1.500 0 0 1-1.500 \
     1.500h-15A1.500 1.500 0 0 1 3 17.500V14a2 2 0 0 0 0-4z";

/// The same ticket, for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath \
    fill='%233b55c9' d='M3 6.5A1.5 1.5 0 0 1 4.5 5h15A1.5 1.5 0 0 1 21 6.5V10a2 2 0 0 0 0 4v3.5a1.5 1.5 0 0 1-1.5 \
    1.5h-15A1.5 1.5 0 0 1 3 17.5V14a2 2 0 0 0 0-4z'/%3E%3C/svg%3E";
