use std::net::IpAddr;

use audit_auth::{ClientAddress, Permission, Reader};
use audit_query::Accessor;
use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
};

use crate::{accessor::accessor, error::RequestError, request_context::RequestContext, state::AppState};

/// Who makes a request, and from where.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The reader.
    pub reader: Reader,
    /// Where the request comes from.
    pub address: ClientAddress,
    /// The request.
    pub request: RequestContext,
}

impl Caller {
    /// The caller, as the access log names him.
    pub(crate) fn accessor(&self) -> Accessor {
        accessor(&self.reader, self.address)
    }

    /// Fails unless the reader's roles grant the permission.
    pub fn require(&self, permission: Permission) -> Result<(), RequestError> {
        if self.reader.may(permission) { Ok(()) } else { Err(RequestError::Forbidden(permission)) }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = RequestError;

    /// Authenticates the reader. The request takes one of the slots for his concurrent requests.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, RequestError> {
        let (address, request) = (client_address(&parts.extensions), RequestContext::of(parts));
        let identified = state.auth().identify(&parts.headers, address).await;
        let reader = identified.inspect_err(|rejection| request.note_rejection(*rejection))?;
        request.note_reader(&reader);
        request.keep_slot(state.slot(state.requests(), &reader, address)?);
        Ok(Self { reader, address, request })
    }
}

/// Where a request comes from, as determined by the server.
#[must_use]
pub fn client_address(extensions: &Extensions) -> ClientAddress {
    // The server sets it for every request. If it were missing, no address would be right.
    let unknown = || ClientAddress::direct(IpAddr::from([0, 0, 0, 0]));
    extensions.get().copied().unwrap_or_else(unknown)
}
