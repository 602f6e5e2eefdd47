//! The chart of events over time.

use audit_query::Domain;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

use super::numbers::{Numbers, Stretch, share};
use crate::{
    components::{layout::scroll, time::plain},
    local_url::{LocalUrl, instant},
    texts::grouped,
    view::ViewContext,
};

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 320.0;
/// The labels are to the left of it.
const LEFT: f64 = 62.0;
/// The base and the top of the bars, and the base of the failures.
const GROUND: f64 = 232.0;
const CEILING: f64 = 12.0;
const FAILURES: f64 = 292.0;
const FAILURES_HEIGHT: f64 = 38.0;
/// Thinner bars are invisible.
const MIN_HEIGHT: f64 = 0.6;
/// How many stretches have a label, and how many grid lines there are.
const MAX_LABELS: usize = 8;
const MAX_LINES: u64 = 5;

/// Bars of the events over time, by domain, with the failures below; and the same as a table. `None` without events.
pub(super) fn chart(view: ViewContext, numbers: &Numbers) -> Option<Markup> {
    let texts = &view.texts.overview;
    let peak = numbers.stretches.iter().max_by_key(|stretch| stretch.total())?;
    if peak.total() == 0 {
        return None;
    }
    let (step, top) = scale(peak.total());
    let description = (texts.chart_desc)(
        &grouped(numbers.total()),
        &plain(view, numbers.from()),
        &numbers.stretches.last().map(|stretch| plain(view, stretch.to)).unwrap_or_default(),
        &plain(view, peak.from),
        &grouped(peak.total()),
    );
    let bars = Bars { view, numbers, top };
    Some(html! {
        ul.legend {
            @for domain in numbers.domains() {
                li class={ "d-" (domain) } { span.dot {} (view.texts.names.domain(domain.name())) }
            }
        }
        (scroll(view, texts.chart, html! {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="chart-title chart-desc" {
                title #chart-title { (texts.chart) }
                desc #chart-desc { (description) }
                @for line in 0..=top / step {
                    (grid(height(line * step, top), 4.0, &grouped(line * step)))
                }
                (grid(FAILURES, 0.0, texts.col_failures))
                (bars.show())
            }
        }))
        (table(view, numbers))
    })
}

/// The distance of the grid lines, which is 1, 2 or 5 times a power of ten, and the highest line.
fn scale(peak: u64) -> (u64, u64) {
    let mut step = 1;
    let mut factors = [(2, 1), (5, 2), (2, 1)].into_iter().cycle();
    while peak.div_ceil(step) > MAX_LINES
        && let Some((times, over)) = factors.next()
    {
        step = step / over * times;
    }
    (step, peak.div_ceil(step) * step)
}

fn height(count: u64, top: u64) -> f64 {
    GROUND - share(count, top) * (GROUND - CEILING)
}

fn grid(y: f64, down: f64, label: &str) -> Markup {
    let line = format!("{y:.1}");
    html! {
        line.grid x1=(LEFT) x2=(WIDTH) y1=(line) y2=(line) {}
        text.tick x=(LEFT - 8.0) y=(format!("{:.1}", y + down)) text-anchor="end" { (label) }
    }
}

struct Bars<'n> {
    view: ViewContext,
    numbers: &'n Numbers,
    top: u64,
}

