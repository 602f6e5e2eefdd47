//! What axe-core finds: `deploy/servers/install axe` fetches it.

use std::{fs, path::Path};

use serde_json::Value;

use super::pages;
use crate::{
    site::Site,
    window::{Window, browse},
};

const CHECK: &str = r"
    const done = arguments[arguments.length - 1];
    const told = violation => ({ ...violation, nodes: violation.nodes.map(node => node.html + ' ' + node.failureSummary) });
    axe.run(document, { resultTypes: ['violations'] })
        .then(found => done(found.violations.map(told)), error => done([{ impact: 'critical', help: String(error) }]))";

#[tokio::test]
async fn no_page_keeps_people_out() {
    let axe = axe();
    browse(&Site::open(), async |window| {
        let mut found = Vec::new();
        for scheme in ["light", "dark"] {
            window.prefer(scheme);
            for (name, page) in pages() {
                window.go(&page).await;
                found.extend(serious(window, &axe, &format!("{name}, {scheme}")).await);
            }
        }
        window.resize(360, 740);
        for (name, page) in pages() {
            window.go(&page).await;
            found.extend(serious(window, &axe, &format!("{name}, narrow")).await);
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn signing_in_keeps_nobody_out() {
    let axe = axe();
    browse(&Site::with_tokens(), async |window| {
        let mut found = Vec::new();
        for scheme in ["light", "dark"] {
            window.prefer(scheme);
            window.go("/sign-in").await;
            found.extend(serious(window, &axe, scheme).await);
            window.fill("Access token", "wrong").await;
            window.send("Sign in").await;
            found.extend(serious(window, &axe, &format!("refused, {scheme}")).await);
        }
        assert!(found.is_empty(), "{}", found.join("\n"));

        // It is found that nothing says any more what the field is for.
        window.run("document.querySelector('label').remove()").await;
        assert!(!serious(window, &axe, "without a label").await.is_empty());
    })
    .await;
}

fn axe() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.servers/axe-core/axe.min.js");
    fs::read_to_string(file)
        .unwrap_or_else(|_| panic!("axe-core is missing; run: deploy/servers/install axe"))
}

/// The violations that weigh.
async fn serious(window: &Window<'_>, axe: &str, page: &str) -> Vec<String> {
    // A script of the driver's is not subject to the page's security policy.
    window.run(axe).await;
    let violations = window.run_async(CHECK).await;
    let weighs =
        |violation: &&Value| ["serious", "critical"].iter().any(|impact| violation["impact"] == *impact);
    let violations = violations.as_array().unwrap().iter().filter(weighs);
    violations.map(|found| format!("{page}: {}: {:#}", found["help"], found["nodes"])).collect()
}
