//! Dead letters over HTTP: for those who operate the service, and for nobody else.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use audit_query::access_entity::Entity;
use serde_json::{Value, json};

use super::{
    Answer, Site,
    tokens::{AUDITOR, OPS, SUPPORT, Tokens},
};
use crate::{
    dead_letters::{
        rejected::{AUTH, failed_login, reject},
        wait_for,
    },
    fixture::{Fixture, PAYMENT, rows},
    reading::objects,
};

const REPLAY: &str = "/api/v1/dead-letters/replay";
const DISCARD: &str = "/api/v1/dead-letters/discard";
const OUR_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A service with two dead letters of payments, and two failed logins that the original has rejected.
async fn site(place: &Fixture, variables: &[(&str, &str)]) -> Site {
    place.prepare();
    reject(place, AUTH, &[failed_login(), failed_login()]).await;
    let site = Site::with(place, variables);
    place.publish(&["no <b>JSON</b>", "[]"].map(|body| place.message(PAYMENT, body))).await;
    wait_for(place, PAYMENT, 2).await;
    site
}

fn id_of(site: &Site, reason: &str) -> String {
    let list = site.json("/api/v1/dead-letters");
    let items = list["items"].as_array().unwrap();
    items.iter().find(|item| item["reason"] == reason).unwrap()["id"].as_str().unwrap().to_owned()
}

fn numbers(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    json!([answer["done"], answer["skipped"], answer["refused"], answer["complete"]])
}

#[tokio::test]
async fn they_are_listed_shown_and_exported() {
    let place = Fixture::sqlite();
    let site = site(&place, &[]).await;
    let list = site.json("/api/v1/dead-letters?limit=3");
    assert_eq!((&list["total"], list["items"].as_array().unwrap().len()), (&json!(4), 3));
    let count = |domain, reason, letters| json!({"domain": domain, "reason": reason, "letters": letters, "replayed": 0});
    assert_eq!(
        list["counts"],
        json!([
            count("auth", "rejected", 2),
            count("payment", "not_an_object", 1),
            count("payment", "not_json", 1)
        ])
    );
    assert_eq!(site.json("/api/v1/dead-letters?reason=rejected&domain=payment")["total"], 0);

    let id = id_of(&site, "not_json");
    let letter = site.json(&format!("/api/v1/dead-letters/payment/{id}"));
    assert_eq!((&letter["body"], &letter["same"]), (&json!("no <b>JSON</b>"), &json!(1)));
    assert_eq!(letter["headers"]["x-original-routingKey"], "payment.log");
    for path in ["payment/0000000000000000", "payment/7", "auth/ID", "nowhere/ID"] {
        let path = format!("/api/v1/dead-letters/{}", path.replace("ID", &id));
        assert_eq!(site.get(&path).status, 404, "{path}");
    }

    let export = site.get("/api/v1/dead-letters/export?domain=payment");
    let bodies: Vec<_> = objects(&export.body).iter().map(|line| line["body_text"].clone()).collect();
    assert_eq!(bodies, [json!("no <b>JSON</b>"), Value::Null]);
    assert!(site.get("/api/v1/dead-letters/export?domain=user").body.is_empty());
    wait_for(&place, AUTH, 2).await;
    wait_for(&place, PAYMENT, 2).await;
}

#[tokio::test]
async fn what_can_be_stored_is_put_back_and_the_rest_comes_back_once() {
    let place = Fixture::sqlite();
    let site = site(&place, &[]).await;
    let answer = site.post_json(REPLAY, &json!({"reasons": ["rejected"]}), &[]);
    assert_eq!(numbers(&answer), json!([2, 0, 0, true]));
    place.wait_for_rows("p_auth_log", 2).await;

    // A form says the same.
    assert_eq!(numbers(&site.post(REPLAY, &[("domains", "payment")], &[OUR_PAGE])), json!([2, 0, 0, true]));
    wait_for(&place, PAYMENT, 2).await;
    assert_eq!(numbers(&site.post_json(REPLAY, &json!({"all": true}), &[])), json!([0, 2, 0, true]));
    let again = json!({"ids": [id_of(&site, "not_json")], "again": true});
    assert_eq!(numbers(&site.post_json(REPLAY, &again, &[])), json!([1, 0, 0, true]));
    wait_for(&place, PAYMENT, 2).await;
}

