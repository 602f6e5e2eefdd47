//! `just new-domain NAME …`: adds a domain to the workspace.

use std::{
    io::{self, Write},
    process::{Command, ExitCode},
};

use clap::Parser;
use workspace::{Args, Files, new_domain::NewDomain};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads any more: nothing to be done about it.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let before = Files::read(&args.root)?;
    let domain = args.domain(chrono::Utc::now().date_naive());
    let mut files = before.clone();
    if let Err(refusals) = domain.add_to(&mut files) {
        let told: Vec<_> = refusals.iter().map(|refusal| format!("new-domain: {refusal}")).collect();
        return Err(format!("{}\nnothing was written", told.join("\n")).into());
    }
    files.write(&before, &args.root)?;

    let mut out = io::stdout().lock();
    for (path, _) in files.changed(&before) {
        writeln!(out, "{} {path}", if before.has(path) { "changed" } else { "made   " })?;
    }
    if knows_the_crate(args) {
        writeln!(out, "changed Cargo.lock")?;
    } else {
        writeln!(out, "Cargo.lock is as it was: run `cargo build` once, without --locked")?;
    }
    writeln!(out, "{}", next_steps(&domain))?;
    Ok(())
}

/// Brings Cargo.lock up to date; nothing has to be fetched for that.
fn knows_the_crate(args: &Args) -> bool {
    let mut update = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    update.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(&args.root);
    update.status().is_ok_and(|status| status.success())
}

fn next_steps(domain: &NewDomain) -> String {
    let name = domain.domain.crate_name();
    let folder = domain.domain.folder();
    format!(
        "
Next:
1. {folder}/samples.ndjson is made up: put messages of the real service there, and say in README.md,
   src/event.rs and src/entity.rs what the fields mean.
2. INSTA_UPDATE=always cargo test -p {name} --all-features
   Then read {folder}/tests/snapshots: every field must be in its column.
3. just documents
   It writes docs/contract and docs/openapi.json anew.
4. Add a line to CHANGELOG.md. A colour in crates/audit-page/src/assets/style.css, and a name in both languages in
   crates/audit-page/src/texts/names.rs, if the page should not show the domain in grey by its own name.
5. just test"
    )
}
