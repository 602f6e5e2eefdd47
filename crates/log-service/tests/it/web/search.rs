use serde_json::Value;

use super::{Site, escaped};
use crate::{
    fixture::Fixture,
    reading::{events, ids, search::cases},
};

/// The command line's options as parameters of an address.
fn query(options: &[String]) -> String {
    let pairs = options.chunks(2).map(|pair| {
        let name = pair[0].trim_start_matches("--").replace('-', "_");
        match (name.as_str(), pair[1].split_once('=')) {
            ("own", Some((column, value))) => format!("{column}={}", escaped(value)),
            ("time_zone", _) => format!("tz={}", escaped(&pair[1])),
            _ => format!("{name}={}", escaped(&pair[1])),
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Every page from the first on, and the cursor that leads back from the last.
fn pages(site: &Site, query: &str) -> (Vec<Vec<Value>>, Option<String>) {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = site.json(&format!("/api/v1/logs?{query}&cursor={cursor}"));
        pages.push(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return (pages, page["previous_cursor"].as_str().map(str::to_owned)),
        }
    }
}

#[tokio::test]
async fn each_filter_finds_its_events_alike_on_both_databases() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 24).await;
        let site = Site::of(&place);
        for (options, wanted) in cases() {
            let mut filter = query(&options);
            if !options.iter().any(|option| option == "--from") {
                filter += "&from=2025-12-01";
            }
            let page = site.json(&format!("/api/v1/logs?order=oldest&limit=500&{filter}"));
            let expected: Vec<_> =
                events.iter().filter(|event| wanted(event)).map(events::Event::key).collect();
            assert!(!expected.is_empty(), "{filter}");
            assert_eq!(ids(page["items"].as_array().unwrap()), expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn following_next_cursor_shows_every_event_once_in_both_orders() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let mut expected: Vec<_> = events::store(&place, 10).await.iter().map(events::Event::key).collect();
        let site = Site::of(&place);
        for order in ["oldest", "newest"] {
            let (pages, _) = pages(&site, &format!("from=2025-12-01&order={order}&limit=7"));
            assert_eq!(ids(&pages.concat()), expected, "{order}");
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn following_previous_cursor_shows_the_same_pages_backwards() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 10).await;
        let site = Site::of(&place);
        for order in ["oldest", "newest"] {
            let query = format!("from=2025-12-01&order={order}&limit=7");
            let (mut forwards, mut cursor) = pages(&site, &query);
            // The last page is the one that is gone back from.
            forwards.pop();
            while let Some(previous) = cursor {
                let page = site.json(&format!("/api/v1/logs?{query}&cursor={previous}"));
                assert_eq!(page["items"].as_array(), forwards.pop().as_ref(), "{order}");
                cursor = page["previous_cursor"].as_str().map(str::to_owned);
            }
            assert!(forwards.is_empty(), "{order}");
        }
    }
}

#[tokio::test]
async fn a_question_without_a_beginning_is_told_the_one_that_was_assumed() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let site = Site::of(&place);
    let assumed = site.json("/api/v1/logs?to=2026-01-31T00:00:00Z");
    assert_eq!(assumed["range"]["assumed"], true);
    assert_eq!(assumed["range"]["from"], "2025-11-02T00:00:00Z");
    let asked = site.json("/api/v1/logs?from=2025-12-01&tz=Asia/Seoul");
    assert_eq!(asked["range"]["assumed"], false);
    assert_eq!(asked["range"]["from"], "2025-11-30T15:00:00Z");
}

#[tokio::test]
async fn an_empty_parameter_counts_as_not_given() {
    let place = Fixture::sqlite();
    events::store(&place, 2).await;
    let site = Site::of(&place);
    let asked = "/api/v1/logs?from=2025-12-01&limit=500";
    assert_eq!(site.json(&format!("{asked}&domain=&actor_id=&cursor=")), site.json(asked));
}
