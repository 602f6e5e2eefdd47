use std::{fmt::Write as _, process::ExitCode};

use audit_core::terminal::visible;
use audit_dead_letters::{DeadLetter, LetterId, Selection};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};

use super::session::DeadLetterSession;
use crate::{
    context::Context,
    exit::CommandResult,
    reading::time,
    terminal::{note, print},
};

/// Show a dead letter with its headers and body.
#[derive(Debug, Args, Serialize)]
pub(super) struct ShowArgs {
    /// The id that `list` shows.
    #[serde(serialize_with = "as_text")]
    id: LetterId,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: ShowFormat,
}

/// What one dead letter looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum ShowFormat {
    /// For people.
    #[default]
    Text,
    /// One object, as in an export.
    Json,
}

fn as_text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

pub(super) async fn show(context: &Context<'_>, args: &ShowArgs) -> CommandResult {
    let session = DeadLetterSession::open(context).await?;
    let selection = Selection { ids: [args.id].into(), ..Selection::default() };
    let found = session.find(&selection).await?;
    let Some((letter, line, count)) = session.release(found, args).await? else {
        return Err(format!(
            "there is no dead letter {}; another command may be using it right now",
            args.id
        )
        .into());
    };
    match args.format {
        ShowFormat::Json => print(line)?,
        ShowFormat::Text => print(text(&letter, session.zone()))?,
    };
    if count > 1 {
        note(&format!("{count} have this id: the same message was sent more than once"));
    }
    Ok(ExitCode::SUCCESS)
}

/// All parts of a dead letter, on lines that no terminal obeys.
fn text(letter: &DeadLetter, zone: Tz) -> String {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let facts = [
        ("domain", letter.domain.to_string()),
        ("id", letter.id.to_string()),
        (
            "time",
            letter.time.map_or_else(|| "unknown".to_owned(), |at| format!("{} ({zone})", time(at, zone))),
        ),
        ("reason", letter.reason.to_string()),
        ("field", known(&letter.field)),
        ("error", known(&letter.error)),
        ("exchange", letter.exchange.clone()),
        ("routing key", letter.routing_key.clone()),
        ("replayed", letter.replays.to_string()),
        ("bytes", letter.body.len().to_string()),
    ];
    let mut shown = String::new();
    for (name, fact) in facts {
        let _ = writeln!(shown, "{:<16} {}", format!("{name}:"), visible(&fact));
    }
    shown.push_str("\nheaders:\n");
    for (name, value) in letter.headers() {
        let _ = writeln!(shown, "  {}: {}", visible(&name), visible(&value.to_string()));
    }
    shown.push_str("\nbody:\n");
    for line in String::from_utf8_lossy(&letter.body).lines() {
        let _ = writeln!(shown, "{}", visible(line));
    }
    shown
}
