use super::FROM;
use crate::{
    site::Site,
    window::{Window, browse},
};

const ACTIONS: &str = "table.events td.what .action";

#[tokio::test]
async fn filters_are_filled_in_and_taken_away() {
    browse(&Site::open(), async |window| {
        window.go("/").await;
        window.follow("Search").await;
        window.set_time("From", "2025-12-01T00:00:00").await;
        window.tick("Payment").await;
        window.fill("Action types", "CONFIRM, CONFIRM_FAIL").await;
        window.send("Search").await;
        assert_eq!(window.texts(ACTIONS).await, ["CONFIRM_FAIL", "CONFIRM"]);
        assert_eq!(window.text("td.when").await, "2025-12-06 20:03:00.190");
        // Only what was filled in is in the address, so that it can be passed on.
        let page = window.page().await;
        assert!(page.contains("action_type=CONFIRM") && !page.contains("trace_id"), "{page}");
        assert_eq!(window.value("Action types").await, "CONFIRM, CONFIRM_FAIL");

        window
            .click(".active li:last-child a, .active a[href*='CONFIRM_FAIL']:not([href*='CONFIRM&'])")
            .await;
        assert!(!window.texts(ACTIONS).await.is_empty());
        window.follow("Clear").await;
        assert_eq!(window.page().await, "/search");
    })
    .await;
}

#[tokio::test]
async fn a_mistake_is_told_where_it_was_made() {
    browse(&Site::open(), async |window| {
        window.go("/search").await;
        window.fill("Actor id", "70def1f1").await;
        window.send("Search").await;
        assert!(window.text(".notice").await.contains("The search did not run"));
        assert!(window.text("#f-actor-id-error").await.contains("This is not a UUID"));
        assert_eq!(window.value("Actor id").await, "70def1f1");
    })
    .await;
}

#[tokio::test]
async fn links_lead_from_an_event_to_its_actor_and_its_resource() {
    browse(&Site::open(), async |window| {
        window.go(&format!("/search?domain=payment&action_type=REFUND&{FROM}")).await;
        window.open("td.actor a").await;
        assert_eq!(window.value("Actor id").await, "70def1f1-41ae-4e17-9e12-077b2c964826");
        let actors = window.texts("td.actor a").await;
        assert!(actors.len() > 5 && actors.iter().all(|actor| actor == "70def1f1"), "{actors:?}");

        window.go(&format!("/search?domain=payment&action_type=REFUND&{FROM}")).await;
        window.open("td.resource a").await;
        assert_eq!(window.text("h1").await, "Timeline");
        let told = window.texts("ol.story .what .action").await;
        assert!(
            ["CREATE", "CONFIRM", "REFUND"].iter().all(|action| told.contains(&(*action).to_owned())),
            "{told:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn pages_go_forward_and_back() {
    browse(&Site::open(), async |window| {
        window.go(&format!("/search?{FROM}&limit=25")).await;
        let newest = rows(window).await;
        assert_eq!(newest.len(), 25);
        window.open("nav.pager a[rel=next]").await;
        let oldest = rows(window).await;
        assert_eq!(oldest.len(), 21);
        assert!(oldest.iter().all(|row| !newest.contains(row)));
        assert!(window.texts("nav.pager a[rel=next]").await.is_empty());
        window.open("nav.pager a[rel=prev]").await;
        assert_eq!(rows(window).await, newest);
    })
    .await;
}

/// The address of each row's event.
async fn rows(window: &Window<'_>) -> Vec<String> {
    let links = "return [...document.querySelectorAll('td.end a')].map(link => link.pathname)";
    serde_json::from_value(window.run(links).await).unwrap()
}

#[tokio::test]
async fn an_event_is_shown_in_full() {
    browse(&Site::open(), async |window| {
        window.go(&format!("/search?domain=payment&action_type=CONFIRM_FAIL&{FROM}")).await;
        window.open("td.end a").await;
        assert_eq!(window.page().await, "/events/payment/8bf33b16-3615-476a-91b2-90683a88164d");
        assert!(window.text("h1").await.contains("CONFIRM_FAIL"));
        let all = window.text("main").await;
        for part in [
            "d599d8ee-d811-49be-8cfa-3f845c721699",
            "TOSS_CARD",
            "2025-12-06 20:03:00.190000",
            "11:03:00.190000",
        ] {
            assert!(all.contains(part), "{part} is not in {all}");
        }
        window.open(".actions a.primary").await;
        assert_eq!(window.texts("ol.story .what .action").await, ["CONFIRM_FAIL", "REFUND_FAIL"]);
    })
    .await;
}

#[tokio::test]
async fn what_was_found_can_be_had_as_a_file() {
    let site = Site::with_tokens();
    let token = site.token("kim", "auditor");
    browse(&site, async |window| {
        window.go(&format!("/search?domain=payment&{FROM}&tz=UTC")).await;
        window.fill("Access token", &token).await;
        window.send("Sign in").await;
        let shown = window.texts("table.events tbody tr").await.len();
        let link = window.attribute("a[href*='format=csv'][download]", "href").await;
        let file = window.download(&link).await;
        let mut csv = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
        let actions = csv.headers().unwrap().iter().position(|name| name == "action_type").unwrap();
        let actions: Vec<_> = csv.records().map(|row| row.unwrap()[actions].to_owned()).collect();
        assert_eq!(actions.len(), shown);
        assert_eq!(actions, window.texts(ACTIONS).await);
    })
    .await;
}
