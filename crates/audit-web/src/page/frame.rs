//! What is around every page: head, navigation, the choices of language and zone, foot.

use chrono::{Offset, TimeZone, Utc};
use maud::{DOCTYPE, Markup, html};

use super::{
    address::Address,
    language::Language,
    parts::{
        field,
        icon::{Icon, icon},
        time::plain,
    },
    texts::{Texts, grouped},
    visit::{Look, Page},
};
use crate::{
    asking::Asking,
    auth::{Permission, Reader, Role, Via},
    budget::Allowance,
};

/// A page of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Search,
    Timeline,
    DeadLetters,
    AccessLog,
    Api,
}

impl Place {
    const ALL: [Self; 6] =
        [Self::Overview, Self::Search, Self::Timeline, Self::DeadLetters, Self::AccessLog, Self::Api];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Overview => "/overview",
            Self::Search => "/search",
            Self::Timeline => "/timeline",
            Self::DeadLetters => "/dead-letters",
            Self::AccessLog => "/access-log",
            Self::Api => "/api",
        }
    }

    fn name(self, texts: &Texts) -> &'static str {
        match self {
            Self::Overview => texts.frame.nav_overview,
            Self::Search => texts.frame.nav_search,
            Self::Timeline => texts.frame.nav_timeline,
            Self::DeadLetters => texts.frame.nav_dead_letters,
            Self::AccessLog => texts.frame.nav_access_log,
            Self::Api => texts.frame.nav_api,
        }
    }

    /// The places that a reader may go to.
    pub(crate) fn of(reader: &Reader) -> impl Iterator<Item = Self> {
        let permission = |place| match place {
            Self::Overview | Self::Search | Self::Timeline => Some(Permission::Read),
            Self::DeadLetters => Some(Permission::Operate),
            Self::AccessLog => Some(Permission::ReadAccessLog),
            Self::Api => None,
        };
        Self::ALL.into_iter().filter(move |place| permission(*place).is_none_or(|needed| reader.may(needed)))
    }
}

/// The whole document of a page. `here` is its address; without a reader it is one that anybody may see.
pub(super) fn whole(look: Look, asking: Option<&Asking>, here: &Address, page: &Page) -> Markup {
    let reader = asking.map(|asking| &asking.reader);
    let frame = &look.texts.frame;
    html! {
        (DOCTYPE)
        html lang=(look.texts.language.code()) {
            (head(&(frame.page_title)(&page.title)))
            body data-copy=(frame.copy) data-copied=(frame.copied) {
                a.skip href="#main" { (frame.skip_to_content) }
                header.top {
                    a.brand href="/" {
                        (logo()) span { (frame.product) } " " span.muted { (frame.product_sub) }
                    }
                    @if let Some(reader) = reader { (navigation(look, reader, page.place)) }
                    div.tools {
                        (languages(look, here))
                        @if let Some(reader) = reader {
                            (zone_menu(look, here))
                            (who(look, reader))
                        }
                    }
                }
                main #main tabindex="-1" { (page.body) }
                footer.foot {
                    @if reader.is_some() {
                        p { (times(look)) }
                        p { (frame.footer_recorded) }
                        @if let Some(left) = asking.and_then(|asking| asking.exchange.allowance()) {
                            p { (rows_left(look, left)) }
                        }
                    } @else {
                        p { (look.texts.sign_in.recorded) }
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

fn navigation(look: Look, reader: &Reader, current: Option<Place>) -> Markup {
    html! {
        nav.pages aria-label=(look.texts.frame.nav_main) {
            ul {
                @for place in Place::of(reader) {
                    li {
                        a href=(place.path()) aria-current=[(current == Some(place)).then_some("page")] {
                            (place.name(look.texts))
                        }
                    }
                }
            }
        }
    }
}

fn languages(look: Look, here: &Address) -> Markup {
    html! {
        nav.langs aria-label=(look.texts.frame.language) {
            @for (language, name) in Language::ALL {
                @let chosen = Address::new(format!("/language/{}", language.code())).and("back", here);
                @let current = (language == look.texts.language).then_some("true");
                a href=(chosen) lang=(language.code()) hreflang=(language.code()) aria-current=[current] { (name) }
            }
        }
    }
}

/// Asks for the same page with the times of another zone.
fn zone_menu(look: Look, here: &Address) -> Markup {
    let zone = look.zone.name();
    html! {
        details.menu {
            summary aria-label=((look.texts.frame.time_zone_change)(zone)) { (icon(Icon::Clock)) (zone) }
            form action=(here.path()) method="get" {
                @for (name, value) in here.pairs().filter(|(name, _)| *name != "tz") {
                    input type="hidden" name=(name) value=(value);
                }
                (field::zone(look, "zone-menu"))
                button.btn { (look.texts.common.apply) }
            }
        }
    }
}

fn who(look: Look, reader: &Reader) -> Markup {
    let frame = &look.texts.frame;
    let role = |role| match role {
        Role::Support => frame.role_support,
        Role::Auditor => frame.role_auditor,
        Role::Ops => frame.role_ops,
    };
    // An auditor may do all that the others may.
    let is_auditor = reader.roles().any(|role| role == Role::Auditor);
    let shown = reader.roles().filter(|role| !is_auditor || *role == Role::Auditor);
    let roles: Vec<_> = shown.map(role).collect();
    html! {
        p.who {
            span.vh { (frame.signed_in_as) } " " (reader.name()) " " span.muted { (roles.join(", ")) }
        }
        @if matches!(reader.via(), Via::Token | Via::Jwt) {
            form action="/sign-out" method="post" { button.btn.quiet { (frame.sign_out) } }
        }
    }
}

fn rows_left(look: Look, allowance: Allowance) -> String {
    let Allowance { rows, left, renewed } = allowance;
    (look.texts.frame.footer_rows_left)(&grouped(left), &grouped(rows), &plain(look, renewed))
}

fn times(look: Look) -> String {
    let offset = look.zone.offset_from_utc_datetime(&Utc::now().naive_utc()).fix();
    (look.texts.frame.footer_times)(look.zone.name(), &offset.to_string())
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