#[tokio::test]
async fn what_is_discarded_is_kept_on_the_server() {
    let (place, folder) = (Fixture::sqlite(), tempfile::tempdir().unwrap());
    let kept = folder.path().join("kept");
    let site = site(&place, &[("LOG_SERVICE__DEAD_LETTERS__FOLDER", kept.to_str().unwrap())]).await;
    let answer = site.post_json(DISCARD, &json!({"domains": ["payment"]}), &[]);
    assert_eq!(numbers(&answer), json!([2, 0, 0, true]));
    wait_for(&place, AUTH, 2).await;
    wait_for(&place, PAYMENT, 0).await;
    let file = kept.join(answer.json()["file"].as_str().unwrap());
    assert_eq!(objects(&fs::read_to_string(file).unwrap()).len(), 2);
}

#[tokio::test]
async fn the_folder_of_what_is_discarded_is_for_its_owner_alone_and_no_link() {
    let (place, folder) = (Fixture::sqlite(), tempfile::tempdir().unwrap());
    let (kept, elsewhere) = (folder.path().join("kept"), folder.path().join("elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &kept).unwrap();
    let site = site(&place, &[("LOG_SERVICE__DEAD_LETTERS__FOLDER", kept.to_str().unwrap())]).await;
    let discard = json!({"domains": ["payment"]});
    assert_eq!(site.post_json(DISCARD, &discard, &[]).status, 503);
    site.service.wait_for_log("symbolic link", 1);
    wait_for(&place, PAYMENT, 2).await;
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);

    fs::remove_file(&kept).unwrap();
    fs::create_dir(&kept).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o777)).unwrap();
    let answer = site.post_json(DISCARD, &discard, &[]);
    assert_eq!(numbers(&answer), json!([2, 0, 0, true]));
    let rights = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(rights(&kept), 0o700);
    assert_eq!(rights(&kept.join(answer.json()["file"].as_str().unwrap())), 0o600);
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_discarded() {
    // Where nothing outlives the process, the configuration says so.
    for (folder, told) in
        [("/dev/null/kept", "/dev/null/kept"), ("", "use `log-service dead-letters discard`")]
    {
        let place = Fixture::sqlite();
        let site = site(&place, &[("LOG_SERVICE__DEAD_LETTERS__FOLDER", folder)]).await;
        let answer = site.post_json(DISCARD, &json!({"all": true}), &[]);
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(!answer.body.contains("/dev/null"));
        let page = site.post("/dead-letters/discard", &[("all", "true")], &[OUR_PAGE]);
        assert_eq!(page.status, 503);
        assert!(page.body.contains("The dead letters were not discarded"), "{}", page.body);
        site.service.wait_for_log(told, 2);
        wait_for(&place, AUTH, 2).await;
        wait_for(&place, PAYMENT, 2).await;
    }
}

