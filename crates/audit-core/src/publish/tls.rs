//! TLS to the broker.
//!
//! The socket is ours in any case, so lapin's own TLS is disabled.

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use tokio_util::{
    compat::{Compat, TokioAsyncReadCompatExt},
    either::Either,
};

use super::Tls;

/// A connection to the broker, with TLS or without.
pub(super) type BrokerStream = Compat<Either<TcpStream, TlsStream<TcpStream>>>;

/// Starts TLS on a new connection, if configured.
pub(super) async fn secured(stream: TcpStream, tls: Option<&Tls>, host: &str) -> io::Result<BrokerStream> {
    let Some(tls) = tls else { return Ok(Either::Left(stream).compat()) };
    let name = ServerName::try_from(host.to_owned()).map_err(invalid)?;
    let connector = TlsConnector::from(Arc::new(client_config(tls)?));
    Ok(Either::Right(connector.connect(name, stream).await?).compat())
}

fn client_config(tls: &Tls) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    // Unreadable certificates of the system are skipped: the broker's may be among the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(tls.ca_pem.as_deref().unwrap_or_default().as_bytes()) {
        roots.add(certificate.map_err(invalid)?).map_err(invalid)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(invalid)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
