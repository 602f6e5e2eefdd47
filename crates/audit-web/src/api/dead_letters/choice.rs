//! Which dead letters are meant.

use audit_dead_letters::{DeadLetters, LetterId, Selection};
use audit_query::MOST_VALUES;
use axum::{
    body::Bytes,
    extract::{
        FromRequest, Request,
        rejection::{BytesRejection, FailedToBufferBody},
    },
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::{
    app::App,
    dead_letters::Failure,
    params::Params,
    problem::{ParamProblem, Problem},
};

/// The longest reason that can be asked for, in characters.
pub(in crate::api) const LONGEST_REASON: usize = 100;

/// Which dead letters to repair. Several values of one kind mean any of them; different kinds must all hold. All are
/// meant only where `all` says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::api) struct LetterChoice {
    /// Those of these domains.
    domains: Vec<String>,
    /// Those for these reasons.
    reasons: Vec<String>,
    /// Those with these ids.
    ids: Vec<String>,
    /// All of them that the other fields leave.
    all: bool,
    /// To put back: those too that were put back before.
    again: bool,
}

impl LetterChoice {
    pub(in crate::api) fn again(&self) -> bool {
        self.again
    }

    /// What was asked, for the record.
    pub(in crate::api) fn question(&self) -> Json {
        let Self { domains, reasons, ids, all, again } = self;
        json!({ "domains": domains, "reasons": reasons, "ids": ids, "all": all, "again": again })
    }

    fn of_json(body: &[u8]) -> Result<Self, Problem> {
        // An object: serde would take a list of the fields' values as well.
        let fields = serde_json::from_slice::<Map<String, Json>>(body);
        let choice = fields.and_then(|fields| serde_json::from_value(Json::Object(fields)));
        choice.map_err(|error| {
            let expected = format!("a choice of dead letters as JSON: {error}");
            Problem::params(vec![ParamProblem { parameter: "body".to_owned(), expected }])
        })
    }

    /// The choice of a form; its names are those of the fields.
    fn of_form(form: &Params) -> Result<Self, Problem> {
        form.only(&["domains", "reasons", "ids", "all", "again"])?;
        let all = |name| form.all(name).map(str::to_owned).collect();
        Ok(Self {
            domains: all("domains"),
            reasons: all("reasons"),
            ids: all("ids"),
            all: form.flag("all")?,
            again: form.flag("again")?,
        })
    }

    /// What is chosen; nothing is a mistake.
    pub(in crate::api) fn selection(&self, letters: &DeadLetters) -> Result<Selection, Failure> {
        let selection = selection(
            letters,
            [("domains", &self.domains), ("reasons", &self.reasons), ("ids", &self.ids)]
                .map(|(name, values)| (name, values.iter().map(String::as_str).collect())),
        )?;
        if selection.is_everything() && !self.all {
            let expected = "true, where neither `domains` nor `reasons` nor `ids` choose some".to_owned();
            return Err(Failure::Params(vec![ParamProblem { parameter: "all".to_owned(), expected }]));
        }
        Ok(selection)
    }
}

/// A form of the page: what is chosen, whether those too that were put back before, and the question for the record.
pub(crate) fn chosen(letters: &DeadLetters, form: &Params) -> Result<(Selection, bool, Json), Failure> {
    let choice = LetterChoice::of_form(form).map_err(|problem| Failure::Params(problem.errors().to_vec()))?;
    Ok((choice.selection(letters)?, choice.again, choice.question()))
}

/// The selection that an address asks for.
pub(crate) fn selection_of(letters: &DeadLetters, params: &Params) -> Result<Selection, Failure> {
    params.check_number().map_err(|problem| Failure::Params(problem.errors().to_vec()))?;
    selection(letters, ["domain", "reason", "id"].map(|name| (name, params.all(name).collect())))
}

/// The selection that values of domains, reasons and ids make, each with the name that it is asked for by.
fn selection(letters: &DeadLetters, values: [(&str, Vec<&str>); 3]) -> Result<Selection, Failure> {
    let mut errors = Vec::new();
    let mut wrong = |parameter: &str, expected: String| {
        errors.push(ParamProblem { parameter: parameter.to_owned(), expected });
    };
    let mut selection = Selection::default();
    for (name, values) in &values {
        if values.len() > MOST_VALUES {
            wrong(name, format!("at most {MOST_VALUES} values"));
        }
    }
    let [(domain, domains), (reason, reasons), (id, ids)] = values;
    for name in domains {
        if let Some(known) = letters.domain(name) {
            selection.domains.insert(known);
        } else {
            let names: Vec<_> = letters.domains().iter().map(|domain| domain.name()).collect();
            wrong(domain, format!("one of {}", names.join(", ")));
        }
    }
    for code in reasons {
        let is_code =
            (1..=LONGEST_REASON).contains(&code.chars().count()) && !code.contains(char::is_control);
        if is_code {
            selection.reasons.insert(code.to_owned());
        } else {
            wrong(reason, format!("a code of 1 to {LONGEST_REASON} characters"));
        }
    }
    for text in ids {
        match text.parse::<LetterId>() {
            Ok(known) => _ = selection.ids.insert(known),
            Err(error) => wrong(id, error.to_string().replace("expected ", "")),
        }
    }
    if errors.is_empty() { Ok(selection) } else { Err(Failure::Params(errors)) }
}

impl FromRequest<App> for LetterChoice {
    type Rejection = Problem;

    /// JSON or a form; sent by a program, or by this site's own page.
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        app.auth().check_site(&headers).map_err(|_| Failure::CrossSite)?;
        let body = Bytes::from_request(request, app).await.map_err(|rejection| unreadable(&rejection))?;
        match media(&headers) {
            "application/json" => Self::of_json(&body),
            "application/x-www-form-urlencoded" => {
                Self::of_form(&Params::of(&String::from_utf8_lossy(&body)))
            }
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send JSON, or a form (application/x-www-form-urlencoded)",
            )),
        }
    }
}

fn media(headers: &HeaderMap) -> &str {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "the body can't be read"),
    }
}
