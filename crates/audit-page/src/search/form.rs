use std::collections::BTreeSet;

use audit_query::Domain;
use audit_web::RequestError;
use chrono::{SubsecRound, TimeDelta, Utc};
use maud::{Markup, html};

use super::Found;
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

const ACTORS: [&str; 5] = ["SYSTEM", "CUSTOMER", "SELLER", "ADMIN", "USER_UNKNOWN"];

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

    fn field(&self, name: &str, label: &str, kind: Kind) -> Markup {
        let id = format!("f-{}", name.replace('_', "-"));
        let (value, error) = (self.value(name), self.error(name));
        let error = error.as_deref();
        html! {
            (Field { id: &id, label, name, value, kind, error, ..Field::default() }.show())
            (self.others(name))
        }
    }

    fn time(&self, name: &str, label: &str) -> Markup {
        self.context.time_field(self.error, &format!("f-{name}"), name, label)
    }

    pub(super) fn show(&self) -> Markup {
        let texts = &self.view().texts.search;
        html! {
            form.filters action="/search" method="get" {
                details.panel.fold #filters open {
                    summary { h2 { (texts.filters) } }
                    (self.when())
                    (self.domains())
                    (self.what())
                    (self.who())
                    (self.ids())
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

    fn when(&self) -> Markup {
        let (texts, common) = (&self.view().texts.search, &self.view().texts.common);
        let quick = [
            (TimeDelta::hours(1), texts.range_1h),
            (TimeDelta::hours(24), texts.range_24h),
            (TimeDelta::days(7), texts.range_7d),
            (TimeDelta::days(30), texts.range_30d),
        ];
        let now = Utc::now();
        let here = self.context.url().without("to").without("cursor");
        html! {
            fieldset {
                legend { (texts.when) }
                ul.quick aria-label=(texts.range_quick) {
                    @for (back, label) in quick {
                        @let from = instant((now - back).trunc_subsecs(0));
                        li { a href=(here.clone().with("from", from)) { (label) } }
                    }
                }
                (self.time("from", common.from))
                (self.time("to", common.to))
                (field::zone(self.view(), "f-tz"))
            }
        }
    }

    fn domains(&self) -> Markup {
        let texts = &self.view().texts.search;
        let chosen =
            |domain: Domain| self.context.params.pairs().any(|pair| pair == ("domain", domain.name()));
        html! {
            fieldset aria-describedby="f-domain-hint" {
                legend { (texts.domains) }
                div.checks {
                    @for table in self.context.state.queries().tables() {
                        @let name = table.domain.name();
                        label class={ "check d-" (name) } {
                            input type="checkbox" name="domain" value=(name) checked[chosen(table.domain)];
                            span.dot {} (self.view().texts.names.domain(name))
                        }
                    }
                }
                p.hint #f-domain-hint { (texts.domains_hint) }
            }
        }
    }

    fn what(&self) -> Markup {
        let (texts, columns) = (&self.view().texts.search, &self.view().texts.columns);
        let chosen: Vec<_> = self.context.params.all("action_type").collect();
        let error = self.error("action_type");
        let field = Field {
            id: "f-action-type",
            label: texts.actions,
            name: "action_type",
            value: &chosen.join(", "),
            kind: Kind::Code,
            hint: Some(texts.actions_hint),
            error: error.as_deref(),
            list: Some("actions"),
        };
        html! {
            fieldset {
                legend { (texts.what) }
                (field.show())
                datalist #actions { @for action in &self.actions { option value=(action) {} } }
                (self.field("resource_id", columns.resource_id, Kind::Code))
            }
        }
    }

    fn who(&self) -> Markup {
        let (texts, columns) = (&self.view().texts, &self.view().texts.columns);
        let any = ("", texts.common.any);
        let actors = ACTORS.iter().map(|code| (*code, actor_type(self.view(), code)));
        let actors: Vec<_> = std::iter::once(any).chain(actors).collect();
        html! {
            fieldset {
                legend { (texts.search.who) }
                (self.field("actor_id", columns.actor_id, Kind::Code))
                (field::select("f-actor-type", columns.actor_type, "actor_type", &actors, self.value("actor_type")))
                (self.others("actor_type"))
            }
        }
    }

    fn ids(&self) -> Markup {
        let columns = &self.view().texts.columns;
        html! {
            fieldset {
                legend { (self.view().texts.search.ids) }
                (self.field("trace_id", columns.trace_id, Kind::Code))
                (self.field("id", columns.id, Kind::Code))
            }
        }
    }

    /// The columns that only some domains have.
    fn own(&self) -> Markup {
        let texts = &self.view().texts.search;
        let columns = self.context.state.queries().own_columns();
        let is_asked = columns.iter().any(|column| !self.value(column.name).is_empty());
        html! {
            details.fold.own open[is_asked] {
                summary { (texts.own) }
                p.hint { (texts.own_hint) }
                @for column in &columns {
                    @let kind = if column.kind.name() == "integer" { Kind::Number } else { Kind::Text };
                    (self.field(column.name, self.view().texts.columns.own(column.name), kind))
                }
            }
        }
    }

    fn shape(&self) -> Markup {
        let texts = &self.view().texts.search;
        let orders = [("newest", texts.order_newest), ("oldest", texts.order_oldest)];
        let limits = ["25", "50", "100", "200"].map(|limit| (limit, limit));
        let or = |name, default| Some(self.value(name)).filter(|value| !value.is_empty()).unwrap_or(default);
        html! {
            fieldset.two {
                legend { (texts.shape) }
                (field::select("f-order", texts.order, "order", &orders, or("order", "newest")))
                (field::select("f-limit", texts.page_size, "limit", &limits, or("limit", "50")))
            }
        }
    }
}
