//! What Java, Spring and others write for one and the same value is stored as that value, on both databases.

use audit_core::{
    Domain,
    dead_letter::headers::{FIELD, REASON},
    publish::Message,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, PAYMENT, header, header_of, payment, payment_with, rows},
    reading::{objects, read},
};

const SEAT: Domain = Domain::new("reservation-seat");
const ACTOR: &str = "4f99656f-5415-40ed-a89c-3bb2fda598a7";
const PAYMENT_ID: &str = "4d7b01a3-da26-4cae-96cc-108091e246a4";

/// Publishes payments, whose ids are in the order of making, and gives their rows in the same order.
async fn stored(place: &Fixture, bodies: &[String]) -> Vec<payment_log::entity::Model> {
    let before = place.count("p_payment_log").await;
    let messages: Vec<_> = bodies.iter().map(|body| place.message(PAYMENT, body.as_str())).collect();
    place.publish(&messages).await;
    place.wait_for_rows("p_payment_log", before + i64::try_from(bodies.len()).unwrap()).await;
    let mut rows = place.payments().await;
    rows.sort_by_key(|row| row.id);
    rows.split_off(usize::try_from(before).unwrap())
}

/// A payment's body with a field's value as it is written here.
fn with(field: &str, value: &str) -> String {
    let body = payment_with(json!({field: null})).to_string();
    format!("{},{}:{value}}}", &body[..body.len() - 1], json!(field))
}

