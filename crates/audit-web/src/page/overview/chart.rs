use audit_query::Domain;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

use super::numbers::{Numbers, Stretch, share};
use crate::page::{
    address::{Address, instant},
    parts::{layout::scroll, time::plain},
    texts::grouped,
    visit::Look,
};

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 320.0;
/// Left of it stand the numbers.
const LEFT: f64 = 62.0;
/// The ground of the bars, the most that they reach up to, and the ground of the failures.
const GROUND: f64 = 232.0;
const CEILING: f64 = 12.0;
const FAILURES: f64 = 292.0;
const FAILURES_HEIGHT: f64 = 38.0;
/// Less can't be seen.
const THINNEST: f64 = 0.6;
/// So many stretches of time are named, and so many lines drawn.
const LABELS: usize = 8;
const LINES: u64 = 5;

/// Bars of what happened over time, by domain, with the failures below; and the same as a table. Nothing when nothing
/// happened.
pub(super) fn chart(look: Look, numbers: &Numbers) -> Option<Markup> {
    let texts = &look.texts.overview;
    let peak = numbers.stretches.iter().max_by_key(|stretch| stretch.total())?;
    if peak.total() == 0 {
        return None;
    }
    let (step, top) = scale(peak.total());
    let description = (texts.chart_desc)(
        &grouped(numbers.total()),
        &plain(look, numbers.from()),
        &numbers.stretches.last().map(|stretch| plain(look, stretch.to)).unwrap_or_default(),
        &plain(look, peak.from),
        &grouped(peak.total()),
    );
    let bars = Bars { look, numbers, top };
    Some(html! {
        ul.legend {
            @for domain in &numbers.domains {
                li class={ "d-" (domain) } { span.dot {} (look.texts.names.domain(domain.name())) }
            }
        }
        (scroll(look, texts.chart, html! {
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
        (table(look, numbers))
    })
}

/// The distance of the lines, and the highest of them: 1, 2 or 5 and noughts.
fn scale(peak: u64) -> (u64, u64) {
    let mut step = 1;
    let mut factors = [(2, 1), (5, 2), (2, 1)].into_iter().cycle();
    while peak.div_ceil(step) > LINES
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
    look: Look,
    numbers: &'n Numbers,
    top: u64,
}

impl Bars<'_> {
    fn show(&self) -> Markup {
        let stretches = &self.numbers.stretches;
        let every = stretches.len().div_ceil(LABELS);
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
                        (label(self.look, stretch))
                    }
                }
                @let () = left += width;
            }
        }
    }

    /// The domains of one stretch, one on the other.
    fn stack(&self, stretch: &Stretch, x: f64, width: f64) -> Markup {
        let mut below = 0;
        let mut parts: Vec<(Domain, u64, f64, f64)> = Vec::new();
        for (domain, count) in self.numbers.domains.iter().zip(&stretch.counts) {
            let (ground, y) = (height(below, self.top), height(below + count, self.top));
            below += count;
            if ground - y >= THINNEST {
                parts.push((*domain, *count, y, (ground - y - 0.8).max(THINNEST)));
            }
        }
        let (names, texts) = (&self.look.texts.names, &self.look.texts.overview);
        html! {
            @for (domain, count, y, height) in parts {
                rect class={ "d-" (domain) } x=(format!("{x:.1}")) y=(format!("{y:.1}"))
                    width=(format!("{width:.1}")) height=(format!("{height:.1}")) {
                    title {
                        ((texts.chart_bar)(&plain(self.look, stretch.from), names.domain(domain.name()), &grouped(count)))
                    }
                }
            }
        }
    }

    fn failures(&self, stretch: &Stretch, x: f64, width: f64) -> Markup {
        let most = self.numbers.stretches.iter().map(|stretch| stretch.failures).max().unwrap_or_default();
        let height = share(stretch.failures, most) * FAILURES_HEIGHT;
        let texts = &self.look.texts.overview;
        html! {
            @if stretch.failures > 0 {
                rect.bad x=(format!("{x:.1}")) y=(format!("{:.1}", FAILURES - height))
                    width=(format!("{width:.1}")) height=(format!("{height:.1}")) {
                    title {
                        ((texts.chart_fail_bar)(&plain(self.look, stretch.from), &grouped(stretch.failures)))
                    }
                }
            }
        }
    }
}

/// A day by its date, an hour by its time.
fn label(look: Look, stretch: &Stretch) -> String {
    let is_hour = stretch.to - stretch.from <= TimeDelta::hours(1);
    stretch.from.with_timezone(&look.zone).format(if is_hour { "%H:%M" } else { "%m-%d" }).to_string()
}

fn table(look: Look, numbers: &Numbers) -> Markup {
    let (texts, columns) = (&look.texts.overview, &look.texts.columns);
    let events = |from: DateTime<Utc>, to: DateTime<Utc>| {
        Address::new("/search").and("from", instant(from)).and("to", instant(to))
    };
    html! {
        details.fold {
            summary { (texts.chart_table) }
            (scroll(look, texts.chart_caption, html! {
                table {
                    caption.vh { (texts.chart_caption) }
                    thead {
                        tr {
                            th scope="col" { (columns.time) }
                            @for domain in &numbers.domains {
                                th.num scope="col" { (look.texts.names.domain(domain.name())) }
                            }
                            th.num scope="col" { (texts.col_total) }
                            th.num scope="col" { (texts.col_failures) }
                        }
                    }
                    tbody {
                        @for stretch in numbers.stretches.iter().rev() {
                            tr {
                                th scope="row" {
                                    a href=(events(stretch.from, stretch.to)) { (plain(look, stretch.from)) }
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
    use crate::page::texts::{ENGLISH, KOREAN};

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
        let look = Look { texts: &ENGLISH, zone: Tz::Asia__Seoul };
        let html = chart(look, &numbers).unwrap().into_string();
        insta::assert_snapshot!(html.replace("><", ">\n<"));
        let look = Look { texts: &KOREAN, ..look };
        assert!(chart(look, &numbers).unwrap().into_string().contains("총 1,233건"));
    }

    #[test]
    fn nothing_is_no_picture() {
        assert!(chart(Look { texts: &ENGLISH, zone: Tz::UTC }, &numbers(&[])).is_none());
    }
}
