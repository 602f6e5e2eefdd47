use super::{FROM, NUMBER};
use crate::{site::Site, window::browse};

#[tokio::test]
async fn search_and_timeline_work_without_scripts() {
    browse(&Site::open(), async |window| {
        window.forbid_scripts();
        window.go(&format!("/search?{FROM}")).await;
        window.tick("Payment").await;
        window.fill("Action types", "REFUND").await;
        window.send("Search").await;
        assert_eq!(window.texts("td.what .action").await, ["REFUND"]);
        // Fields left empty are sent as well, which only a script can avoid.
        assert!(window.page().await.contains("trace_id="));

        window.go(&format!("/timeline?{FROM}")).await;
        window.fill("Anything you hold", NUMBER).await;
        window.send("Show timeline").await;
        assert_eq!(window.texts("ol.story .what .action").await.len(), 9);
        window.click("ol.story li:first-child summary").await;
        assert_eq!(window.texts("ol.story details[open]").await.len(), 1);
    })
    .await;
}
