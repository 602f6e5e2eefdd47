use audit_query::{InvalidParam, QueryError};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

use crate::{auth::Refusal, budget::Spent};

/// Why a request was not answered (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is; `about:blank`: the status says it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    #[serde(serialize_with = "number")]
    #[schema(value_type = u16, minimum = 400, maximum = 599)]
    status: StatusCode,
    /// What was wrong, and what to do.
    detail: String,
    /// Each parameter that can't be understood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ParamProblem>,
    #[serde(skip)]
    header: Option<Box<(HeaderName, HeaderValue)>>,
    /// The budget that was too small, for the page's own words.
    #[serde(skip)]
    spent: Option<Box<Spent>>,
}

/// A parameter that can't be understood.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ParamProblem {
    /// Its name.
    pub(crate) parameter: String,
    /// What it takes.
    pub(crate) expected: String,
}

impl From<InvalidParam> for ParamProblem {
    fn from(InvalidParam { name, expected }: InvalidParam) -> Self {
        Self { parameter: name, expected }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem");
        let detail = detail.into();
        Self { kind: "about:blank", title, status, detail, errors: Vec::new(), header: None, spent: None }
    }

    pub(crate) fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some(Box::new((name, value))), ..self }
    }

    pub(crate) fn of_budget(self, spent: Spent) -> Self {
        Self { spent: Some(Box::new(spent)), ..self }
    }

    pub(crate) fn params(errors: Vec<ParamProblem>) -> Self {
        let told: Vec<_> =
            errors.iter().map(|error| format!("{}: expected {}", error.parameter, error.expected)).collect();
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, told.join("; ")) }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Nothing is wrong with the request: the same may well be answered later.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        problem.with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// The reader asks for too much at the same time.
    pub(crate) fn too_many(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, detail);
        problem.with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn spent(&self) -> Option<Spent> {
        self.spent.as_deref().copied()
    }

    pub(crate) fn errors(&self) -> &[ParamProblem] {
        &self.errors
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::TooMany { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
            QueryError::TimedOut(_) => Self::unavailable(error.to_string()),
            QueryError::Unavailable(_) => {
                error!(%error, "a question can't be answered");
                Self::unavailable("the database can't be asked at the moment; try again later")
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self { header: refusal.header().map(Box::new), ..Self::new(refusal.status(), refusal.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        if let Some(header) = self.header {
            let (name, value) = *header;
            response.headers_mut().insert(name, value);
        }
        response
    }
}
