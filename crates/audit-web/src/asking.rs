use std::net::IpAddr;

use audit_query::Access;
use axum::{
    extract::FromRequestParts,
    http::{Extensions, StatusCode, request::Parts},
};

use crate::{
    app::App,
    auth::{ClientAddress, Permission, Reader, Refusal},
    exchange::Exchange,
    places::NoPlace,
    problem::Problem,
};

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) reader: Reader,
    pub(crate) address: ClientAddress,
    pub(crate) exchange: Exchange,
}

impl Asking {
    /// Who asks. He takes one of the places that each reader has for what he asks at the same time.
    pub(crate) async fn of(parts: &Parts, app: &App) -> Result<Self, NotHeard> {
        let (address, exchange) = (address(&parts.extensions), Exchange::of(parts));
        let known = app.auth().identify(&parts.headers, address).await;
        let reader = known.inspect_err(|refusal| exchange.refused(*refusal))?;
        exchange.is_of(&reader);
        let asking = Self { reader, address, exchange };
        asking.exchange.takes(app.place(app.requests(), &asking)?);
        Ok(asking)
    }

    /// A read of his that nothing more is known of.
    pub(crate) fn access(&self, action: &'static str) -> Access {
        let reader = &self.reader;
        Access {
            reader_id: reader.id(),
            address: Some(self.address.ip().to_string()),
            ..Access::new(action, reader.name().to_owned(), reader.via().code())
        }
    }

    /// Refuses a reader whose roles do not permit what he asks for.
    pub(crate) fn must(&self, permission: Permission) -> Result<(), Problem> {
        if self.reader.may(permission) {
            return Ok(());
        }
        let role = match permission {
            Permission::Read => "support or auditor",
            Permission::Export | Permission::ReadAccessLog => "auditor",
            Permission::Operate => "ops or auditor",
        };
        Err(Problem::new(StatusCode::FORBIDDEN, format!("this needs the role {role}")))
    }
}

impl FromRequestParts<App> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self::of(parts, app).await?)
    }
}

/// Why a request is not looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotHeard {
    /// Nobody is known to ask.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The reader asks too much at the same time.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
}

impl From<NotHeard> for Problem {
    fn from(not_heard: NotHeard) -> Self {
        match not_heard {
            NotHeard::Refused(refusal) => refusal.into(),
            NotHeard::NoPlace(no_place) => no_place.into(),
        }
    }
}

/// Where a request comes from, as the server has found out.
pub(crate) fn address(extensions: &Extensions) -> ClientAddress {
    // The server puts it there for every request; were it missing, nobody's address would be right.
    let unknown = || ClientAddress::direct(IpAddr::from([0, 0, 0, 0]));
    extensions.get().copied().unwrap_or_else(unknown)
}
