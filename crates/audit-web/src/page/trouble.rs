use std::time::Duration;

use audit_query::{InvalidParam, QueryError};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{
    address::Address,
    frame,
    parts::{notice, time::plain},
    texts::grouped,
    visit::{Look, Page},
};
use crate::{
    answers::Crowded,
    asking::Asking,
    auth::{Permission, Refusal},
    budget::{Allowance, Spent},
    dead_letters::Failure,
    problem::{ParamProblem, Problem},
};

/// Why a page has no answer. A [`Problem`] says it to programs; this says it in the reader's language.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Parameters that can't be understood.
    Params(Vec<ParamProblem>),
    /// The time ends before it begins.
    EmptyRange,
    /// The reader may not.
    Forbidden(Permission),
    /// Nobody is known to be reading.
    Refused(Refusal),
    /// There is no such event.
    NoEvent,
    /// The answer would be too long.
    TooMany,
    /// It took too long.
    TimedOut(Duration),
    /// The database does not answer, or the read can't be recorded there.
    Unavailable,
    /// Too many answers are on their way.
    Crowded,
    /// The reader's rows of the day are not enough.
    Spent(Spent),
    /// The reader asks too much at the same time.
    TooManyAtOnce,
    /// What keeps dead letters from being looked at or repaired.
    DeadLetters(Failure),
}

impl From<QueryError> for Trouble {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::TooMany { .. } => Self::TooMany,
            QueryError::TimedOut(limit) => Self::TimedOut(limit),
            QueryError::Unavailable(_) => {
                // Logged there.
                let _ = Problem::from(error);
                Self::Unavailable
            }
        }
    }
}

impl From<Crowded> for Trouble {
    fn from(_: Crowded) -> Self {
        Self::Crowded
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        if let Some(spent) = problem.spent() {
            return Self::Spent(spent);
        }
        match problem.status() {
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyAtOnce,
            StatusCode::BAD_REQUEST => Self::Params(problem.errors().to_vec()),
            StatusCode::NOT_FOUND => Self::NoEvent,
            _ => Self::Unavailable,
        }
    }
}

impl From<InvalidParam> for Trouble {
    fn from(invalid: InvalidParam) -> Self {
        Self::Params(vec![invalid.into()])
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Params(problems) => Self::Params(problems),
            Failure::Unrecorded(_) => Self::Unavailable,
            other => Self::DeadLetters(other),
        }
    }
}

