use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The working copy that this program was compiled in.
#[derive(Debug)]
pub(crate) struct Repository {
    root: PathBuf,
}

/// A file or folder that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub(crate) struct FileError {
    path: PathBuf,
    source: io::Error,
}

impl Repository {
    pub(crate) fn here() -> Self {
        Self { root: Path::new(env!("CARGO_MANIFEST_DIR")).join("../..") }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    pub(crate) fn text(&self, path: &str) -> Result<String, FileError> {
        let path = self.root.join(path);
        fs::read_to_string(&path).map_err(|source| FileError { path, source })
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), FileError> {
        let path = self.root.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|source| FileError { path, source })
    }

    /// The names of what is in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let path = self.root.join(folder);
        let entries = fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|source| FileError { path, source })?;
        let mut names: Vec<_> =
            entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }

    /// The names of all domains. A domain's crate is one with samples.
    pub(crate) fn domains(&self) -> Result<Vec<String>, FileError> {
        let crates = self.names("crates")?.into_iter();
        let crates = crates.filter(|name| self.has(&format!("crates/{name}/samples.ndjson")));
        Ok(crates.filter_map(|name| Some(name.strip_suffix("-log")?.to_owned())).collect())
    }
}
