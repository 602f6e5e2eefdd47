//! Whoever follows or exports goes on only for as long as he may.

use std::time::{Duration, Instant};

use audit_query::access_entity::Entity;
use chrono::Utc;
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{
    Site,
    jwt::{CONFIGURED, SECRET, claims, signed},
    records::fill,
    tail::Stream,
    tokens::{AUDITOR, OPS, SUPPORT, Tokens},
};
use crate::fixture::{Fixture, eventually, rows};

/// A follower has come; what happens then ends him, and that is recorded.
async fn ends(place: &Fixture, site: &Site, token: &str, what: impl FnOnce()) -> Duration {
    let stream = Stream::of(site, "/api/v1/logs/tail", &[("authorization", &format!("Bearer {token}"))]);
    what();
    let since = Instant::now();
    assert_eq!(stream.count(), 0);
    let took = since.elapsed();
    eventually("the end's record", async || {
        let records = rows::<Entity>(&place.db().await).await;
        records.iter().any(|record| {
            record.action_type == "TAIL_END" && record.extra == Some(json!({"end": "not_allowed"}))
        })
    })
    .await;
    took
}

#[tokio::test]
async fn a_follower_is_ended_within_a_second_when_his_token_or_his_role_goes() {
    for (file, token) in [
        (&(|tokens: &Tokens| tokens.hold(&[AUDITOR])) as &dyn Fn(&Tokens), SUPPORT),
        (&|tokens| tokens.hold_as(SUPPORT, "ops"), SUPPORT),
        (&|tokens| tokens.hold_as(AUDITOR, "support"), AUDITOR),
    ] {
        let (tokens, place) = (Tokens::file(), Fixture::sqlite());
        let site = tokens.site(&place);
        let took = ends(&place, &site, token, || file(&tokens)).await;
        assert!(took < Duration::from_millis(1500), "{took:?}");
    }
}

#[tokio::test]
async fn a_follower_is_not_ended_when_another_token_goes() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    let mut stream =
        Stream::of(&site, "/api/v1/logs/tail", &[("authorization", &format!("Bearer {SUPPORT}"))]);
    tokens.hold(&[SUPPORT, OPS]);
    eventually("the file to be read again", async || {
        site.service.log().iter().any(|line| line.to_string().contains("the API tokens were read again"))
    })
    .await;
    let event = crate::fixture::payment();
    place.publish_payments(std::slice::from_ref(&event)).await;
    assert_eq!(stream.next().unwrap().data["id"], event["eventId"]);
}

#[tokio::test]
async fn a_follower_is_ended_when_his_bearer_token_expires() {
    let place = Fixture::sqlite();
    let site = Site::with(&place, &CONFIGURED);
    // Clocks may differ by a minute.
    let soon = json!({"exp": (Utc::now() - chrono::TimeDelta::seconds(57)).timestamp()});
    let token = signed(&claims(&soon), Algorithm::HS256, SECRET);
    ends(&place, &site, &token, || ()).await;
}

#[tokio::test]
async fn an_export_is_cut_off_when_its_token_goes_and_that_is_recorded() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    fill(&place, 200).await;
    let site = tokens.site(&place);
    let bearer = format!("Bearer {AUDITOR}");
    let export = site.request("/api/v1/logs/export?format=ndjson", &[("authorization", &bearer)]);
    let export = export.call().unwrap();
    assert_eq!(export.status().as_u16(), 200);
    tokens.hold(&[SUPPORT]);
    eventually("the end's record", async || {
        let records = rows::<Entity>(&place.db().await).await;
        records.iter().any(|record| {
            record.action_type == "EXPORT_END" && record.extra == Some(json!({"end": "not_allowed"}))
        })
    })
    .await;
    assert!(export.into_body().read_to_vec().is_err());
}
