use super::LETTER;
use crate::{site::Site, window::browse};

#[tokio::test]
async fn a_dead_letter_is_looked_at_put_back_and_discarded() {
    let site = Site::with_tokens();
    let token = site.token("lee", "ops");
    browse(&site, async |window| {
        window.go("/").await;
        window.fill("Access token", &token).await;
        window.send("Sign in").await;
        // Whoever may do nothing else begins here.
        assert_eq!(window.text("h1").await, "Dead letters");
        assert_eq!(window.texts("nav.pages a").await, ["Dead letters", "API"]);
        window.follow(LETTER).await;
        assert_eq!(window.text("pre[aria-label=Body]").await, "<b>no JSON</b>");
        assert!(window.text("pre[aria-label=Headers]").await.contains("x-audit-reason"));

        window.follow("Put back").await;
        assert_eq!(window.text("h1").await, "Put dead letters back?");
        window.follow("Cancel").await;
        assert_eq!(window.page().await, "/dead-letters");
        window.follow("Put back").await;
        window.send("Put back").await;
        assert_eq!(window.text(".notice strong").await, "Put back: 1");

        // It still can't be stored, and has come back.
        site.wait_for_a_dead_letter();
        window.go("/dead-letters").await;
        window.follow("Discard").await;
        window.send("Discard").await;
        assert_eq!(window.text(".notice strong").await, "Discarded: 1");
        assert_eq!(window.text(".blank h2").await, "There are no dead letters");
    })
    .await;
}
