use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::{
    app::App,
    auth::{ClientAddress, Permission, Reader},
    problem::Problem,
};

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) reader: Reader,
    pub(crate) address: ClientAddress,
}

impl Asking {
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
        let address = address(parts);
        let reader = app.auth().identify(&parts.headers, address).await?;
        Ok(Self { reader, address })
    }
}

/// Where a request comes from, as the server has found out.
pub(crate) fn address(parts: &Parts) -> ClientAddress {
    // The server puts it there for every request; were it missing, nobody's address would be right.
    let unknown = || ClientAddress::direct(IpAddr::from([0, 0, 0, 0]));
    parts.extensions.get().copied().unwrap_or_else(unknown)
}
