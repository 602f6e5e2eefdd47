use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audit_auth::{AuthRejection, Reader};
use audit_query::AccessRecord;
use axum::http::{StatusCode, request::Parts};
use uuid::Uuid;

use crate::{concurrency::Slot, row_budget::Allowance};

/// What is known about a request while it is answered.
#[derive(Clone, Debug, Default)]
pub struct RequestContext(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    /// What was recorded as answered.
    accesses: Vec<AccessRecord>,
    allowance: Option<Allowance>,
    slot: Option<Slot>,
    reader: Option<Reader>,
    rejection: Option<AuthRejection>,
}

impl RequestContext {
    /// The context of a request.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Notes an access that is recorded as answered. If the response is cut off, that will be recorded, too.
    pub(crate) fn note_access(&self, access: AccessRecord) {
        self.notes().accesses.push(access);
    }

    /// Takes back an access that could not be recorded.
    pub(crate) fn forget_access(&self, id: Uuid) {
        self.notes().accesses.retain(|access| access.id != id);
    }

    pub(crate) fn take_accesses(&self) -> Vec<AccessRecord> {
        std::mem::take(&mut self.notes().accesses)
    }

    pub(crate) fn note_reader(&self, reader: &Reader) {
        self.notes().reader = Some(reader.clone());
    }

    pub(crate) fn reader(&self) -> Option<Reader> {
        self.notes().reader.clone()
    }

    /// Notes why the request was not authenticated.
    pub fn note_rejection(&self, rejection: AuthRejection) {
        self.notes().rejection = Some(rejection);
    }

    /// Holds the reader's slot until the response has been sent.
    pub(crate) fn keep_slot(&self, slot: Slot) {
        self.notes().slot = Some(slot);
    }

    /// Notes what is left of the reader's row budget.
    pub(crate) fn note_allowance(&self, allowance: Allowance) {
        self.notes().allowance = Some(allowance);
    }

    /// What is left of the reader's row budget, if he has one.
    #[must_use]
    pub fn allowance(&self) -> Option<Allowance> {
        self.notes().allowance
    }

    /// The status to record, if the request was rejected. Readers who have yet to sign in, or who have followed a link, are
    /// not rejected, but asked to go on.
    pub(crate) fn rejected_status(&self, answered: StatusCode) -> Option<StatusCode> {
        match self.notes().rejection {
            Some(AuthRejection::Missing | AuthRejection::Unavailable) => None,
            Some(AuthRejection::CrossSite) if answered.is_success() => None,
            Some(rejection) => Some(rejection.status()),
            None => {
                matches!(answered, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS).then_some(answered)
            }
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // Each update is complete on its own, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
