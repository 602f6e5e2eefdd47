use std::collections::BTreeSet;

use audit_query::{Domain, FILTER_PARAMS, FilterParam, FilterSection, Order, PAGE_SIZE, ParamKind};
use audit_web::RequestError;
use chrono::{SubsecRound, TimeDelta, Utc};
use maud::{Markup, html};

use super::{Found, label, order_param};
use crate::{
    components::{
        events::actor_type,
        field::{self, Field, Kind},
    },
    context::PageContext,
    error::of_param,
    local_url::instant,
    view::ViewContext,
};

/// The filters of the URL, as a form.
pub(super) struct Form<'v> {
    context: &'v PageContext,
    error: Option<&'v RequestError>,
    /// Suggestions for actions.
    actions: BTreeSet<&'v str>,
}

/// The types of actors to choose from.
const ACTORS: [&str; 5] = ["SYSTEM", "CUSTOMER", "SELLER", "ADMIN", "USER_UNKNOWN"];
/// The sizes of a page to choose from.
const PAGE_SIZES: [u16; 5] = [25, PAGE_SIZE.default, 100, 200, PAGE_SIZE.max];

impl<'v> Form<'v> {
    pub(super) fn new(context: &'v PageContext, found: &'v Found) -> Self {
        let entries = found.iter().flat_map(|page| &page.entries);
        let actions = entries.map(|entry| entry.action_type.as_str()).collect();
        Self { context, error: found.as_ref().err(), actions }
    }

    fn view(&self) -> ViewContext {
        self.context.view
    }

    fn error(&self, name: &str) -> Option<String> {
        of_param(self.view(), self.error?, name)
    }

    /// The first value of a parameter. [`Self::others`] sends the rest along.
    fn value(&self, name: &str) -> &str {
        let params = &self.context.params;
        params.pairs().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }

    fn others(&self, name: &str) -> Markup {
        let values = self.context.params.pairs().filter(|(found, _)| *found == name).skip(1);
        html! { @for (_, value) in values { input type="hidden" name=(name) value=(value); } }
    }

    fn field(&self, name: &str, label: &str, kind: Kind, hint: Option<&str>) -> Markup {
        let id = id_of(name);
        let (value, error) = (self.value(name), self.error(name));
        let error = error.as_deref();
        html! {
            (Field { id: &id, label, name, value, kind, hint, error, ..Field::default() }.show())
            (self.others(name))
        }
    }

