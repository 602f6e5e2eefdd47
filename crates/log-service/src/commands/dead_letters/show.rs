use std::{fmt::Write as _, process::ExitCode};

use audit_core::terminal::visible;
use audit_dead_letters::{DeadLetter, Selection};
use chrono_tz::Tz;

use super::Desk;
use crate::{
    cli::{ShowArgs, ShowFormat},
    commands::{
        CommandResult, print,
        reading::{note, time},
    },
};

pub(super) async fn show(desk: &Desk<'_>, args: &ShowArgs) -> CommandResult {
    let selection = Selection { ids: [args.id].into(), ..Selection::default() };
    let found = desk.dead_letters.find(&selection).await?;
    desk.record("DEAD_LETTER", args, u64::from(found.is_some())).await?;
    let Some((letter, count)) = found else {
        return Err(format!(
            "there is no dead letter {}; another command may hold it at the moment",
            args.id
        )
        .into());
    };
    match args.format {
        ShowFormat::Json => print(desk.dead_letters.line(&letter))?,
        ShowFormat::Text => print(text(&letter, desk.reading.zone(None)))?,
    };
    if count > 1 {
        note(&format!("{count} have this id: the same message, sent more than once"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything of a dead letter, on lines that a terminal can't mistake for anything else.
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
        ("put back before", letter.replays.to_string()),
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
