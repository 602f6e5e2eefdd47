//! Errors in the reader's language. Programs get the same errors as a [`Problem`](audit_web::Problem).

use audit_auth::{AuthRejection, Permission};
use audit_query::{AFTER_FROM, InvalidParam, ONE_VALUE, QueryError};
use audit_web::{Allowance, BudgetExceeded, DeadLettersError, NotFound, RequestError};
use maud::{Markup, html};

use crate::{
    components::{notice, time::plain},
    local_url::LocalUrl,
    texts::grouped,
    view::ViewContext,
};

/// A title, and what the reader can do.
pub(crate) type Message = (&'static str, String);

/// Explains an error.
pub(crate) fn message(view: ViewContext, error: &RequestError) -> Message {
    let (texts, common) = (&view.texts.error, &view.texts.common);
    let (title, body) = match error {
        RequestError::Rejected(rejection) => return rejected(view, *rejection),
        RequestError::Forbidden(permission) => (texts.forbidden_title, forbidden(view, *permission)),
        RequestError::CrossSite(_) => (texts.cross_site_title, texts.cross_site_body),
        RequestError::InvalidParams(_)
        | RequestError::UnreadableBody
        | RequestError::BodyTooLarge
        | RequestError::UnsupportedMediaType => (texts.invalid_title, common.error_check_fields),
        RequestError::NotFound(missing) => not_found(view, *missing),
        RequestError::MethodNotAllowed(_) => (texts.method_title, texts.method_body),
        RequestError::Query(QueryError::TooMany { .. }) | RequestError::LetterTooLarge { .. } => {
            (texts.too_many_title, texts.too_many_body)
        }
        RequestError::Query(QueryError::TimedOut(limit)) => {
            return (texts.timeout_title, (texts.timeout_body)(&limit.as_secs().to_string()));
        }
        RequestError::Query(QueryError::Unavailable(_))
        | RequestError::NotRecorded
        | RequestError::BudgetUnavailable => (texts.unavailable_title, texts.unavailable_body),
        RequestError::DeadLetters(error) => return dead_letters(view, *error),
        RequestError::BudgetExceeded(BudgetExceeded { allowance, .. }) => {
            let Allowance { rows, left, renewed } = *allowance;
            let at = plain(view, renewed);
            return (texts.spent_title, (texts.spent_body)(&grouped(rows), &grouped(left), &at));
        }
        RequestError::LimitReached(_) => (texts.at_once_title, texts.at_once_body),
        RequestError::MemoryExhausted(_) => (texts.crowded_title, texts.crowded_body),
        RequestError::ExportFailed(_)
        | RequestError::TooManyConnections
        | RequestError::TimedOut
        | RequestError::Stopping
        | RequestError::Internal => (texts.internal_title, texts.internal_body),
    };
    (title, body.to_owned())
}

fn forbidden(view: ViewContext, permission: Permission) -> &'static str {
    let texts = &view.texts.error;
    match permission {
        Permission::Read => texts.forbidden_read,
        Permission::Operate => texts.forbidden_ops,
        Permission::Export | Permission::ReadAccessLog => texts.forbidden_auditor,
    }
}

fn not_found(view: ViewContext, missing: NotFound) -> (&'static str, &'static str) {
    let (error, event, dead_letters) = (&view.texts.error, &view.texts.event, &view.texts.dead_letters);
    match missing {
        NotFound::Address => (error.no_page_title, error.no_page_body),
        NotFound::Domain | NotFound::Event => (event.not_found_title, event.not_found_body),
        NotFound::DeadLetter => (dead_letters.not_found_title, dead_letters.not_found_body),
    }
}

fn dead_letters(view: ViewContext, error: DeadLettersError) -> Message {
    let texts = &view.texts.dead_letters;
    let (title, body) = match error {
        DeadLettersError::Busy => (texts.busy_title, texts.busy_body),
        DeadLettersError::TimedOut => (texts.too_long_title, texts.too_long_body),
        DeadLettersError::NotKept => (texts.not_kept_title, texts.not_kept_body),
        DeadLettersError::Broker { done } => {
            return (texts.broker_title, (texts.broker_body)(&grouped(done)));
        }
    };
    (title, body.to_owned())
}

/// Explains why a reader is not authenticated.
pub(crate) fn rejected(view: ViewContext, rejection: AuthRejection) -> Message {
    let texts = &view.texts.error;
    let (title, body) = match rejection {
        AuthRejection::Missing => (texts.unknown_title, texts.unknown_body),
        AuthRejection::Invalid => (texts.wrong_token_title, texts.wrong_token_body),
        AuthRejection::TooLong => (texts.too_long_title, texts.too_long_body),
        AuthRejection::Throttled { retry_after } => {
            let seconds = (retry_after.as_secs() + 1).to_string();
            return (texts.throttled_title, (texts.throttled_body)(&seconds));
        }
        AuthRejection::Unavailable => (texts.no_keys_title, texts.no_keys_body),
        AuthRejection::NotLocal => (texts.not_local_title, texts.not_local_body),
        AuthRejection::Proxied => (texts.proxied_title, texts.proxied_body),
        AuthRejection::CrossSite => (texts.cross_site_title, texts.cross_site_body),
        AuthRejection::UnclearAddress(_) => (texts.unplaced_title, texts.unplaced_body),
    };
    (title, body.to_owned())
}

/// What is wrong with one parameter.
pub(crate) fn of_param(view: ViewContext, error: &RequestError, name: &str) -> Option<String> {
    match error {
        RequestError::InvalidParams(invalid) => {
            invalid.iter().find(|invalid| invalid.name == name).map(|invalid| expected(view, invalid))
        }
        _ => None,
    }
}

/// What a parameter takes, in the reader's language where there is a text for it.
pub(crate) fn expected(view: ViewContext, invalid: &InvalidParam) -> String {
    let common = &view.texts.common;
    let text = match (invalid.name.as_str(), invalid.expected.as_str()) {
        (_, ONE_VALUE) => common.error_twice,
        ("to", AFTER_FROM) => common.error_range,
        ("from" | "to", _) => common.error_time,
        ("tz", _) => common.error_zone,
        ("cursor", _) => common.error_cursor,
        (_, expected) if expected.starts_with("only these parameters") => common.error_unknown,
        (_, "a UUID") => common.error_uuid,
        (_, "a whole number") => common.error_number,
        (_, other) => return (common.error_expected)(other),
    };
    text.to_owned()
}

/// Shows an error within a page. `again` is the URL to try again.
pub(crate) fn error_notice(view: ViewContext, error: &RequestError, again: &LocalUrl) -> Markup {
    let (title, body) = message(view, error);
    let texts = &view.texts.error;
    notice::alert(html! {
        p { strong { (title) } }
        p { (body) }
        @if let RequestError::InvalidParams(invalid) = error {
            ul { @for param in invalid { li { (param.name) ": " (expected(view, param)) } } }
        }
        @if error.is_temporary() { div.actions { a.btn href=(again) { (texts.try_again) } } }
        @if let RequestError::NotFound(NotFound::Address) = error {
            div.actions { a.btn href="/" { (texts.to_start) } }
        }
    })
}
