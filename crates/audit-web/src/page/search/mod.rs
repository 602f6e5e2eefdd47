//! The search: events by filters, a page at a time. The address holds the whole question.

mod form;
mod results;

use axum::{http::StatusCode, response::Response};
use maud::html;

use self::{form::Form, results::Results};
use super::{
    frame::Place,
    parts::layout::head,
    trouble::Trouble,
    visit::{Page, Visit},
};
use crate::{
    api::{PAGING, page_request},
    auth::Permission,
    params::Params,
    read::Read,
};

pub(super) async fn show(mut visit: Visit) -> Response {
    visit.params = with_each_action(&visit.params);
    if let Err(trouble) = visit.must(Permission::Read) {
        return visit.answer(Err(trouble));
    }
    let (found, room) = visit.in_room(find(&visit)).await;
    let status = found.as_ref().map_or_else(Trouble::status, |_| StatusCode::OK);
    let form = Form::new(&visit, &found);
    let results = Results { visit: &visit, found: &found };
    let texts = &visit.look.texts.search;
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
    visit.answer(Ok(Page { status, room, ..Page::new(texts.title, Place::Search, body) }))
}

/// What was found, or why nothing could be.
type Found = Result<audit_query::Page, Trouble>;

async fn find(visit: &Visit) -> Found {
    let queries = visit.app.queries();
    let filter = visit.filter(queries, &PAGING)?;
    let page = queries.search(&filter, &page_request(&visit.params)?).await?;
    visit.record(Read::events("SEARCH", page.entries.len()).asked(visit.params.question())).await?;
    Ok(page)
}

/// The form has one field for all action types, with commas; an address has them one by one.
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
    Params::of(&query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_types_come_one_by_one_or_with_commas() {
        let params =
            with_each_action(&Params::of("action_type=A,+B,&resource_id=1,2&action_type=C&action_type=D+"));
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