#[tokio::test]
async fn times_are_stored_as_the_instants_that_they_mean() {
    let forms = [
        ("[2025,11,26,21,7,9,123]", "2025-11-26T21:07:09.123Z"),
        ("[2025,11,26,21,7,9,123456789]", "2025-11-26T21:07:09.123456Z"),
        (r#""2025-12-06T11:00Z""#, "2025-12-06T11:00:00Z"),
        (r#""2025-12-06T20:00+09:00""#, "2025-12-06T11:00:00Z"),
        (r#""2025-12-06T20:00:29.1+0900""#, "2025-12-06T11:00:29.100Z"),
        (r#""2025-12-06T20:00:29.1+09""#, "2025-12-06T11:00:29.100Z"),
        (r#""2025-12-06T20:00:29+09:00[Asia/Seoul]""#, "2025-12-06T11:00:29Z"),
        (r#""2025-12-06T11:00:29Z[UTC]""#, "2025-12-06T11:00:29Z"),
        (r#""2025-12-06T11:00:29,100Z""#, "2025-12-06T11:00:29.100Z"),
        (r#""2025-12-06T11:00:29.123456789012Z""#, "2025-12-06T11:00:29.123456Z"),
        (r#"" 2025-12-06T11:00:29Z ""#, "2025-12-06T11:00:29Z"),
        ("1764191229.123456789", "2025-11-26T21:07:09.123456Z"),
        ("1765018829", "2025-12-06T11:00:29Z"),
        ("1765018829100", "2025-12-06T11:00:29.100Z"),
        (r#""1765018829100""#, "2025-12-06T11:00:29.100Z"),
    ];
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let bodies = forms.map(|(form, _)| with("occurredAt", form));
        for (row, (form, utc)) in stored(&place, &bodies).await.iter().zip(forms) {
            assert_eq!(row.occurred_at, utc.parse::<DateTime<Utc>>().unwrap(), "{form}");
        }
    }
}

#[tokio::test]
async fn whole_numbers_are_stored_however_they_are_written() {
    let forms = [
        (r#""3""#, 3),
        (r#"" 3 ""#, 3),
        ("5.0", 5),
        ("5E+2", 500),
        (r#""-7.00""#, -7),
        (r#""""#, 0),
        ("null", 0),
        ("2147483647", i32::MAX),
    ];
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let bodies = forms.map(|(form, _)| with("retryCount", form));
        for (row, (form, number)) in stored(&place, &bodies).await.iter().zip(forms) {
            assert_eq!((row.retry_count, &row.extra), (number, &None), "{form}");
        }
        let seats = [json!("9007199254740995"), json!(9_007_199_254_740_997_i64), json!(" ")].map(|id| {
            let body = json!({"eventId": Uuid::now_v7(), "reservationSeatId": id, "actionType": "PREEMPT",
                "actorType": "CUSTOMER", "occurredAt": "2025-12-06T11:00:29Z"});
            place.message(SEAT, body.to_string())
        });
        place.publish(&seats).await;
        place.wait_for_rows("p_reservation_seat_log", 3).await;
        let mut rows = rows::<reservation_seat_log::entity::Entity>(&place.db().await).await;
        rows.sort_by_key(|row| row.id);
        let ids: Vec<_> = rows.iter().map(|row| row.resource_id.as_deref()).collect();
        assert_eq!(ids, [Some("9007199254740995"), Some("9007199254740997"), None]);
    }
}

#[tokio::test]
async fn ids_are_stored_whatever_their_form_and_empty_ones_are_none() {
    let forms = [
        (json!(ACTOR.to_uppercase()), Some(ACTOR)),
        (json!(ACTOR.replace('-', "")), Some(ACTOR)),
        (json!(format!("{{{ACTOR}}}")), Some(ACTOR)),
        (json!(format!("urn:uuid:{ACTOR}")), Some(ACTOR)),
        (json!(format!(" {ACTOR}\n")), Some(ACTOR)),
        (json!(""), None),
        (json!(" \t"), None),
    ];
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        for field in ["actorUserId", "paymentId"] {
            let bodies: Vec<_> = forms.iter().map(|(form, _)| with(field, &form.to_string())).collect();
            for (row, (form, id)) in stored(&place, &bodies).await.iter().zip(&forms) {
                let found = match field {
                    "actorUserId" => row.actor_id.map(|id| id.to_string()),
                    _ => row.resource_id.clone(),
                };
                assert_eq!(found.as_deref(), *id, "{field} {form}");
            }
        }
    }
}

#[tokio::test]
async fn a_field_in_another_spelling_is_stored_as_the_field() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let bodies: Vec<_> =
            [("payment_id", "actor_user_id"), ("PaymentId", "ActorUserId"), ("payment-id", "ACTORUSERID")]
                .into_iter()
                .map(|(payment_id, actor)| {
                    json!({"event_id": Uuid::now_v7(), "action_type": "CONFIRM", "ActorType": "CUSTOMER",
                    "occurred-at": "2025-12-06T11:00:29Z", payment_id: PAYMENT_ID, actor: ACTOR})
                    .to_string()
                })
                .collect();
        for row in stored(&place, &bodies).await {
            assert_eq!(row.resource_id.as_deref(), Some(PAYMENT_ID));
            assert_eq!(row.actor_id.map(|id| id.to_string()).as_deref(), Some(ACTOR));
            assert_eq!((row.action_type.as_str(), row.actor_type.as_str()), ("CONFIRM", "CUSTOMER"));
            assert_eq!(row.extra, None);
        }
    }
}

#[tokio::test]
async fn an_unknown_field_that_is_null_is_as_good_as_absent() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let absent = payment_with(json!({"channel": {"name": "app"}}));
        let mut explicit = absent.clone();
        explicit["note"] = Value::Null;
        explicit["channel"]["kind"] = Value::Null;
        let mut alone = payment();
        alone["note"] = Value::Null;
        place.publish_payments(&[explicit, absent, alone]).await;
        place.wait_for_rows("p_payment_log", 2).await;
        let mut extras: Vec<_> = place.payments().await.into_iter().map(|row| row.extra).collect();
        extras.sort_by_key(Option::is_some);
        assert_eq!(extras, [None, Some(json!({"channel": {"name": "app"}}))]);
        let stopped = service.stop();
        assert_eq!(
            (stopped.counted("payment", "duplicates"), stopped.counted("payment", "dead_letters")),
            (1, 0)
        );
    }
}

#[tokio::test]
async fn half_of_an_emoji_becomes_the_replacement_character() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let bodies = [with("method", r#""X\ud83d""#), with("note", r#""\ude00\ud83d\ude00""#)];
        let rows = stored(&place, &bodies).await;
        assert_eq!(rows[0].method.as_deref(), Some("X\u{fffd}"));
        assert_eq!(rows[1].extra, Some(json!({"note": "\u{fffd}😀"})));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_value_is_said_in_the_dead_letter() {
    let cases = [
        (
            "occurredAt",
            r#"{"$date":"2025-12-06T11:00:29Z"}"#,
            "invalid_field",
            "is not a time: expected RFC 3339",
        ),
        ("occurredAt", "20251206110029", "invalid_field", "must be seconds (1000000000 to"),
        ("occurredAt", "null", "missing_field", "is null"),
        ("actorType", "null", "missing_field", "is null"),
        ("retryCount", "1.5", "invalid_field", "is not a whole number"),
        ("retryCount", r#""2147483648""#, "invalid_field", "is out of range"),
        ("actorUserId", r#""nobody""#, "invalid_field", "is not a UUID"),
        ("actorUserId", r#"null,"actor_user_id":"""#, "invalid_field", "stands in the body twice"),
    ];
    let place = Fixture::sqlite();
    let _service = place.serve();
    for (field, value, reason, words) in cases {
        place.publish(&[place.message(PAYMENT, with(field, value))]).await;
        let letter = place.dead_letters(PAYMENT, 1).await.remove(0);
        let said = |name: &str| header_of(&letter, name).unwrap();
        assert_eq!((said(REASON).as_str(), said(FIELD).as_str()), (reason, field), "{value}");
        let message = said("x-exception-message");
        assert!(message.contains(words) && message.contains(field), "{value}: {message}");
    }
}

#[tokio::test]
async fn white_space_is_left_out_and_the_event_found_with_it_and_without() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let body = payment_with(
            json!({"actionType": "CONFIRM ", "method": " TOSS_CARD\u{3000}", "actorType": "\tSYSTEM"}),
        );
        let rows = stored(&place, &[body.to_string()]).await;
        assert_eq!(
            (rows[0].action_type.as_str(), rows[0].method.as_deref(), rows[0].actor_type.as_str()),
            ("CONFIRM", Some("TOSS_CARD"), "SYSTEM")
        );
        let number = json!({"eventId": Uuid::now_v7(), "reservationNumber": "R1 ", "actionType": "RESERVE",
            "actorType": "CUSTOMER", "occurredAt": "2025-12-06T11:00:29Z"});
        place.publish(&[place.message(Domain::new("reservation"), number.to_string())]).await;
        place.wait_for_rows("p_reservation_log", 1).await;
        for question in [
            ["search", "--action-type", "CONFIRM "],
            ["search", "--action-type", "CONFIRM"],
            ["search", "--own", "method= TOSS_CARD\u{3000}"],
            ["search", "--actor-type", "\tSYSTEM"],
            ["search", "--own", "reservation_number=R1 "],
            ["search", "--own", "reservation_number=R1"],
            ["timeline", "--only-key", "R1 "],
            ["timeline", "--only-key", " R1"],
        ] {
            let found =
                read(&place, &[&question[..], &["--from", "2025-12-01", "--format", "ndjson"]].concat());
            assert_eq!(objects(&found).len(), 1, "{question:?}");
        }
    }
}

/// Rows of the original, or from before white space was left out, keep it.
#[tokio::test]
async fn what_was_stored_with_white_space_is_found_by_it() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        // Its month has a partition then.
        stored(&place, &[payment_with(json!({"actionType": "CANCEL"})).to_string()]).await;
        let db = place.db().await;
        let id = Uuid::now_v7();
        let insert = sea_orm::Statement::from_sql_and_values(
            sea_orm::ConnectionTrait::get_database_backend(&db),
            "INSERT INTO p_payment_log (id, action_type, actor_type, resource_id, occurred_at, retry_count, method) \
             VALUES ($1, 'CONFIRM ', 'SYSTEM', $2, $3, 0, ' CARD')",
            [id.into(), " P1 ".into(), "2025-12-06T11:00:29Z".parse::<DateTime<Utc>>().unwrap().into()],
        );
        sea_orm::ConnectionTrait::execute_raw(&db, insert).await.unwrap();
        for (question, count) in [
            (["search", "--action-type", "CONFIRM "], 1),
            (["search", "--own", "method=CARD"], 0),
            (["search", "--own", "method= CARD"], 1),
            (["search", "--resource-id", " P1 "], 1),
            (["timeline", "--only-key", " P1 "], 1),
            (["timeline", "--only-key", "P1"], 0),
        ] {
            let found =
                read(&place, &[&question[..], &["--from", "2025-12-01", "--format", "ndjson"]].concat());
            assert_eq!(objects(&found).len(), count, "{question:?}");
        }
    }
}

#[tokio::test]
async fn a_uuid_finds_its_events_in_every_form() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let mut body = payment();
        (body["paymentId"], body["actorUserId"]) = (json!(PAYMENT_ID), json!(ACTOR));
        let event = body["eventId"].as_str().unwrap().to_owned();
        place.publish(&[place.message(PAYMENT, body.to_string()), of_a_subject(&place)]).await;
        place.wait_for_rows("p_payment_log", 2).await;
        for (option, id, count) in
            [("--resource-id", PAYMENT_ID, 2), ("--actor-id", ACTOR, 1), ("--id", &*event, 1)]
        {
            for form in [
                id.to_uppercase(),
                id.replace('-', ""),
                format!("{{{id}}}"),
                format!("urn:uuid:{id}"),
                format!(" {} ", id.to_uppercase()),
            ] {
                let find = |question: &[&str]| {
                    let rest = ["--from", "2025-12-01", "--format", "ndjson"];
                    objects(&read(&place, &[question, &rest].concat())).len()
                };
                assert_eq!(find(&["search", option, &form]), count, "{option} {form}");
                assert_eq!(find(&["timeline", "--only-key", &form]), count, "{form}");
            }
        }
    }
}

/// A CloudEvent that names the same payment by its subject alone, in upper case.
fn of_a_subject(place: &Fixture) -> Message {
    let mut body = payment();
    for field in ["paymentId", "actorUserId"] {
        body.as_object_mut().unwrap().remove(field);
    }
    let mut message = place.message(PAYMENT, body.to_string());
    let mut table = lapin::types::FieldTable::default();
    header(&mut table, "cloudEvents:specversion", "1.0");
    header(&mut table, "cloudEvents:subject", &PAYMENT_ID.to_uppercase());
    message.properties = message.properties.with_headers(table);
    message
}

#[tokio::test]
async fn a_subject_that_is_a_uuid_is_stored_as_all_uuids_are() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    place.publish(&[of_a_subject(&place)]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let row = place.payments().await.remove(0);
    assert_eq!((row.resource_id.as_deref(), row.extra), (Some(PAYMENT_ID), None));
}
