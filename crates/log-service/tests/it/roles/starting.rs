//! What a start, and a service that runs, do about a role that could change the log.

use test_servers::Running;

use super::{Site, quoted, stderr};
use crate::{
    fixture::{eventually, payment},
    web,
};

const REFUSE: (&str, &str) = ("LOG_SERVICE__DATABASE__POWERFUL_ROLE", "refuse");
const METRIC: &str = "log_service_powerful_role";

#[tokio::test]
async fn a_powerful_role_is_warned_of_in_the_log_health_and_a_metric() {
    let site = Site::new();
    let web = web::Site::on(Running::start(site.command("postgres", &["serve"])));
    web.service.wait_until_consuming();
    web.service.wait_for_log("the role postgres could change the log, as it\\n- is a superuser", 1);
    let health = web.json("/health");
    assert_eq!(health["components"]["role"]["status"], "UP");
    assert_eq!(health["components"]["role"]["warning"], "the database's role could change the log");
    assert_eq!(web::metrics::value(&web.get("/metrics").body, METRIC), Some(1.0));
}

#[tokio::test]
async fn a_powerful_role_is_refused_with_78_and_what_it_could_do() {
    let site = Site::new();
    let output = site.command(&site.owner, &["serve"]).envs([REFUSE]).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = stderr(&output);
    for told in ["database.powerful_role", "- owns ", "p_access_log", "log-service migrate roles"] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[tokio::test]
async fn a_role_that_becomes_powerful_is_warned_of_and_goes_on_storing() {
    let site = Site::new();
    let every_second = ("LOG_SERVICE__DATABASE__ROLE_CHECK_SECONDS", "1");
    let web = web::Site::on(site.serve(&[REFUSE, every_second]));
    assert_eq!(web::metrics::value(&web.get("/metrics").body, METRIC), Some(0.0));
    assert!(web.json("/health")["components"]["role"]["warning"].is_null());

    site.as_superuser(&format!("GRANT UPDATE ON p_payment_log TO {}", quoted(&site.writer)));
    web.service.wait_for_log("has the right to UPDATE p_payment_log", 1);
    web.service.wait_for_log("the next start is refused", 1);
    assert_eq!(web::metrics::value(&web.get("/metrics").body, METRIC), Some(1.0));
    site.place.publish_payments(&[payment()]).await;
    site.place.wait_for_rows("p_payment_log", 1).await;

    site.as_superuser(&format!("REVOKE UPDATE ON p_payment_log FROM {}", quoted(&site.writer)));
    web.service.wait_for_log("can't change the log any more", 1);
    eventually("the metric", async || web::metrics::value(&web.get("/metrics").body, METRIC) == Some(0.0))
        .await;
}
