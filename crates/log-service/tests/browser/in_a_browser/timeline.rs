use super::NUMBER;
use crate::{site::Site, window::browse};

const OF_NUMBER: [&str; 4] = ["CREATED", "PENDING_PAYMENT", "CONFIRMED", "CANCELED_BY_USER"];
/// With the seat and the payment, in the order of time.
const STORY: [&str; 9] = [
    "PREEMPT",
    "CREATED",
    "CREATE",
    "PENDING_PAYMENT",
    "CONFIRM",
    "CONFIRMED",
    "RESERVE",
    "CANCELED_BY_USER",
    "REFUND",
];

#[tokio::test]
async fn a_reservation_s_number_tells_its_whole_story_or_only_what_has_the_number() {
    browse(&Site::open(), async |window| {
        window.go("/timeline").await;
        window.fill("Anything you hold", NUMBER).await;
        window.set_time("From", "2025-12-01T00:00:00").await;
        window.send("Show timeline").await;
        assert_eq!(window.texts("ol.story .what .action").await, STORY);
        assert!(window.text("#summary").await.contains(NUMBER));
        assert_eq!(window.texts("section.day h3").await.len(), 2);
        let reasons = window.texts("ol.story .via").await;
        let of_customer = |reason: &&String| reason.starts_with("same customer within");
        assert_eq!(reasons.iter().filter(of_customer).count(), STORY.len() - OF_NUMBER.len(), "{reasons:?}");

        window.tick("Only this number or ID").await;
        window.send("Show timeline").await;
        assert_eq!(window.texts("ol.story .what .action").await, OF_NUMBER);
    })
    .await;
}

#[tokio::test]
async fn each_event_opens_and_all_at_once() {
    browse(&Site::open(), async |window| {
        window.go(&format!("/timeline?q={NUMBER}&{}", super::FROM)).await;
        window.click("ol.story li:first-child summary").await;
        assert_eq!(window.texts("ol.story details[open]").await.len(), 1);
        window.press("Open all").await;
        assert_eq!(window.texts("ol.story details[open]").await.len(), STORY.len());
        window.press("Close all").await;
        assert!(window.texts("ol.story details[open]").await.is_empty());
    })
    .await;
}
