//! The example does what it says.

use std::process::Command;

use crate::fixture::{PAYMENT, Place, eventually};

#[tokio::test]
async fn the_example_publishes_what_it_has_committed() {
    let place = Place::sqlite().await;
    let mut example = place.relay_command("outbox").spawn().unwrap();
    eventually("the event", async || place.published(PAYMENT).await == 1).await;
    place.wait_until_empty().await;
    let id = example.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    assert!(example.wait().unwrap().success());
}
