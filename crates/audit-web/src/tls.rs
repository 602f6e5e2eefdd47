use std::{fs, io, path::PathBuf, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
    },
};

use crate::watched::{Messages, Watched};

const MESSAGES: Messages = Messages {
    read_again: "the TLS certificate was read again",
    kept: "the TLS certificate can't be read again: the one that was read last stays in force",
};

/// Certificate and key of TLS that the service ends itself. The files are read again when they have changed, so that a
/// certificate is renewed without a restart.
#[derive(Debug)]
pub struct Tls(Watched<ServerConfig, 2>);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{path} can't be read: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds nothing of use.
    #[error("{path} has no {expected}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// They can't be used together, or not at all.
    #[error("{certificate} and {key} can't be used: {source}")]
    Pair {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads the files, in PEM: the certificate, those that lead from it to an authority after it, and its private key.
    /// At the start they have to be good.
    pub fn open(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        Watched::open([certificate, key], MESSAGES, read).map(Self)
    }

    /// What the next connection is accepted with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.0.get(read).into()
    }
}

fn read([certificate, key]: &[PathBuf; 2]) -> Result<ServerConfig, TlsError> {
    let bytes =
        |path: &PathBuf| fs::read(path).map_err(|source| TlsError::File { path: path.clone(), source });
    let content = |path: &PathBuf, expected| {
        let path = path.clone();
        move |source| TlsError::Content { path, expected, source }
    };
    let of_certificate = content(certificate, "certificate in PEM");
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes(certificate)?)
        .collect::<Result<_, _>>()
        .and_then(|chain: Vec<_>| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
        .map_err(of_certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(content(key, "private key in PEM that needs no password"))?;
    let pair = |source| TlsError::Pair { certificate: certificate.clone(), key: key.clone(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
