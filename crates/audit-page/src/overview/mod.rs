//! The overview: how much happens, what fails, and how long events take to arrive.

mod chart;
mod lag;
mod numbers;
mod tables;

use audit_auth::Permission;
use audit_query::{Bucket, Dimension, Entry, Filter, Order, PageRequest, StatsRequest, TimeRange};
use audit_web::RequestError;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use serde_json::json;

use self::numbers::Numbers;
use crate::{
    components::{
        events,
        layout::{head, scroll, section},
        time::plain,
    },
    context::PageContext,
    local_url::{LocalUrl, instant},
    nav_item::NavItem,
    page::Page,
    view::ViewContext,
};

/// How many of the newest events show the lag, and how many of them are listed.
const NEWEST: u16 = 50;
const LISTED: usize = 10;

/// The time of the overview: a number of stretches, up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    name: &'static str,
    bucket: Bucket,
    stretches: i32,
}

const SPANS: [Span; 3] = [
    Span { name: "24h", bucket: Bucket::Hour, stretches: 24 },
    Span { name: "7d", bucket: Bucket::Day, stretches: 7 },
    Span { name: "30d", bucket: Bucket::Day, stretches: 30 },
];

impl Span {
    /// From the beginning of the first to the end of the last stretch, in the zone of the view.
    fn range(self, now: DateTime<Utc>, view: ViewContext) -> (DateTime<Utc>, DateTime<Utc>) {
        let last = self.bucket.start(now, view.zone);
        let first = match self.bucket {
            Bucket::Hour => last - TimeDelta::hours(1) * (self.stretches - 1),
            // Counting from noon hits every day, also when clocks change.
            _ => last + TimeDelta::hours(12) - TimeDelta::days(1) * (self.stretches - 1),
        };
        (self.bucket.start(first, view.zone), self.bucket.next(last, view.zone))
    }
}

pub(crate) async fn show(context: PageContext) -> Response {
    context.respond(page(&context).await)
}

async fn page(context: &PageContext) -> Result<Page, RequestError> {
    context.require(Permission::Read)?;
    context.params.require_only(&["range", "tz"])?;
    let span = context.params.word("range", &SPANS.map(|span| (span.name, span)))?.unwrap_or(SPANS[0]);
    let now = Utc::now();
    let (numbers, newest) = find(context, span, now).await?;
    let texts = &context.view.texts.overview;
    let body = html! {
        (head(texts.title, Some(&(texts.updated)(&plain(context.view, now))), Some(spans(context, span))))
        (overview(context.view, &numbers, &newest))
    };
    Ok(Page::new(texts.title, body).under(NavItem::Overview))
}

/// All numbers come from one query, so that the tables are scanned once.
async fn find(
    context: &PageContext,
    span: Span,
    now: DateTime<Utc>,
) -> Result<(Numbers, Vec<Entry>), RequestError> {
    let log = context.state.log();
    let (from, to) = span.range(now, context.view);
    let counted = StatsRequest {
        filter: Filter { range: TimeRange { from: Some(from), to: Some(to) }, ..Filter::default() },
        by: [Dimension::Domain, Dimension::ActionType].into_iter().collect(),
        bucket: Some(span.bucket),
        zone: context.view.zone,
    };
    let newest = PageRequest { order: Order::Newest, limit: NEWEST, cursor: None };
    let all = Filter::default();
    let numbers = Numbers::new(log.tables().to_vec(), &stretches(span.bucket, from, to, context.view));
    let (numbers, newest) =
        tokio::try_join!(log.fold_stats(&counted, numbers, Numbers::add), log.search(&all, &newest))?;
    let numbers = numbers.map(|(numbers, _)| numbers).with_rows(|numbers| numbers.stretches.len());
    let numbers = context.release(numbers).await?;
    let query = json!({ "limit": [NEWEST.to_string()] });
    let newest = context.state.release(&context.caller, newest, Some(query)).await?;
    Ok((numbers, newest.entries))
}

/// The beginnings of all stretches, and the end of the last.
fn stretches(
    bucket: Bucket,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    view: ViewContext,
) -> Vec<DateTime<Utc>> {
    let mut edges = vec![from];
    let mut edge = from;
    while edge < to {
        edge = bucket.next(edge, view.zone);
        edges.push(edge);
    }
    edges
}

fn spans(context: &PageContext, chosen: Span) -> Markup {
    let texts = &context.view.texts.overview;
    let words = [texts.range_24h, texts.range_7d, texts.range_30d];
    html! {
        nav.seg aria-label=(texts.range) {
            @for (span, words) in SPANS.into_iter().zip(words) {
                a href=(context.url().with("range", span.name)) aria-current=[(span == chosen).then_some("true")] {
                    (words)
                }
            }
        }
    }
}

fn overview(view: ViewContext, numbers: &Numbers, newest: &[Entry]) -> Markup {
    let texts = &view.texts.overview;
    let all = html! { a href="/search" { (texts.all) } };
    let nothing = || html! { p.hint.inset { (texts.nothing) } };
    let table = |name: &str, rows: Option<Markup>| rows.map_or_else(nothing, |rows| scroll(view, name, rows));
    let failures = tables::failures(view, numbers);
    let failures = failures.unwrap_or_else(|| html! { p.hint.inset { (texts.no_failures) } });
    html! {
        h2.vh { (texts.totals) }
        (tables::tiles(view, numbers))
        (section("chart", texts.chart, None, chart::chart(view, numbers).unwrap_or_else(nothing)))
        div.cols.three {
            (section("top", texts.top, None, table(texts.top, tables::top(view, numbers))))
            (section("failures", texts.failures, None, scroll(view, texts.failures, failures)))
            (section("lag", texts.lag, None, lag::lag(view, newest).unwrap_or_else(nothing)))
        }
        (section("newest", texts.newest, Some(all), html! {
            @if newest.is_empty() { (nothing()) }
            @else { (events::table(view, newest.get(..LISTED).unwrap_or(newest), texts.newest_caption)) }
        }))
    }
}

/// The search for the events of a domain and action in the time of the overview.
fn events_of(numbers: &Numbers, domain: Option<audit_query::Domain>, action_type: Option<&str>) -> LocalUrl {
    let mut url = LocalUrl::new("/search");
    if let Some(domain) = domain {
        url = url.and("domain", domain);
    }
    if let Some(action_type) = action_type {
        url = url.and("action_type", action_type);
    }
    url.and("from", instant(numbers.from()))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::texts::ENGLISH;

    #[test]
    fn a_week_has_seven_days_even_when_clocks_change() {
        let view = ViewContext { texts: &ENGLISH, zone: Tz::Europe__Berlin };
        // Half an hour into the day; clocks were put forward two days before.
        let now = "2025-03-31T22:30:00Z".parse().unwrap();
        let (from, to) = SPANS[1].range(now, view);
        let edges = stretches(Bucket::Day, from, to, view);
        let days: Vec<_> = edges.iter().map(|edge| plain(view, *edge)).collect();
        assert_eq!(days.len(), 8);
        assert_eq!((days[0].as_str(), days[7].as_str()), ("2025-03-26 00:00", "2025-04-02 00:00"));
        let (from, to) = SPANS[0].range(now, view);
        assert_eq!(stretches(Bucket::Hour, from, to, view).len(), 25);
    }
}
