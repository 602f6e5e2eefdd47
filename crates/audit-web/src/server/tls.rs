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

use audit_auth::watched_files::{LogMessages, WatchedFiles};

const MESSAGES: LogMessages = LogMessages {
    reloaded: "the TLS certificate was read again",
    kept: "the TLS certificate can't be read again: the one that was read last stays in force",
};

/// The certificate and key with which the service terminates TLS. The files are read again when they have changed, so that
/// a certificate is renewed without a restart.
#[derive(Debug)]
pub struct Tls(WatchedFiles<ServerConfig, 2>);

/// Why TLS can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{path} can't be read: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file lacks what it should hold.
    #[error("{path} has no {expected}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// Why it does not.
        source: pem::Error,
    },
    /// Certificate and key don't match, or can't be used.
    #[error("{certificate} and {key} can't be used: {source}")]
    Pair {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads the files in PEM: the certificate with its chain, and its private key. At the start they must be valid.
    pub fn open(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        WatchedFiles::open([certificate, key], MESSAGES, read).map(Self)
    }

    /// Accepts the next connection.
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
