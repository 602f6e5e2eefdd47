//! The search: events by filters, a page at a time.

mod form;
mod results;

use audit_auth::Permission;
use audit_query::Order;
use audit_web::{
    Params, RequestError,
    queries::{PAGING, page_request},
};
use axum::response::Response;
use maud::html;

use self::{form::Form, results::Results};
use crate::{
    components::layout::head, context::PageContext, nav_item::NavItem, page::Page, view::ViewContext,
};

pub(crate) async fn show(mut context: PageContext) -> Response {
    context.params = with_each_action(&context.params);
    if let Err(error) = context.require(Permission::Read) {
        return context.respond(Err(error));
    }
    let (found, memory) = context.with_memory(find(&context)).await;
    let form = Form::new(&context, &found);
    let results = Results { context: &context, found: &found };
    let texts = &context.view.texts.search;
    let body = html! {
        (head(texts.title, Some(texts.lead), None))
        div.split {
            (form.show())
            section.results aria-labelledby="results" {
                h2.vh #results { (texts.results) }
                (results.show())
            }
        }
    };
    let page = Page::new(texts.title, body).under(NavItem::Search).holding(memory);
    context.respond(Ok(page.with_error(found.as_ref().err())))
}

/// The events, or why there are none.
type Found = Result<audit_query::Page, RequestError>;

async fn find(context: &PageContext) -> Found {
    let log = context.state.log();
    let filter = context.filter(log, &PAGING)?;
    context.release(log.search(&filter, &page_request(&context.params)?).await?).await
}

/// The label of a filter's parameter.
fn label(view: ViewContext, name: &'static str) -> &'static str {
    match name {
        "from" => view.texts.common.from,
        "to" => view.texts.common.to,
        "action_type" => view.texts.search.actions,
        column => view.texts.columns.named(column),
    }
}

/// The value of the parameter `order`.
fn order_param(order: Order) -> &'static str {
    Order::NAMES.into_iter().find(|(_, named)| *named == order).map_or("", |(name, _)| name)
}

/// The form has one field for all action types, separated by commas. They become one parameter each.
fn with_each_action(params: &Params) -> Params {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in params.pairs() {
        match name {
            "action_type" if value.contains(',') => {
                let each = value.split(',').map(str::trim).filter(|value| !value.is_empty());
                query.extend_pairs(each.map(|value| (name, value)));
            }
            _ => {
                query.append_pair(name, value);
            }
        }
    }
    Params::parse(&query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_types_come_one_by_one_or_with_commas() {
        let params = with_each_action(&Params::parse(
            "action_type=A,+B,&resource_id=1,2&action_type=C&action_type=D+",
        ));
        let pairs: Vec<_> = params.pairs().collect();
        assert_eq!(
            pairs,
            [
                ("action_type", "A"),
                ("action_type", "B"),
                ("resource_id", "1,2"),
                ("action_type", "C"),
                ("action_type", "D "),
            ]
        );
    }
}
