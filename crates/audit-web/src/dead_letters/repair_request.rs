//! Which dead letters a request selects.

use audit_dead_letters::{DeadLetters, LetterId, Selection};
use audit_query::{InvalidParam, MAX_VALUES};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::{error::RequestError, params::Params, state::AppState};

/// The maximum length of a reason.
pub const MAX_REASON_CHARS: usize = 100;

/// Which dead letters to repair. Several values of one kind mean any of them; different kinds must all hold. All are
/// meant only where `all` says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = LetterChoice)]
pub struct RepairRequest {
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

impl RepairRequest {
    /// Whether to replay those that were replayed before, too.
    #[must_use]
    pub fn again(&self) -> bool {
        self.again
    }

    /// The request as the access log records it.
    #[must_use]
    pub fn query(&self) -> Json {
        let Self { domains, reasons, ids, all, again } = self;
        json!({ "domains": domains, "reasons": reasons, "ids": ids, "all": all, "again": again })
    }

    fn from_json(body: &[u8]) -> Result<Self, InvalidParam> {
        // Only an object: serde would also accept a list of the fields' values.
        let fields = serde_json::from_slice::<Map<String, Json>>(body);
        let request = fields.and_then(|fields| serde_json::from_value(Json::Object(fields)));
        request
            .map_err(|error| InvalidParam::new("body", format!("a choice of dead letters as JSON: {error}")))
    }

    /// Reads a form. Its parameters have the names of the fields.
    pub fn from_form(form: &Params) -> Result<Self, RequestError> {
        form.require_only(&["domains", "reasons", "ids", "all", "again"])?;
        let all = |name| form.all(name).map(str::to_owned).collect();
        Ok(Self {
            domains: all("domains"),
            reasons: all("reasons"),
            ids: all("ids"),
            all: form.flag("all")?,
            again: form.flag("again")?,
        })
    }

    /// The selected letters. Fails if nothing is selected.
    pub fn selection(&self, letters: &DeadLetters) -> Result<Selection, RequestError> {
        let selection = select(
            letters,
            [("domains", &self.domains), ("reasons", &self.reasons), ("ids", &self.ids)]
                .map(|(name, values)| (name, values.iter().map(String::as_str).collect())),
        )?;
        if selection.is_everything() && !self.all {
            let expected = "true, where neither `domains` nor `reasons` nor `ids` choose some";
            return Err(InvalidParam::new("all", expected).into());
        }
        Ok(selection)
    }
}

/// The letters that a query string selects: all if it names none.
pub fn selection(letters: &DeadLetters, params: &Params) -> Result<Selection, RequestError> {
    params.require_few()?;
    select(letters, ["domain", "reason", "id"].map(|name| (name, params.all(name).collect())))
}

/// Selects letters by domains, reasons and ids, each with the name of its parameter.
fn select(letters: &DeadLetters, values: [(&str, Vec<&str>); 3]) -> Result<Selection, RequestError> {
    let mut errors = Vec::new();
    let mut wrong = |parameter: &str, expected: String| {
        errors.push(InvalidParam::new(parameter, expected));
    };
    let mut selection = Selection::default();
    for (name, values) in &values {
        if values.len() > MAX_VALUES {
            wrong(name, format!("at most {MAX_VALUES} values"));
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
            (1..=MAX_REASON_CHARS).contains(&code.chars().count()) && !code.contains(char::is_control);
        if is_code {
            selection.reasons.insert(code.to_owned());
        } else {
            wrong(reason, format!("a code of 1 to {MAX_REASON_CHARS} characters"));
        }
    }
    for text in ids {
        match text.parse::<LetterId>() {
            Ok(known) => _ = selection.ids.insert(known),
            Err(error) => wrong(id, error.to_string().replace("expected ", "")),
        }
    }
    if errors.is_empty() { Ok(selection) } else { Err(RequestError::InvalidParams(errors)) }
}

impl FromRequest<AppState> for RepairRequest {
    type Rejection = RequestError;

    /// Reads JSON or a form, sent by a program or by this site's own page.
    async fn from_request(request: Request, state: &AppState) -> Result<Self, RequestError> {
        let headers = request.headers().clone();
        state.auth().check_site(&headers)?;
        let body = Bytes::from_request(request, state).await?;
        match media_type(&headers) {
            "application/json" => Ok(Self::from_json(&body)?),
            "application/x-www-form-urlencoded" => {
                Self::from_form(&Params::parse(&String::from_utf8_lossy(&body)))
            }
            _ => Err(RequestError::UnsupportedMediaType),
        }
    }
}

fn media_type(headers: &HeaderMap) -> &str {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}
