use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;
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
use tracing::{info, warn};

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Certificate and key of TLS that the service ends itself. The files are read again when they have changed, so that a
/// certificate is renewed without a restart. While they can't be used, those that were read last stay in force.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: Arc<ServerConfig>,
    /// What the files looked like when they were read; nothing while they are of no use.
    version: Option<Version>,
    looked: Instant,
    /// What was wrong with them last: told once.
    problem: Option<String>,
}

/// Modification time and size of both files: a change of the content changes one of them.
type Version = [(SystemTime, u64); 2];

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
        let state = State {
            version: Some(version(&certificate, &key)?),
            config: Arc::new(read(&certificate, &key)?),
            looked: Instant::now(),
            problem: None,
        };
        Ok(Self { certificate, key, state: Mutex::new(state) })
    }

    /// What the next connection is accepted with. Looking at the files is two system calls a second, too little for a
    /// thread of its own.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK_EVERY {
            state.looked = Instant::now();
            if let Err(error) = self.refresh(&mut state) {
                state.keep_in_spite_of(&error);
            }
        }
        Arc::clone(&state.config).into()
    }

    fn refresh(&self, state: &mut State) -> Result<(), TlsError> {
        // Taken before reading: what is written while we read changes it once more.
        let version = Some(version(&self.certificate, &self.key)?);
        if state.version != version {
            state.config = Arc::new(read(&self.certificate, &self.key)?);
            state.version = version;
            state.problem = None;
            info!(certificate = %self.certificate.display(), "the TLS certificate was read again");
        }
        Ok(())
    }
}

impl State {
    fn keep_in_spite_of(&mut self, error: &TlsError) {
        let problem = error.to_string();
        if self.problem.as_ref() != Some(&problem) {
            warn!(%problem, "the TLS certificate can't be read again: the one that was read last stays in force");
        }
        self.problem = Some(problem);
        self.version = None;
    }
}

fn version(certificate: &Path, key: &Path) -> Result<Version, TlsError> {
    let look = |path: &Path| {
        let looked = fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len())));
        looked.map_err(|source| TlsError::File { path: path.to_owned(), source })
    };
    Ok([look(certificate)?, look(key)?])
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let bytes =
        |path: &Path| fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source });
    let content = |path: &Path, expected| {
        let path = path.to_owned();
        move |source| TlsError::Content { path, expected, source }
    };
    let of_certificate = content(certificate, "certificate in PEM");
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes(certificate)?)
        .collect::<Result<_, _>>()
        .and_then(|chain: Vec<_>| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
        .map_err(of_certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(content(key, "private key in PEM that needs no password"))?;
    let pair = |source| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
