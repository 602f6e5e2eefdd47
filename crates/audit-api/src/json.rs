use audit_web::{MemoryPermit, RequestError};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;

/// A large response as JSON. It is serialized in a blocking task, and holds its memory until it has been sent.
pub(crate) async fn json(
    memory: MemoryPermit,
    answer: impl Serialize + Send + 'static,
) -> Result<Response, RequestError> {
    let serialized = tokio::task::spawn_blocking(move || serde_json::to_vec(&answer)).await;
    match serialized.map_err(serde::ser::Error::custom).flatten() {
        Ok(json) => {
            let json_type = HeaderValue::from_static("application/json");
            Ok(([(header::CONTENT_TYPE, json_type)], memory.body(json)).into_response())
        }
        Err(error) => {
            error!(%error, "an answer can't be written");
            Err(RequestError::Stopping)
        }
    }
}
