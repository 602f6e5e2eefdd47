use maud::{Markup, html};

use super::{
    icon::{Icon, icon},
    time::for_field,
};
use crate::page::{
    trouble::Trouble,
    visit::{Look, Visit},
};

/// A field of a form.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Field<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) kind: Kind,
    pub(crate) hint: Option<&'a str>,
    /// What is wrong with the value.
    pub(crate) error: Option<&'a str>,
    /// The id of a list of suggestions.
    pub(crate) list: Option<&'a str>,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Text,
    /// An id or a code: each character matters.
    Code,
    Number,
    /// A time of the chosen zone.
    Time,
}

/// A field for a time of the chosen zone, with the address's value and what is wrong with it.
pub(crate) fn time(visit: &Visit, trouble: Option<&Trouble>, id: &str, name: &str, label: &str) -> Markup {
    let look = visit.look;
    let value = visit.params.time(name, look.zone).map(|time| for_field(look, time)).unwrap_or_default();
    let error = trouble.and_then(|trouble| trouble.with(look, name));
    let error = error.as_deref();
    Field { id, label, name, value: &value, kind: Kind::Time, error, ..Field::default() }.show()
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
                @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (hint) } }
                @if let Some(error) = error {
                    p.error id={ (id) "-error" } { (icon(Icon::Fail)) (error) }
                }
            }
        }
    }
}

/// A choice of one among several values, each with its words.
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

/// The choice of the zone. Any zone can be named in an address; those that are likely are listed.
pub(crate) fn zone(look: Look, id: &str) -> Markup {
    let common = &look.texts.common;
    let chosen = look.zone.name();
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