    pub(super) fn show(&self) -> Markup {
        let texts = &self.view().texts.search;
        html! {
            form.filters action="/search" method="get" {
                details.panel.fold #filters open {
                    summary { h2 { (texts.filters) } }
                    @for params in FILTER_PARAMS.chunk_by(|one, next| one.section == next.section) {
                        (self.section(params[0].section, params))
                    }
                    (self.own())
                    (self.shape())
                    div.actions {
                        button.btn.primary { (texts.submit) }
                        a.btn href="/search" { (texts.reset) }
                    }
                }
            }
        }
    }

    /// The parameters that belong together.
    fn section(&self, section: FilterSection, params: &[FilterParam]) -> Markup {
        let texts = &self.view().texts.search;
        let legend = match section {
            FilterSection::When => texts.when,
            FilterSection::Domain => texts.domains,
            FilterSection::What => texts.what,
            FilterSection::Who => texts.who,
            FilterSection::Ids => texts.ids,
        };
        let hint = (section == FilterSection::Domain).then_some("f-domain-hint");
        let is_when = section == FilterSection::When;
        html! {
            fieldset aria-describedby=[hint] {
                legend { (legend) }
                @if is_when { (self.quick_ranges()) }
                @for param in params { (self.param(param)) }
                @if is_when { (field::zone(self.view(), "f-tz")) }
            }
        }
    }

    /// A field that is typed into has the help as its hint, other fields explain themselves.
    fn param(&self, param: &FilterParam) -> Markup {
        let label = label(self.view(), param.name);
        match (param.name, param.kind) {
            ("action_type", _) => self.actions(label),
            ("actor_type", _) => self.actor_types(label),
            (_, ParamKind::Domain) => self.domains(),
            (name, ParamKind::From | ParamKind::To) => {
                self.context.time_field(self.error, &id_of(name), name, label)
            }
            (name, kind) => {
                let help = self.view().texts.language.text(param.help);
                self.field(name, label, kind_of_field(kind), Some(help))
            }
        }
    }

    fn quick_ranges(&self) -> Markup {
        let texts = &self.view().texts.search;
        let quick = [
            (TimeDelta::hours(1), texts.range_1h),
            (TimeDelta::hours(24), texts.range_24h),
            (TimeDelta::days(7), texts.range_7d),
            (TimeDelta::days(30), texts.range_30d),
        ];
        let now = Utc::now();
        let here = self.context.url().without("to").without("cursor");
        html! {
            ul.quick aria-label=(texts.range_quick) {
                @for (back, label) in quick {
                    @let from = instant((now - back).trunc_subsecs(0));
                    li { a href=(here.clone().with("from", from)) { (label) } }
                }
            }
        }
    }

    fn domains(&self) -> Markup {
        let chosen =
            |domain: Domain| self.context.params.pairs().any(|pair| pair == ("domain", domain.name()));
        html! {
            div.checks {
                @for table in self.context.state.log().tables() {
                    @let name = table.domain.name();
                    label class={ "check d-" (name) } {
                        input type="checkbox" name="domain" value=(name) checked[chosen(table.domain)];
                        span.dot {} (self.view().texts.names.domain(name))
                    }
                }
            }
            p.hint #f-domain-hint { (self.view().texts.search.domains_hint) }
        }
    }

    /// One field for all actions, with those of the results as suggestions.
    fn actions(&self, label: &str) -> Markup {
        let chosen: Vec<_> = self.context.params.all("action_type").collect();
        let error = self.error("action_type");
        let field = Field {
            id: "f-action-type",
            label,
            name: "action_type",
            value: &chosen.join(", "),
            kind: Kind::Code,
            hint: Some(self.view().texts.search.actions_hint),
            error: error.as_deref(),
            list: Some("actions"),
        };
        html! {
            (field.show())
            datalist #actions { @for action in &self.actions { option value=(action) {} } }
        }
    }

    fn actor_types(&self, label: &str) -> Markup {
        let any = ("", self.view().texts.common.any);
        let actors = ACTORS.iter().map(|code| (*code, actor_type(self.view(), code)));
        let actors: Vec<_> = std::iter::once(any).chain(actors).collect();
        html! {
            (field::select("f-actor-type", label, "actor_type", &actors, self.value("actor_type")))
            (self.others("actor_type"))
        }
    }

    /// The columns that only some domains have.
    fn own(&self) -> Markup {
        let texts = &self.view().texts.search;
        let columns = self.context.state.log().own_columns();
        let is_asked = columns.iter().any(|column| !self.value(column.name).is_empty());
        html! {
            details.fold.own open[is_asked] {
                summary { (texts.own) }
                p.hint { (texts.own_hint) }
                @for column in &columns {
                    @let label = label(self.view(), column.name);
                    (self.field(column.name, label, kind_of_field(column.kind.into()), None))
                }
            }
        }
    }

    fn shape(&self) -> Markup {
        let texts = &self.view().texts.search;
        let orders = Order::NAMES.map(|(name, order)| (name, texts.order_name(order)));
        let sizes = BTreeSet::from(PAGE_SIZES);
        let sizes: Vec<_> = sizes.iter().map(u16::to_string).collect();
        let sizes: Vec<_> = sizes.iter().map(|size| (size.as_str(), size.as_str())).collect();
        let default_size = PAGE_SIZE.default.to_string();
        let or = |name, default| Some(self.value(name)).filter(|value| !value.is_empty()).unwrap_or(default);
        html! {
            fieldset.two {
                legend { (texts.shape) }
                (field::select("f-order", texts.order, "order", &orders, or("order", order_param(Order::default()))))
                (field::select("f-limit", texts.page_size, "limit", &sizes, or("limit", &default_size)))
            }
        }
    }
}

fn id_of(param: &str) -> String {
    format!("f-{}", param.replace('_', "-"))
}

/// Text matches as it was sent, so its field is one for codes.
fn kind_of_field(kind: ParamKind) -> Kind {
    match kind {
        ParamKind::Domain | ParamKind::Text | ParamKind::Id | ParamKind::Uuid => Kind::Code,
        ParamKind::Integer | ParamKind::BigInteger => Kind::Number,
        ParamKind::From | ParamKind::To => Kind::Time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_is_one_part_of_the_form() {
        let sections = FILTER_PARAMS.chunk_by(|one, next| one.section == next.section);
        let mut seen = Vec::new();
        for section in sections.map(|params| params[0].section) {
            assert!(!seen.contains(&section), "the parameters of {section:?} are not together");
            seen.push(section);
        }
    }
}
