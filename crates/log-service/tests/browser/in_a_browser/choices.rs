use super::FROM;
use crate::{site::Site, window::browse};

#[tokio::test]
async fn the_language_changes_and_the_question_stays() {
    browse(&Site::open(), async |window| {
        let asked = format!("/search?domain=ticket&{FROM}");
        window.go(&asked).await;
        assert_eq!(window.text("h1").await, "Search");
        window.follow("한국어").await;
        assert_eq!(window.page().await, asked);
        assert_eq!(window.text("h1").await, "검색");
        assert_eq!(window.attribute("html", "lang").await, "ko");
        assert_eq!(window.texts("td.domain").await, ["티켓"; 4]);
        window.follow("타임라인").await;
        assert_eq!(window.text("h1").await, "타임라인");
        window.follow("English").await;
        assert_eq!(window.text("h1").await, "Timeline");
    })
    .await;
}

#[tokio::test]
async fn times_are_shown_in_the_zone_that_was_chosen_last() {
    browse(&Site::open(), async |window| {
        let asked = format!("/search?domain=ticket&action_type=USED&{FROM}");
        window.go(&asked).await;
        assert_eq!(window.text("td.when").await, "2025-12-20 03:42:00.600");
        window.click("header .menu summary").await;
        window.click("#zone-menu option:nth-of-type(2)").await;
        window.send("Apply").await;
        assert_eq!(window.text("td.when").await, "2025-12-19 18:42:00.600");
        assert!(window.page().await.contains("tz=UTC"));
        window.go(&asked).await;
        assert_eq!(window.text("td.when").await, "2025-12-19 18:42:00.600");
    })
    .await;
}
