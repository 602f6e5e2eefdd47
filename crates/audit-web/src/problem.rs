//! The error as programs get it. It is the default: the page renders its own.

use audit_query::InvalidParam;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::RequestError;

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
}

/// A parameter that can't be understood.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParamProblem {
    /// Its name.
    parameter: String,
    /// What it takes.
    expected: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "required by serde")]
fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl From<&RequestError> for Problem {
    fn from(error: &RequestError) -> Self {
        let status = error.status();
        let errors = match error {
            RequestError::InvalidParams(params) => params.iter().cloned().map(ParamProblem::from).collect(),
            _ => Vec::new(),
        };
        let title = status.canonical_reason().unwrap_or("Problem");
        Self { kind: "about:blank", title, status, detail: error.to_string(), errors }
    }
}

impl From<InvalidParam> for ParamProblem {
    fn from(InvalidParam { name, expected }: InvalidParam) -> Self {
        Self { parameter: name, expected }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        self.log();
        let mut response = (self.status(), Json(Problem::from(&self))).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
