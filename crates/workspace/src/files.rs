use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The text files of a repository by their paths from its root. They are in memory: nothing is written before all is
/// known to be right, and tests can break a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

/// A file or folder that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct FileError {
    path: PathBuf,
    source: io::Error,
}

/// What our files end with.
const KINDS: [&str; 8] = ["css", "json", "lock", "md", "ndjson", "rs", "snap", "toml"];

impl Files {
    /// Reads a repository, without what is built or hidden.
    pub fn read(root: &Path) -> Result<Self, FileError> {
        let mut files = Self::default();
        files.read_folder(root, "")?;
        Ok(files)
    }

    fn read_folder(&mut self, root: &Path, folder: &str) -> Result<(), FileError> {
        let path = root.join(folder);
        let failed = |source| FileError { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') || name == "target" {
                continue;
            }
            let below = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if entry.file_type().map_err(failed)?.is_dir() {
                self.read_folder(root, &below)?;
            } else if name.rsplit_once('.').is_some_and(|(_, kind)| KINDS.contains(&kind)) {
                let path = entry.path();
                match fs::read_to_string(&path) {
                    Ok(text) => drop(self.0.insert(below, text)),
                    // A test's file of bytes that are no text.
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                    Err(source) => return Err(FileError { path, source }),
                }
            }
        }
        Ok(())
    }

    /// A file's text; empty where there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// Whether there is such a file, or a folder with one.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path) || self.under(&format!("{path}/")).next().is_some()
    }

    /// The files whose paths begin so, in order.
    pub fn under<'f>(&'f self, beginning: &str) -> impl Iterator<Item = (&'f str, &'f str)> + use<'f> {
        let end = beginning.to_owned();
        self.0
            .range(beginning.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(&end))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Gives a file its text.
    pub fn set(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(path.into(), text.into());
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// The files that are new or have another text than before.
    pub fn changed<'f>(&'f self, before: &'f Self) -> impl Iterator<Item = (&'f str, &'f str)> {
        let is_same = |path: &str, text: &str| before.0.get(path).is_some_and(|known| known == text);
        self.under("").filter(move |(path, text)| !is_same(path, text))
    }

    /// Writes what has changed.
    pub fn write(&self, before: &Self, root: &Path) -> Result<(), FileError> {
        for (path, text) in self.changed(before) {
            let path = root.join(path);
            let folder = path.parent().unwrap_or(root);
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&path, text))
                .map_err(|source| FileError { path: path.clone(), source })?;
        }
        Ok(())
    }
}
