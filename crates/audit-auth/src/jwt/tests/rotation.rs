//! Keys by URL, which change while tokens come.

use std::time::Duration;

use tokio::time::advance;

use super::{
    issuer::{Issuer, Key, document},
    *,
};

fn from_url(issuer: &Issuer) -> Jwt {
    Jwt::new(JwtSettings { jwks_url: Some(issuer.url.clone()), ..settings(&[Algorithm::EdDSA]) }).unwrap()
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_once_and_kept_for_five_minutes() {
    let key = Key::ed("a", 1);
    let issuer = Issuer::start(&[&key]);
    let jwt = from_url(&issuer);
    assert_eq!(issuer.asked(), 0);
    let token = key.sign(&claims());
    let (one, other) = tokio::join!(jwt.check(&token), jwt.check(&token));
    assert!(one.is_ok() && other.is_ok());
    advance(Duration::from_secs(299)).await;
    assert!(jwt.check(&token).await.is_ok());
    assert_eq!(issuer.asked(), 1);

    issuer.rotate(&[&Key::ed("b", 2)]);
    advance(Duration::from_secs(1)).await;
    assert_eq!(jwt.check(&token).await.unwrap_err(), Invalid("the issuer has no such key"));
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_id_has_the_keys_fetched_again_once_a_minute() {
    let (old, new) = (Key::ed("old", 1), Key::ed("new", 2));
    let issuer = Issuer::start(&[&old]);
    let jwt = from_url(&issuer);
    assert!(jwt.check(&old.sign(&claims())).await.is_ok());
    issuer.rotate(&[&old, &new]);
    for _ in 0..3 {
        assert!(jwt.check(&new.sign(&claims())).await.is_err());
    }
    assert_eq!(issuer.asked(), 1);
    advance(Duration::from_mins(1)).await;
    for key in [&new, &old] {
        assert!(jwt.check(&key.sign(&claims())).await.is_ok());
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_the_issuer_is_away_the_old_keys_stay_in_force() {
    let key = Key::ed("a", 1);
    let issuer = Issuer::start(&[&key]);
    let jwt = from_url(&issuer);
    assert!(jwt.check(&key.sign(&claims())).await.is_ok());
    for (status, body) in [(500, String::new()), (200, "{}".to_owned()), (200, r#"{"keys": []}"#.to_owned())]
    {
        issuer.answer(status, body);
        advance(Duration::from_mins(10)).await;
        let asked = issuer.asked();
        for _ in 0..3 {
            assert!(jwt.check(&key.sign(&claims())).await.is_ok());
        }
        assert_eq!(issuer.asked(), asked + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_keys_nobody_is_known_until_the_issuer_is_there() {
    let key = Key::ed("a", 1);
    let issuer = Issuer::start(&[&key]);
    let jwt = from_url(&issuer);
    let elsewhere = Issuer::start(&[&key]);
    let too_large = document(&[&key]) + &" ".repeat(256 * 1024);
    for (status, body) in [(503, String::new()), (302, elsewhere.url), (200, too_large)] {
        issuer.answer(status, body);
        assert_eq!(jwt.check(&key.sign(&claims())).await.unwrap_err(), TokenCheckError::Unavailable);
        advance(Duration::from_secs(5)).await;
    }
    issuer.rotate(&[&key]);
    assert!(jwt.check(&key.sign(&claims())).await.is_ok());
}
