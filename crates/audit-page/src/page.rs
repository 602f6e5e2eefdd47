use audit_web::{MemoryPermit, RequestError};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use maud::Markup;

use crate::nav_item::NavItem;

/// The content of a page, around which the frame is put.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) body: Markup,
    /// Its item in the navigation.
    pub(crate) nav_item: Option<NavItem>,
    pub(crate) status: StatusCode,
    /// The header that belongs to the status.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    /// The memory of its response.
    pub(crate) memory: Option<MemoryPermit>,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), body, nav_item: None, status: StatusCode::OK, header: None, memory: None }
    }

    pub(crate) fn under(self, nav_item: NavItem) -> Self {
        Self { nav_item: Some(nav_item), ..self }
    }

    pub(crate) fn holding(self, memory: Option<MemoryPermit>) -> Self {
        Self { memory, ..self }
    }

    /// Takes the status of an error that the page shows.
    pub(crate) fn with_error(self, error: Option<&RequestError>) -> Self {
        match error {
            Some(error) => Self { status: error.status(), header: error.header(), ..self },
            None => self,
        }
    }
}