#[tokio::test]
async fn what_is_not_chosen_or_not_known_is_refused() {
    let site = Site::alone(&[]);
    let complained = |body: Value| {
        let answer = site.post_json(REPLAY, &body, &[]);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        answer.json()["errors"][0]["parameter"].as_str().unwrap().to_owned()
    };
    for (body, parameter) in [
        (json!({}), "all"),
        (json!({"all": false, "domains": []}), "all"),
        (json!({"domains": ["payments"]}), "domains"),
        (json!({"reasons": [""]}), "reasons"),
        (json!({"ids": ["7"]}), "ids"),
        (json!({"ids": vec!["0000000000000000"; 51]}), "ids"),
        (json!({"all": "yes"}), "body"),
        (json!({"everything": true}), "body"),
        (json!([]), "body"),
    ] {
        assert_eq!(complained(body), parameter);
    }
    for path in ["?domain=x", "?id=7", "?limit=1001", "?colour=red"] {
        assert_eq!(site.get(&format!("/api/v1/dead-letters{path}")).status, 400, "{path}");
    }
    let text = site.agent.post(site.url(REPLAY)).content_type("text/plain").send("all=true");
    assert_eq!(text.unwrap().status().as_u16(), 415);
    let large = json!({"reasons": ["x".repeat(20_000)]});
    assert_eq!(site.post_json(REPLAY, &large, &[]).status, 413);
    assert_eq!(site.get(REPLAY).status, 405);
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    for (token, api, page) in [(OPS, 200, 200), (AUDITOR, 200, 200), (SUPPORT, 403, 403)] {
        let bearer = format!("Bearer {token}");
        let authorized = [("authorization", bearer.as_str())];
        for path in [REPLAY, DISCARD] {
            assert_eq!(site.post_json(path, &json!({"all": true}), &authorized).status, api, "{token}");
        }
        for path in ["/dead-letters", "/dead-letters/replay?all=true", "/dead-letters/discard?all=true"] {
            assert_eq!(site.get_with(path, &authorized).status, page, "{token}: {path}");
        }
        let replayed = site.post("/dead-letters/replay", &[("all", "true")], &authorized).status;
        assert_eq!(replayed, if page == 200 { 303 } else { 403 }, "{token}");
        let links = site.get_with("/api", &authorized).body.contains("href=\"/dead-letters\"");
        assert_eq!(links, page == 200, "{token}");
    }
    assert_eq!(site.post_json(REPLAY, &json!({"all": true}), &[]).status, 401);
    assert_eq!(site.get_as(OPS, "/").header("location"), "/dead-letters");
}

#[tokio::test]
async fn another_site_can_repair_nothing() {
    let place = Fixture::sqlite();
    let site = site(&place, &[]).await;
    for elsewhere in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for path in [REPLAY, DISCARD, "/dead-letters/replay", "/dead-letters/discard"] {
            let answer = site.post(path, &[("all", "true")], &[elsewhere]);
            assert_eq!(answer.status, 403, "{path}: {}", answer.body);
        }
    }
    wait_for(&place, AUTH, 2).await;
    wait_for(&place, PAYMENT, 2).await;
}

#[tokio::test]
async fn looks_at_the_same_time_take_turns() {
    let place = Fixture::sqlite();
    let site = site(&place, &[]).await;
    let address = site.url("/api/v1/dead-letters");
    std::thread::scope(|scope| {
        let looks: Vec<_> = (0..6).map(|_| scope.spawn(|| ask(&address))).collect();
        for look in looks {
            assert_eq!(look.join().unwrap()["total"], 4);
        }
    });
}

fn ask(url: &str) -> Value {
    serde_json::from_str(&ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap()).unwrap()
}

#[tokio::test]
async fn looks_and_repairs_are_recorded_with_who_asked_what() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = site(&place, &[("LOG_SERVICE__WEB__TOKENS_FILE", &tokens.path())]).await;
    let bearer = [("authorization", &*format!("Bearer {OPS}"))];
    site.get_with("/api/v1/dead-letters?domain=auth", &bearer);
    site.get_with("/dead-letters/payment/0000000000000000", &bearer);
    site.get_with("/dead-letters/replay?all=true", &bearer);
    site.post_json(REPLAY, &json!({"reasons": ["rejected"]}), &bearer);
    site.post("/dead-letters/replay", &[("ids", "0000000000000000")], &bearer);
    let records = rows::<Entity>(&place.db().await).await;
    let seen: Vec<_> = records
        .iter()
        .map(|record| (record.action_type.as_str(), record.resource_id.as_deref(), record.rows_read))
        .collect();
    assert_eq!(
        seen,
        [
            ("DEAD_LETTERS", None, 2),
            ("DEAD_LETTER", Some("payment/0000000000000000"), 0),
            ("REPLAY", None, 0),
            ("REPLAY_END", None, 2),
            ("REPLAY", None, 0),
            ("REPLAY_END", None, 0),
        ]
    );
    assert!(records.iter().all(|record| record.reader.as_ref().unwrap().starts_with("the ops")));
    assert_eq!(records[2].extra.as_ref().unwrap()["reasons"], json!(["rejected"]));
}