impl Bars<'_> {
    fn show(&self) -> Markup {
        let stretches = &self.numbers.stretches;
        let every = stretches.len().div_ceil(MAX_LABELS);
        let mut left = LEFT;
        let width = (WIDTH - LEFT) * share(1, stretches.len() as u64);
        html! {
            @for (at, stretch) in stretches.iter().enumerate() {
                g {
                    (self.stack(stretch, left + width * 0.14, width * 0.72))
                    (self.failures(stretch, left + width * 0.14, width * 0.72))
                }
                @if (at + 1) % every == 0 {
                    text.tick x=(format!("{:.1}", left + width / 2.0)) y=(HEIGHT - 8.0) text-anchor="middle" {
                        (label(self.view, stretch))
                    }
                }
                @let () = left += width;
            }
        }
    }

    /// The domains of one stretch, stacked.
    fn stack(&self, stretch: &Stretch, x: f64, width: f64) -> Markup {
        let mut below = 0;
        let mut parts: Vec<(Domain, u64, f64, f64)> = Vec::new();
        for (domain, count) in self.numbers.domains().zip(&stretch.counts) {
            let (ground, y) = (height(below, self.top), height(below + count, self.top));
            below += count;
            if ground - y >= MIN_HEIGHT {
                parts.push((domain, *count, y, (ground - y - 0.8).max(MIN_HEIGHT)));
            }
        }
        let (names, texts) = (&self.view.texts.names, &self.view.texts.overview);
        html! {
            @for (domain, count, y, height) in parts {
                rect class={ "d-" (domain) } x=(format!("{x:.1}")) y=(format!("{y:.1}"))
                    width=(format!("{width:.1}")) height=(format!("{height:.1}")) {
                    title {
                        ((texts.chart_bar)(&plain(self.view, stretch.from), names.domain(domain.name()), &grouped(count)))
                    }
                }
            }
        }
    }

    fn failures(&self, stretch: &Stretch, x: f64, width: f64) -> Markup {
        let most = self.numbers.stretches.iter().map(|stretch| stretch.failures).max().unwrap_or_default();
        let height = share(stretch.failures, most) * FAILURES_HEIGHT;
        let texts = &self.view.texts.overview;
        html! {
            @if stretch.failures > 0 {
                rect.bad x=(format!("{x:.1}")) y=(format!("{:.1}", FAILURES - height))
                    width=(format!("{width:.1}")) height=(format!("{height:.1}")) {
                    title {
                        ((texts.chart_fail_bar)(&plain(self.view, stretch.from), &grouped(stretch.failures)))
                    }
                }
            }
        }
    }
}

/// A day by its date, an hour by its time.
fn label(view: ViewContext, stretch: &Stretch) -> String {
    let is_hour = stretch.to - stretch.from <= TimeDelta::hours(1);
    stretch.from.with_timezone(&view.zone).format(if is_hour { "%H:%M" } else { "%m-%d" }).to_string()
}

fn table(view: ViewContext, numbers: &Numbers) -> Markup {
    let (texts, columns) = (&view.texts.overview, &view.texts.columns);
    let events = |from: DateTime<Utc>, to: DateTime<Utc>| {
        LocalUrl::new("/search").and("from", instant(from)).and("to", instant(to))
    };
    html! {
        details.fold {
            summary { (texts.chart_table) }
            (scroll(view, texts.chart_caption, html! {
                table {
                    caption.vh { (texts.chart_caption) }
                    thead {
                        tr {
                            th scope="col" { (columns.time) }
                            @for domain in numbers.domains() {
                                th.num scope="col" { (view.texts.names.domain(domain.name())) }
                            }
                            th.num scope="col" { (texts.col_total) }
                            th.num scope="col" { (texts.col_failures) }
                        }
                    }
                    tbody {
                        @for stretch in numbers.stretches.iter().rev() {
                            tr {
                                th scope="row" {
                                    a href=(events(stretch.from, stretch.to)) { (plain(view, stretch.from)) }
                                }
                                @for count in &stretch.counts { td.num { (grouped(*count)) } }
                                td.num { (grouped(stretch.total())) }
                                td.num { (grouped(stretch.failures)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::{super::numbers::tests::numbers, *};
    use crate::texts::{ENGLISH, KOREAN};

    #[test]
    fn lines_are_at_round_numbers() {
        for (peak, expected) in
            [(1, (1, 1)), (5, (1, 5)), (6, (2, 6)), (11, (5, 15)), (26, (10, 30)), (12_345, (5_000, 15_000))]
        {
            assert_eq!(scale(peak), expected, "{peak}");
        }
    }

    #[test]
    fn known_numbers_make_a_known_picture() {
        let numbers = numbers(&[
            (0, "auth", "LOGIN", 30),
            (2, "auth", "LOGIN_FAILED", 3),
            (2, "payment", "CONFIRM", 1200),
        ]);
        let view = ViewContext { texts: &ENGLISH, zone: Tz::Asia__Seoul };
        let html = chart(view, &numbers).unwrap().into_string();
        insta::assert_snapshot!(html.replace("><", ">\n<"));
        let view = ViewContext { texts: &KOREAN, ..view };
        assert!(chart(view, &numbers).unwrap().into_string().contains("총 1,233건"));
    }

    #[test]
    fn nothing_is_no_picture() {
        assert!(chart(ViewContext { texts: &ENGLISH, zone: Tz::UTC }, &numbers(&[])).is_none());
    }
}
