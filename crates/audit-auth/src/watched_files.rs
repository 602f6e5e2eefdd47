//! Files that may change while the service runs.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;
use tracing::{info, warn};

/// How often the files are checked, at most. It takes few system calls, which is not worth a thread.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// The parsed content of some files. They are read again when they have changed. While that fails, the last valid content
/// stays in force.
#[derive(Debug)]
pub struct WatchedFiles<T, const FILES: usize> {
    files: [PathBuf; FILES],
    messages: LogMessages,
    state: Mutex<State<T>>,
}

/// What to log when the files have changed.
#[derive(Clone, Copy, Debug)]
pub struct LogMessages {
    /// The new content is in force.
    pub reloaded: &'static str,
    /// The new content is invalid.
    pub kept: &'static str,
}

#[derive(Debug)]
struct State<T> {
    content: Arc<T>,
    /// The version that was read. `None` while the files are invalid.
    version: Option<Version>,
    checked: Instant,
    /// The last error, which is logged once.
    error: Option<String>,
}

/// Modification time and size of each file. Every change of the content changes one of them.
type Version = Vec<(SystemTime, u64)>;

impl<T, const FILES: usize> WatchedFiles<T, FILES> {
    /// Reads the files for the first time: they must be valid.
    pub fn open<E>(
        files: [PathBuf; FILES],
        messages: LogMessages,
        read: impl FnOnce(&[PathBuf; FILES]) -> Result<T, E>,
    ) -> Result<Self, E> {
        // Taken before reading: a write during the read changes it once more.
        let version = version(&files);
        let content = Arc::new(read(&files)?);
        let state = State { content, version, checked: Instant::now(), error: None };
        Ok(Self { files, messages, state: Mutex::new(state) })
    }

    /// Returns the current content.
    pub fn get<E: ToString>(&self, read: impl FnOnce(&[PathBuf; FILES]) -> Result<T, E>) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.checked.elapsed() >= CHECK_INTERVAL {
            state.checked = Instant::now();
            let version = version(&self.files);
            // Files without a version are read as well, to log why they can't be.
            if version.is_none() || state.version != version {
                match read(&self.files) {
                    Ok(content) => self.replace(&mut state, content, version),
                    Err(error) => self.keep(&mut state, error.to_string()),
                }
            }
        }
        Arc::clone(&state.content)
    }

    fn replace(&self, state: &mut State<T>, content: T, version: Option<Version>) {
        state.content = Arc::new(content);
        state.version = version;
        state.error = None;
        info!("{}", self.messages.reloaded);
    }

    fn keep(&self, state: &mut State<T>, error: String) {
        if state.error.as_ref() != Some(&error) {
            warn!(problem = %error, "{}", self.messages.kept);
        }
        state.error = Some(error);
        state.version = None;
    }
}

fn version(files: &[PathBuf]) -> Option<Version> {
    let of_file = |path: &PathBuf| -> io::Result<_> {
        let metadata = fs::metadata(path)?;
        Ok((metadata.modified()?, metadata.len()))
    };
    files.iter().map(|path| of_file(path).ok()).collect()
}
