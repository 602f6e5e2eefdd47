//! The pictures of the documents: made on every run, kept with `UPDATE_DOCUMENTS=1`.

use std::{fs, path::Path};

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use super::{FROM, NUMBER};
use crate::{
    site::{Site, again, samples},
    window::browse,
};

#[tokio::test]
async fn the_documents_have_pictures_of_the_pages() {
    let site = Site::open();
    browse(&site, async |window| {
        window.hide_scrollbars();
        let search = format!("/search?{FROM}&to=2025-12-10");
        let timeline = format!("/timeline?q={NUMBER}&from=2025-12-06&to=2025-12-10");
        for (name, page, height) in [("search", search, 900), ("timeline", timeline, 1196)] {
            window.resize(1280, height);
            window.go(&page).await;
            keep(name, &window.picture().await);
        }
        // The overview is about now.
        site.publish(&a_day());
        window.resize(1280, 880);
        window.go("/overview").await;
        keep("overview", &window.picture().await);
    })
    .await;
}

/// How much happens in each hour, the last first, as part of the samples in percent.
const BUSY: [usize; 24] =
    [90, 70, 55, 60, 80, 100, 95, 60, 40, 35, 45, 50, 40, 25, 15, 10, 5, 5, 5, 10, 15, 30, 45, 65];

/// The samples once more in every hour of the day that ends now.
fn a_day() -> Vec<Value> {
    let (samples, now) = (samples(), Utc::now());
    let events = BUSY.iter().zip(0..).flat_map(|(busy, hour)| {
        // Of each hour others, as if at random.
        let happened = move |at: usize| (at * 37 + usize::try_from(hour).unwrap() * 53) % 100 < *busy;
        let some = samples.iter().zip(0..).filter(move |(_, at)| happened(*at));
        some.map(move |(event, at)| {
            let ago = TimeDelta::hours(hour) + TimeDelta::seconds(i64::try_from(at).unwrap() * 70);
            again(event, now - ago)
        })
    });
    events.collect()
}

fn keep(name: &str, picture: &[u8]) {
    // The width stands after the signature, and the length and name of the first chunk.
    assert_eq!(picture[16..20], 1280_u32.to_be_bytes(), "{name}");
    if std::env::var_os("UPDATE_DOCUMENTS").is_some_and(|value| value == "1") {
        let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
        fs::create_dir_all(&images).unwrap();
        fs::write(images.join(format!("{name}.png")), picture).unwrap();
    }
}
