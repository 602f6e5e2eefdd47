use audit_auth::{AuthRejection, CrossSite, Permission};
use audit_query::{InvalidParam, QueryError};
use axum::{
    extract::rejection::{BytesRejection, FailedToBufferBody, RawFormRejection},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
};
use tracing::error;

use crate::{concurrency::LimitReached, response_memory::MemoryExhausted, row_budget::BudgetExceeded};

/// Why a request has no answer. Programs get it as a [`Problem`](crate::Problem), people as a page.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The reader is not authenticated.
    #[error(transparent)]
    Rejected(#[from] AuthRejection),
    /// The reader's roles don't grant the permission.
    #[error("this needs the role {}", roles_with(*.0))]
    Forbidden(Permission),
    /// Another site made a browser send a change.
    #[error(transparent)]
    CrossSite(#[from] CrossSite),
    /// Parameters are invalid.
    #[error("{}", joined(.0))]
    InvalidParams(Vec<InvalidParam>),
    /// What was asked for does not exist.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The address exists, but not for this method.
    #[error("{0} is not possible here")]
    MethodNotAllowed(Method),
    /// The body is incomplete.
    #[error("the body can't be read")]
    UnreadableBody,
    /// The body is longer than any valid one.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body is neither JSON nor a form.
    #[error("send JSON, or a form (application/x-www-form-urlencoded)")]
    UnsupportedMediaType,
    /// The log could not be queried.
    #[error("{}", without_details(.0))]
    Query(#[from] QueryError),
    /// A dead letter is larger than an answer may be.
    #[error("its body has {bytes} bytes, and an answer at most {max}: export it instead")]
    LetterTooLarge {
        /// The size of its body.
        bytes: usize,
        /// The size of the largest answer.
        max: usize,
    },
    /// Dead letters could not be inspected or repaired.
    #[error(transparent)]
    DeadLetters(#[from] DeadLettersError),
    /// The access could not be recorded. The reason is in the log.
    #[error("the read can't be recorded, so it is refused; try again later")]
    NotRecorded,
    /// The reader's row budget does not suffice.
    #[error(transparent)]
    BudgetExceeded(#[from] BudgetExceeded),
    /// The reader's row budget could not be looked up. The reason is in the log.
    #[error("it can't be found out how many rows are left; try again later")]
    BudgetUnavailable,
    /// There is too much going on at the same time.
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
    /// Other responses use all the memory.
    #[error(transparent)]
    MemoryExhausted(#[from] MemoryExhausted),
    /// An export could not start.
    #[error("{0}")]
    ExportFailed(String),
    /// There are too many open connections.
    #[error("too many connections are open; try again later")]
    TooManyConnections,
    /// The handler took too long.
    #[error("the answer took too long")]
    TimedOut,
    /// The service is shutting down.
    #[error("the service is stopping")]
    Stopping,
    /// The handler has panicked.
    #[error("something is wrong with this service")]
    Internal,
}

/// What does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// The address.
    #[error("there is nothing at this address; the API is described at /api")]
    Address,
    /// The domain.
    #[error("there is no such domain")]
    Domain,
    /// The event.
    #[error("there is no such event")]
    Event,
    /// The dead letter, or somebody else holds it at the moment.
    #[error("there is no such dead letter")]
    DeadLetter,
}

impl From<InvalidParam> for RequestError {
    fn from(invalid: InvalidParam) -> Self {
        Self::InvalidParams(vec![invalid])
    }
}

impl From<BytesRejection> for RequestError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => Self::BodyTooLarge,
            _ => Self::UnreadableBody,
        }
    }
}

impl From<RawFormRejection> for RequestError {
    fn from(rejection: RawFormRejection) -> Self {
        match rejection {
            RawFormRejection::BytesRejection(rejection) => rejection.into(),
            _ => Self::UnsupportedMediaType,
        }
    }
}

impl RequestError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Rejected(rejection) => rejection.status(),
            Self::Forbidden(_) | Self::CrossSite(_) => StatusCode::FORBIDDEN,
            Self::InvalidParams(_) | Self::UnreadableBody => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Query(QueryError::TooMany { .. }) | Self::LetterTooLarge { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::BudgetExceeded(_)
            | Self::LimitReached(LimitReached::Reader(_) | LimitReached::Address(_)) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Query(QueryError::TimedOut(_) | QueryError::Unavailable(_))
            | Self::DeadLetters(_)
            | Self::NotRecorded
            | Self::BudgetUnavailable
            | Self::LimitReached(LimitReached::All(_))
            | Self::MemoryExhausted(_)
            | Self::ExportFailed(_)
            | Self::TooManyConnections
            | Self::TimedOut
            | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The header that belongs to the status.
    #[must_use]
    pub fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Rejected(rejection) => rejection.header(),
            Self::BudgetExceeded(exceeded) => Some(exceeded.allowance.retry_after()),
            _ => match self.status() {
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                    Some((header::RETRY_AFTER, HeaderValue::from_static("5")))
                }
                _ => None,
            },
        }
    }

    /// Logs what operators need to know and readers are not told. For whoever renders the error.
    pub fn log(&self) {
        if let Self::Query(error @ QueryError::Unavailable(_)) = self {
            error!(%error, "a question can't be answered");
        }
    }
}

fn roles_with(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "support or auditor",
        Permission::Export | Permission::ReadAccessLog => "auditor",
        Permission::Operate => "ops or auditor",
    }
}

fn joined(params: &[InvalidParam]) -> String {
    params.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The database's own words are for the log.
fn without_details(error: &QueryError) -> String {
    match error {
        QueryError::TooMany { .. } | QueryError::TimedOut(_) => error.to_string(),
        QueryError::Unavailable(_) => "the database can't be asked at the moment; try again later".to_owned(),
    }
}

/// Why dead letters were not inspected or repaired, or not all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadLettersError {
    /// Somebody else is inspecting or repairing them.
    #[error("the dead letters are being looked at by somebody else; try again later")]
    Busy,
    /// The time limit was reached.
    #[error("there are so many dead letters that it took too long; choose a domain, or use the command line")]
    TimedOut,
    /// Discarded letters can't be written to a file. The reason is in the log.
    #[error("what is discarded can't be kept on the server, so it stays; the service's log says why")]
    NotKept,
    /// The broker has failed. The reason is in the log.
    #[error("the broker can't be asked at the moment ({done} were dealt with before); try again later")]
    Broker {
        /// How many were repaired before.
        done: u64,
    },
}