impl Trouble {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Params(_) | Self::EmptyRange => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) | Self::DeadLetters(Failure::CrossSite) => StatusCode::FORBIDDEN,
            Self::Refused(refusal) => refusal.status(),
            Self::NoEvent | Self::DeadLetters(Failure::NoLetter) => StatusCode::NOT_FOUND,
            Self::TooMany => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Spent(_) | Self::TooManyAtOnce => StatusCode::TOO_MANY_REQUESTS,
            Self::TimedOut(_) | Self::Unavailable | Self::Crowded | Self::DeadLetters(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// What goes with the status.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Refused(refusal) => refusal.header(),
            Self::Spent(spent) => Some(spent.allowance.retry_after()),
            Self::TooManyAtOnce => Some((header::RETRY_AFTER, HeaderValue::from_static("5"))),
            Self::Unavailable | Self::Crowded | Self::DeadLetters(_)
                if self.status() == StatusCode::SERVICE_UNAVAILABLE =>
            {
                Some((header::RETRY_AFTER, HeaderValue::from_static("5")))
            }
            _ => None,
        }
    }

    /// What is wrong, and what to do.
    fn words(&self, look: Look) -> (&'static str, String) {
        let (texts, common) = (&look.texts.trouble, &look.texts.common);
        let (title, body) = match self {
            Self::Params(_) => (texts.invalid_title, common.error_check_fields),
            Self::EmptyRange => (texts.invalid_title, common.error_range),
            Self::Forbidden(Permission::Read) => (texts.forbidden_title, texts.forbidden_read),
            Self::Forbidden(Permission::Operate) => (texts.forbidden_title, texts.forbidden_ops),
            Self::Forbidden(_) => (texts.forbidden_title, texts.forbidden_auditor),
            Self::Refused(refusal) => return refused(look, *refusal),
            Self::NoEvent => (look.texts.event.not_found_title, look.texts.event.not_found_body),
            Self::TooMany => (texts.too_many_title, texts.too_many_body),
            Self::TimedOut(limit) => {
                return (texts.timeout_title, (texts.timeout_body)(&limit.as_secs().to_string()));
            }
            Self::Crowded => (texts.crowded_title, texts.crowded_body),
            Self::TooManyAtOnce => (texts.at_once_title, texts.at_once_body),
            Self::Spent(spent) => {
                let Allowance { rows, left, renewed } = spent.allowance;
                let at = plain(look, renewed);
                return (texts.spent_title, (texts.spent_body)(&grouped(rows), &grouped(left), &at));
            }
            Self::Unavailable => (texts.unavailable_title, texts.unavailable_body),
            Self::DeadLetters(failure) => return dead_letters(look, failure),
        };
        (title, body.to_owned())
    }

    /// What is wrong with one parameter.
    pub(crate) fn with(&self, look: Look, parameter: &str) -> Option<String> {
        match self {
            Self::Params(problems) => problems
                .iter()
                .find(|problem| problem.parameter == parameter)
                .map(|problem| expected(look, problem)),
            Self::EmptyRange if parameter == "from" => Some(look.texts.common.error_range.to_owned()),
            _ => None,
        }
    }

    /// The words within a page that has more to say; `again` leads to another attempt.
    pub(crate) fn notice(&self, look: Look, again: &Address) -> Markup {
        let (title, body) = self.words(look);
        let is_passing = self.status() == StatusCode::SERVICE_UNAVAILABLE;
        notice::alert(html! {
            p { strong { (title) } }
            p { (body) }
            @if let Self::Params(problems) = self {
                ul { @for problem in problems { li { (problem.parameter) ": " (expected(look, problem)) } } }
            }
            @if is_passing { div.actions { a.btn href=(again) { (look.texts.trouble.try_again) } } }
        })
    }

    /// A page that has nothing else to say.
    pub(super) fn answer(&self, look: Look, asking: Option<&Asking>, here: &Address) -> Response {
        let (title, _) = self.words(look);
        let body = html! {
            h1.vh { (title) }
            (self.notice(look, here))
        };
        let page = Page { status: self.status(), title: title.to_owned(), place: None, body, room: None };
        let mut response = (self.status(), frame::whole(look, asking, here, &page)).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What keeps dead letters from being looked at or repaired, and what to do.
fn dead_letters(look: Look, failure: &Failure) -> (&'static str, String) {
    let (texts, trouble) = (&look.texts.dead_letters, &look.texts.trouble);
    let (title, body) = match failure {
        Failure::NoLetter => (texts.not_found_title, texts.not_found_body),
        Failure::CrossSite => (trouble.cross_site_title, trouble.cross_site_body),
        Failure::Busy => (texts.busy_title, texts.busy_body),
        Failure::TooLong => (texts.too_long_title, texts.too_long_body),
        Failure::NotKept => (texts.not_kept_title, texts.not_kept_body),
        Failure::Broker(done) => return (texts.broker_title, (texts.broker_body)(&grouped(*done))),
        Failure::Params(_) => (trouble.invalid_title, look.texts.common.error_check_fields),
        Failure::Unrecorded(_) => (trouble.unavailable_title, trouble.unavailable_body),
    };
    (title, body.to_owned())
}

/// Why nobody is known, and what to do.
pub(super) fn refused(look: Look, refusal: Refusal) -> (&'static str, String) {
    let texts = &look.texts.trouble;
    let (title, body) = match refusal {
        Refusal::Missing => (texts.unknown_title, texts.unknown_body),
        Refusal::Invalid => (texts.wrong_token_title, texts.wrong_token_body),
        Refusal::TooLong => (texts.too_long_title, texts.too_long_body),
        Refusal::Throttled { retry_after } => {
            let seconds = (retry_after.as_secs() + 1).to_string();
            return (texts.throttled_title, (texts.throttled_body)(&seconds));
        }
        Refusal::Unavailable => (texts.no_keys_title, texts.no_keys_body),
        Refusal::NotLocal => (texts.not_local_title, texts.not_local_body),
        Refusal::Proxied => (texts.proxied_title, texts.proxied_body),
        Refusal::CrossSite => (texts.cross_site_title, texts.cross_site_body),
        Refusal::Unplaced(_) => (texts.unplaced_title, texts.unplaced_body),
    };
    (title, body.to_owned())
}

/// What a parameter takes, in the reader's language where there are words for it.
pub(crate) fn expected(look: Look, problem: &ParamProblem) -> String {
    let common = &look.texts.common;
    let words = match (problem.parameter.as_str(), problem.expected.as_str()) {
        ("from" | "to", _) => common.error_time,
        ("tz", _) => common.error_zone,
        ("cursor", _) => common.error_cursor,
        (_, expected) if expected.starts_with("only these parameters") => common.error_unknown,
        (_, "a UUID") => common.error_uuid,
        (_, "a whole number") => common.error_number,
        (_, other) => return (common.error_expected)(other),
    };
    words.to_owned()
}