#[tokio::test]
async fn the_page_shows_asks_and_does() {
    let place = Fixture::sqlite();
    let site = site(&place, &[]).await;
    let page = site.get("/dead-letters").body;
    for part in ["4 dead letters", "rejected", "not_json", "href=\"/dead-letters/replay?all=true\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let one = site.get(&format!("/dead-letters/payment/{}", id_of(&site, "not_json"))).body;
    assert!(one.contains("no &lt;b&gt;JSON&lt;/b&gt;") && one.contains("x-audit-reason"), "{one}");

    let asked = site.get("/dead-letters/replay?domains=auth&reasons=rejected").body;
    assert!(asked.contains("<input type=\"hidden\" name=\"domains\" value=\"auth\">"), "{asked}");
    assert_eq!(site.get("/dead-letters/discard").status, 400);
    let fields = [("domains", "auth"), ("reasons", "rejected")];
    let done = site.post("/dead-letters/replay", &fields, &[OUR_PAGE]);
    assert_eq!(done.status, 303);
    let notice = done.cookies()[0].split(';').next().unwrap();
    let told = site.get_with(done.header("location"), &[("cookie", notice)]);
    assert!(told.body.contains("Put back: 2") && told.body.contains("2 dead letters"), "{}", told.body);
    assert!(told.cookies()[0].starts_with("notice=;") && told.cookies()[0].contains("Max-Age=0"), "{told:?}");
    // Loaded again, it does not come again.
    assert!(!site.get(done.header("location")).body.contains("Put back:"));
    place.wait_for_rows("p_auth_log", 2).await;

    let korean = site.get_with("/dead-letters", &[("accept-language", "ko")]).body;
    assert!(korean.contains("미처리 메시지 2건"), "{korean}");
}

#[tokio::test]
async fn no_link_can_say_that_something_was_done() {
    let site = Site::alone(&[]);
    let forged = site.get("/dead-letters?did=discard&done=999&skipped=0&refused=0&complete=true");
    assert_eq!(forged.status, 400);
    assert!(!forged.body.contains("Discarded: 999"), "{}", forged.body);
}

#[tokio::test]
async fn a_large_body_is_cut_on_the_page() {
    let place = Fixture::sqlite();
    let site = Site::of(&place);
    place.publish(&[place.message(PAYMENT, "가".repeat(20_000))]).await;
    wait_for(&place, PAYMENT, 1).await;
    let id = id_of(&site, "not_json");
    let page = site.get(&format!("/dead-letters/payment/{id}")).body;
    assert!(page.contains("60,000 bytes.") && page.contains("Only the beginning is shown"), "{page}");
    assert!(page.len() < 40_000, "{}", page.len());
    assert_eq!(
        site.json(&format!("/api/v1/dead-letters/payment/{id}"))["body"].as_str().unwrap().len(),
        60_000
    );
}

#[tokio::test]
async fn without_a_broker_it_is_said_that_it_is_the_broker() {
    let place = Fixture::sqlite();
    let mut command = place.command(&["serve"]);
    command.env("RABBITMQ_PORT", "1");
    let site = Site::on(test_servers::Running::start(command));
    assert_eq!(site.get("/api/v1/dead-letters").status, 503);
    let page = site.get("/dead-letters");
    assert_eq!(page.status, 503);
    assert!(page.body.contains("The broker does not do what it is asked"), "{}", page.body);
}
