use maud::{Markup, html};

use super::{
    icon::{Icon, icon},
    prose::with_code,
};
use crate::view::ViewContext;

/// A field of a form.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Field<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) kind: Kind,
    pub(crate) hint: Option<&'a str>,
    /// What is wrong with its value.
    pub(crate) error: Option<&'a str>,
    /// The id of its list of suggestions.
    pub(crate) list: Option<&'a str>,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Text,
    /// An id or a code, in a fixed-width font.
    Code,
    Number,
    /// A time in the chosen zone.
    Time,
}

impl Field<'_> {
    pub(crate) fn show(self) -> Markup {
        let Self { id, label, name, value, kind, hint, error, list } = self;
        let (input, step) = match kind {
            Kind::Text | Kind::Code => ("text", None),
            Kind::Number => ("number", None),
            Kind::Time => ("datetime-local", Some("1")),
        };
        let is_code = kind == Kind::Code;
        let described: Vec<_> = [error.map(|_| "error"), hint.map(|_| "hint")]
            .into_iter()
            .flatten()
            .map(|part| format!("{id}-{part}"))
            .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        html! {
            div.field {
                label for=(id) { (label) }
                input.id[is_code] type=(input) id=(id) name=(name) value=[(!value.is_empty()).then_some(value)]
                    step=[step] list=[list] spellcheck=[is_code.then_some("false")] aria-describedby=[described]
                    aria-invalid=[error.map(|_| "true")];
                @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (with_code(hint)) } }
                @if let Some(error) = error {
                    p.error id={ (id) "-error" } { (icon(Icon::Fail)) (error) }
                }
            }
        }
    }
}

/// A choice among several values, each with its label.
pub(crate) fn select(id: &str, label: &str, name: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    let is_other = options.iter().all(|(value, _)| *value != chosen);
    html! {
        div.field {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words) }
                }
                @if is_other { option value=(chosen) selected { (chosen) } }
            }
        }
    }
}

const USUAL_ZONES: [&str; 2] = ["Asia/Seoul", "UTC"];
const OTHER_ZONES: [&str; 7] = [
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
];

/// The choice of the time zone. It lists common ones; the URL accepts all.
pub(crate) fn zone(view: ViewContext, id: &str) -> Markup {
    let common = &view.texts.common;
    let chosen = view.zone.name();
    let group = |label: &str, zones: &[&str]| {
        html! {
            optgroup label=(label) { @for zone in zones { option selected[*zone == chosen] { (zone) } } }
        }
    };
    let is_listed = USUAL_ZONES.contains(&chosen) || OTHER_ZONES.contains(&chosen);
    html! {
        div.field {
            label for=(id) { (common.time_zone) }
            select id=(id) name="tz" {
                (group(common.usual_zones, &USUAL_ZONES))
                (group(common.other_zones, &OTHER_ZONES))
                @if !is_listed { option selected { (chosen) } }
            }
        }
    }
}
