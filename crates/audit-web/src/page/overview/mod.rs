//! The overview: how much happens, what fails, and how fast it arrives here.

mod chart;
mod lag;
mod numbers;
mod tables;

use audit_query::{Bucket, Dimension, Entry, Filter, Order, PageRequest, StatsRequest, TimeRange};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use serde_json::json;

use self::numbers::Numbers;
use super::{
    address::Address,
    frame::Place,
    parts::{
        events,
        layout::{head, scroll, section},
        time::plain,
    },
    trouble::Trouble,
    visit::{Look, Page, Visit},
};
use crate::{auth::Permission, read::Read};

/// So many of the newest events tell the lag, and so many of them are shown.
const NEWEST: u16 = 50;
const SHOWN: usize = 10;

/// What the overview is about: so many stretches of time, up to now.
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
    /// From the beginning of the first to the end of the last stretch, by the clocks of the zone.
    fn range(self, now: DateTime<Utc>, look: Look) -> (DateTime<Utc>, DateTime<Utc>) {
        let last = self.bucket.start(now, look.zone);
        let first = match self.bucket {
            Bucket::Hour => last - TimeDelta::hours(1) * (self.stretches - 1),
            // From noon to noon no day is missed, however clocks are changed.
            _ => last + TimeDelta::hours(12) - TimeDelta::days(1) * (self.stretches - 1),
        };
        (self.bucket.start(first, look.zone), self.bucket.next(last, look.zone))
    }
}

pub(super) async fn show(visit: Visit) -> Response {
    visit.answer(page(&visit).await)
}

async fn page(visit: &Visit) -> Result<Page, Trouble> {
    visit.must(Permission::Read)?;
    visit.params.only(&["range", "tz"])?;
    let span = visit.params.word("range", &SPANS.map(|span| (span.name, span)))?.unwrap_or(SPANS[0]);
    let now = Utc::now();
    let (numbers, newest) = ask(visit, span, now).await?;
    let texts = &visit.look.texts.overview;
    let body = html! {
        (head(texts.title, Some(&(texts.updated)(&plain(visit.look, now))), Some(spans(visit, span))))
        (overview(visit.look, &numbers, &newest))
    };
    Ok(Page::new(texts.title, Place::Overview, body))
}

/// The numbers are one question: one way through the tables tells all of them.
async fn ask(visit: &Visit, span: Span, now: DateTime<Utc>) -> Result<(Numbers, Vec<Entry>), Trouble> {
    let queries = visit.app.queries();
    let (from, to) = span.range(now, visit.look);
    let counted = StatsRequest {
        filter: Filter { range: TimeRange { from: Some(from), to: Some(to) }, ..Filter::default() },
        by: [Dimension::Domain, Dimension::ActionType].into_iter().collect(),
        bucket: Some(span.bucket),
        zone: visit.look.zone,
    };
    let newest = PageRequest { order: Order::Newest, limit: NEWEST, cursor: None };
    let all = Filter::default();
    let domains = queries.tables().iter().map(|table| table.domain).collect();
    let mut numbers = Numbers::new(domains, &stretches(span.bucket, from, to, visit.look));
    let counting = queries.count_each(&counted, |count| numbers.add(count));
    let (_, newest) = tokio::try_join!(counting, queries.search(&all, &newest))?;
    visit.record(Read::facts("STATS", numbers.stretches.len()).asked(visit.params.question())).await?;
    let asked = json!({ "limit": [NEWEST.to_string()] });
    visit.record(Read::events("SEARCH", newest.entries.len()).asked(asked)).await?;
    Ok((numbers, newest.entries))
}

/// The beginnings of all stretches, and the end of the last.
fn stretches(bucket: Bucket, from: DateTime<Utc>, to: DateTime<Utc>, look: Look) -> Vec<DateTime<Utc>> {
    let mut edges = vec![from];
    let mut edge = from;
    while edge < to {
        edge = bucket.next(edge, look.zone);
        edges.push(edge);
    }
    edges
}

fn spans(visit: &Visit, chosen: Span) -> Markup {
    let texts = &visit.look.texts.overview;
    let words = [texts.range_24h, texts.range_7d, texts.range_30d];
    html! {
        nav.seg aria-label=(texts.range) {
            @for (span, words) in SPANS.into_iter().zip(words) {
                a href=(visit.address().with("range", span.name)) aria-current=[(span == chosen).then_some("true")] {
                    (words)
                }
            }
        }
    }
}

fn overview(look: Look, numbers: &Numbers, newest: &[Entry]) -> Markup {
    let texts = &look.texts.overview;
    let all = html! { a href="/search" { (texts.all) } };
    let nothing = || html! { p.hint.inset { (texts.nothing) } };
    let table = |name: &str, rows: Option<Markup>| rows.map_or_else(nothing, |rows| scroll(look, name, rows));
    let failures = tables::failures(look, numbers);
    let failures = failures.unwrap_or_else(|| html! { p.hint.inset { (texts.no_failures) } });
    html! {
        h2.vh { (texts.totals) }
        (tables::tiles(look, numbers))
        (section("chart", texts.chart, None, chart::chart(look, numbers).unwrap_or_else(nothing)))
        div.cols.three {
            (section("top", texts.top, None, table(texts.top, tables::top(look, numbers))))
            (section("failures", texts.failures, None, scroll(look, texts.failures, failures)))
            (section("lag", texts.lag, None, lag::lag(look, newest).unwrap_or_else(nothing)))
        }
        (section("newest", texts.newest, Some(all), html! {
            @if newest.is_empty() { (nothing()) }
            @else { (events::table(look, newest.get(..SHOWN).unwrap_or(newest), texts.newest_caption)) }
        }))
    }
}

/// The events of a domain, and of an action if one is named, in the time of the overview.
fn of(numbers: &Numbers, domain: Option<audit_query::Domain>, action_type: Option<&str>) -> Address {
    let mut address = Address::new("/search");
    if let Some(domain) = domain {
        address = address.and("domain", domain);
    }
    if let Some(action_type) = action_type {
        address = address.and("action_type", action_type);
    }
    address.and("from", super::address::instant(numbers.from()))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::page::texts::ENGLISH;

    #[test]
    fn a_week_has_seven_days_even_when_clocks_change() {
        let look = Look { texts: &ENGLISH, zone: Tz::Europe__Berlin };
        // Half an hour into the day; clocks were put forward two days before.
        let now = "2025-03-31T22:30:00Z".parse().unwrap();
        let (from, to) = SPANS[1].range(now, look);
        let edges = stretches(Bucket::Day, from, to, look);
        let days: Vec<_> = edges.iter().map(|edge| plain(look, *edge)).collect();
        assert_eq!(days.len(), 8);
        assert_eq!((days[0].as_str(), days[7].as_str()), ("2025-03-26 00:00", "2025-04-02 00:00"));
        let (from, to) = SPANS[0].range(now, look);
        assert_eq!(stretches(Bucket::Hour, from, to, look).len(), 25);
    }
}
