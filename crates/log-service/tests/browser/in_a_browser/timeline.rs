use super::NUMBER;
use crate::{site::Site, window::browse};

const STORY: [&str; 4] = ["CREATED", "PENDING_PAYMENT", "CONFIRMED", "CANCELED_BY_USER"];

#[tokio::test]
async fn a_reservation_s_number_tells_its_story_and_more_when_it_is_widened() {
    browse(&Site::open(), async |window| {
        window.go("/timeline").await;
        window.fill("Anything you hold", NUMBER).await;
        window.set_time("From", "2025-12-01T00:00:00").await;
        window.send("Show timeline").await;
        assert_eq!(window.texts("ol.story .what .action").await, STORY);
        assert!(window.text("#summary").await.contains(NUMBER));
        assert_eq!(window.texts("section.day h3").await.len(), 2);

        window.tick("Widen to actors and traces found").await;
        window.send("Show timeline").await;
        let told = window.texts("ol.story .what .action").await;
        assert!(told.len() > STORY.len() && told.contains(&"PREEMPT".to_owned()), "{told:?}");
        let others = window.texts("ol.story .via").await;
        assert_eq!(others.len(), told.len() - STORY.len());
        assert!(others.iter().all(|via| via == "same actor"), "{others:?}");
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
