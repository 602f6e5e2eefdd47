use std::collections::BTreeMap;

use audit_query::{Domain, Entry};
use chrono::TimeDelta;
use maud::{Markup, html};

use crate::{
    components::{events::chip, layout::scroll},
    view::ViewContext,
};

/// How long events took to arrive, by domain. `None` without events.
pub(super) fn lag(view: ViewContext, newest: &[Entry]) -> Option<Markup> {
    newest.first()?;
    let (texts, columns) = (&view.texts.overview, &view.texts.columns);
    Some(html! {
        p.hint.inset { ((texts.lag_hint)(newest.len() as u64)) }
        (scroll(view, texts.lag, html! {
            table {
                caption.vh { (texts.lag_caption) }
                thead {
                    tr {
                        th scope="col" { (columns.domain) }
                        th.num scope="col" { (texts.col_median) }
                        th.num scope="col" { (texts.col_max) }
                    }
                }
                tbody {
                    @for (domain, Lag { median, longest }) in by_domain(newest) {
                        tr {
                            th scope="row" { (chip(view, domain)) }
                            td.num { (seconds(median)) }
                            td.num { (seconds(longest)) }
                        }
                    }
                }
            }
        }))
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Lag {
    median: TimeDelta,
    longest: TimeDelta,
}

fn by_domain(entries: &[Entry]) -> BTreeMap<Domain, Lag> {
    let mut lags: BTreeMap<Domain, Vec<TimeDelta>> = BTreeMap::new();
    for entry in entries {
        lags.entry(entry.domain).or_default().push(entry.recorded_at - entry.occurred_at);
    }
    let of = |mut lags: Vec<TimeDelta>| {
        lags.sort_unstable();
        Some(Lag { median: *lags.get(lags.len() / 2)?, longest: *lags.last()? })
    };
    lags.into_iter().filter_map(|(domain, lags)| Some((domain, of(lags)?))).collect()
}

fn seconds(lag: TimeDelta) -> String {
    format!("{:.2}", lag.as_seconds_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::events::tests::entry;

    #[test]
    fn one_late_event_is_the_longest_not_the_median() {
        let mut entries = vec![entry("A", "2025-12-06T11:00:00Z"); 5];
        entries[2].recorded_at += TimeDelta::seconds(90);
        let lags = by_domain(&entries);
        let lag = &lags[&Domain::new("payment")];
        assert_eq!((seconds(lag.median), seconds(lag.longest)), ("0.04".to_owned(), "90.04".to_owned()));
    }
}
