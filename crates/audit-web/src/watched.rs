//! What stands in files that may change while the service runs.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;
use tracing::{info, warn};

/// How often the files are looked at, at most: few system calls, too little for a thread of its own.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What was read from some files. It is read again when they have changed; while that can't be done, what was read last
/// stays in force.
#[derive(Debug)]
pub(crate) struct Watched<T, const FILES: usize> {
    files: [PathBuf; FILES],
    messages: Messages,
    state: Mutex<State<T>>,
}

/// What is logged of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Messages {
    pub(crate) read_again: &'static str,
    pub(crate) kept: &'static str,
}

#[derive(Debug)]
struct State<T> {
    content: Arc<T>,
    /// What the files looked like when they were read; nothing while they are of no use.
    version: Option<Version>,
    looked: Instant,
    /// What was wrong with them last: told once.
    problem: Option<String>,
}

/// Modification time and size of each: a change of the content changes one of them.
type Version = Vec<(SystemTime, u64)>;

impl<T, const FILES: usize> Watched<T, FILES> {
    /// Reads the files for the first time: they have to be good.
    pub(crate) fn open<E>(
        files: [PathBuf; FILES],
        messages: Messages,
        read: impl FnOnce(&[PathBuf; FILES]) -> Result<T, E>,
    ) -> Result<Self, E> {
        // Taken before reading: what is written while we read changes it once more.
        let version = version(&files);
        let content = Arc::new(read(&files)?);
        let state = State { content, version, looked: Instant::now(), problem: None };
        Ok(Self { files, messages, state: Mutex::new(state) })
    }

    /// What they say now.
    pub(crate) fn get<E: ToString>(&self, read: impl FnOnce(&[PathBuf; FILES]) -> Result<T, E>) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK_EVERY {
            state.looked = Instant::now();
            let version = version(&self.files);
            // Files that can't even be looked at are read for what is wrong with them.
            if version.is_none() || state.version != version {
                match read(&self.files) {
                    Ok(content) => self.renew(&mut state, content, version),
                    Err(error) => self.keep(&mut state, error.to_string()),
                }
            }
        }
        Arc::clone(&state.content)
    }

    fn renew(&self, state: &mut State<T>, content: T, version: Option<Version>) {
        state.content = Arc::new(content);
        state.version = version;
        state.problem = None;
        info!("{}", self.messages.read_again);
    }

    fn keep(&self, state: &mut State<T>, problem: String) {
        if state.problem.as_ref() != Some(&problem) {
            warn!(%problem, "{}", self.messages.kept);
        }
        state.problem = Some(problem);
        state.version = None;
    }
}

fn version(files: &[PathBuf]) -> Option<Version> {
    let look = |path: &PathBuf| -> io::Result<_> {
        let metadata = fs::metadata(path)?;
        Ok((metadata.modified()?, metadata.len()))
    };
    files.iter().map(|path| look(path).ok()).collect()
}
