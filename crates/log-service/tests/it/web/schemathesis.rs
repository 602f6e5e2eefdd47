//! The API against its own description, by a tool that makes up questions: schemathesis. `deploy/api-test` fetches it
//! and names it in `SCHEMATHESIS`; without that, there is nothing to run.

use std::{path::Path, process::Command};

use super::tokens::{AUDITOR, Tokens};
use crate::{fixture::Fixture, reading::events};

#[tokio::test]
async fn no_made_up_question_gets_an_answer_that_the_document_does_not_have() {
    let Some(program) = std::env::var_os("SCHEMATHESIS") else {
        eprintln!("skipped: deploy/api-test runs it");
        return;
    };
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    events::store(&place, 12).await;
    let site = tokens.site(&place);
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/api-test.toml");
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        // It leaves a folder behind.
        .current_dir(folder.path())
        .arg("--config-file")
        .arg(settings)
        .args(["run", &site.url("/api/v1/openapi.json"), "--header"])
        .arg(format!("Authorization: Bearer {AUDITOR}"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("No issues found"), "{told}");
}
