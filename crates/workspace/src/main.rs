//! `just new-domain NAME …`: adds a domain to the workspace.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::{Command, ExitCode},
};

use clap::Parser;
use workspace::{
    Files,
    new_domain::{Absent, Field, NewDomain},
};

/// Add a domain: its crate, its migration, and a line wherever domains are named.
#[derive(Debug, Parser)]
#[command(name = "new-domain", version)]
struct Args {
    /// The name on the wire, such as `gift-card`: its events have the routing key `gift-card.log`.
    name: String,
    /// The log table [default: p_<name>_log].
    #[arg(long)]
    table: Option<String>,
    /// What identifies the resource: its field's name on the wire, and uuid or i64 [default: <name>Id:uuid].
    #[arg(long, value_name = "NAME:TYPE")]
    id: Option<Field>,
    /// The domain's own fields, such as `reason:text?,amount:i64`: text, uuid, i32 or i64 (indexed_text and
    /// indexed_uuid have an index), then `?` where the field may be absent, or `=0` where it is 0 then.
    #[arg(long, value_name = "NAME:TYPE,…", value_delimiter = ',')]
    own: Vec<Field>,
    /// What can be done.
    #[arg(long, value_delimiter = ',', default_values = ["CREATED", "UPDATED", "DELETED"])]
    actions: Vec<String>,
    /// What the log is the log of, in a few words [default: <name>s].
    #[arg(long, value_name = "WORDS")]
    about: Option<String>,
    /// The workspace.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    root: PathBuf,
}

impl Args {
    fn domain(&self) -> NewDomain {
        let mut domain = NewDomain::named(&self.name, chrono::Utc::now().date_naive());
        if let Some(table) = &self.table {
            domain.domain.table.clone_from(table);
        }
        if let Some(id) = &self.id {
            // In every domain, an event without a resource is stored.
            domain.id = Field { absent: Absent::Null, ..id.clone() };
        }
        if let Some(about) = &self.about {
            domain.about.log.clone_from(about);
            domain.about.things.clone_from(about);
        }
        domain.own.clone_from(&self.own);
        domain.actions.clone_from(&self.actions);
        domain
    }
}

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
    let domain = args.domain();
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
    if !knows_the_crate(args) {
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
4. Add a line to CHANGELOG.md. A colour in crates/audit-web/src/page/assets/style.css, and a name in both languages in
   crates/audit-web/src/page/texts/names.rs, if the page should not show the domain in grey by its own name.
5. just test"
    )
}
