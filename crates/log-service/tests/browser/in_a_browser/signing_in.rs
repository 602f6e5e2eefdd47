use super::FROM;
use crate::{site::Site, window::browse};

#[tokio::test]
async fn a_token_opens_the_page_that_was_asked_for_until_its_reader_signs_out() {
    let site = Site::with_tokens();
    let token = site.token("kim", "auditor");
    browse(&site, async |window| {
        let asked = format!("/search?domain=ticket&{FROM}");
        window.go(&asked).await;
        assert_eq!(window.text("h1").await, "Sign in");
        window.fill("Access token", "tal_wrong").await;
        window.send("Sign in").await;
        assert!(!window.text(".notice").await.is_empty());
        assert_eq!(window.attribute("#token", "aria-invalid").await, "true");

        window.fill("Access token", &token).await;
        window.send("Sign in").await;
        assert_eq!(window.page().await, asked);
        assert_eq!(window.texts("table.events tbody tr").await.len(), 4);
        assert!(window.text(".who").await.contains("kim"));
        // No script can read the session.
        assert_eq!(window.run("return document.cookie").await, "");

        window.send("Sign out").await;
        assert!(window.text("main").await.contains("You are signed out."));
        window.go(&asked).await;
        assert_eq!(window.text("h1").await, "Sign in");
    })
    .await;
}

#[tokio::test]
async fn readers_see_the_pages_of_their_role_only() {
    let site = Site::with_tokens();
    let token = site.token("lee", "support");
    browse(&site, async |window| {
        window.go("/").await;
        window.fill("Access token", &token).await;
        window.send("Sign in").await;
        assert_eq!(window.texts("nav.pages a").await, ["Overview", "Search", "Timeline", "API"]);
        window.go(&format!("/search?{FROM}")).await;
        assert!(!window.texts("table.events tbody tr").await.is_empty());
        assert!(window.texts("a[download]").await.is_empty());
    })
    .await;
}
