use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tokio::task::spawn_blocking;

use crate::{DeadLetterError, DeadLetters, Selection, Tally, look::remove};

impl DeadLetters {
    /// Takes dead letters away. Each is first written to a new file, as [`DeadLetters::line`] has it, and removed only
    /// when it is on the disk. Cut off in the middle, some are in both places; none is lost.
    ///
    /// Without any to take away, no file is made. `watch` is told after each window how far it has come.
    pub async fn discard(
        &self,
        selection: &Selection,
        file: &Path,
        mut watch: impl FnMut(Tally),
    ) -> Result<(), DeadLetterError> {
        let unkept = |source| DeadLetterError::Unkept { file: file.display().to_string(), source };
        let mut look = self.look(selection).await?;
        let mut tally = Tally { total: look.total(), ..Tally::default() };
        let mut kept = Kept::At(file.to_owned());
        while let Some(held) = look.next().await? {
            if !held.is_empty() {
                let lines = held.iter().flat_map(|held| self.line(&held.letter)).collect();
                kept = kept.add(lines).await.map_err(unkept)?;
                remove(&self.broker, &held).await?;
            }
            tally.seen = look.seen();
            tally.done += held.len() as u64;
            watch(tally);
        }
        look.end().await
    }
}

/// Where they are kept.
enum Kept {
    /// Nothing is there yet.
    At(PathBuf),
    In(File),
}

impl Kept {
    /// Writes lines; returns when they are on the disk.
    async fn add(self, lines: Vec<u8>) -> io::Result<Self> {
        let writing = spawn_blocking(move || {
            let mut file = match self {
                Self::At(path) => create(&path)?,
                Self::In(file) => file,
            };
            file.write_all(&lines)?;
            file.sync_all()?;
            Ok(Self::In(file))
        });
        writing.await.map_err(io::Error::other)?
    }
}

/// A new file, for its owner's eyes: bodies may hold personal data. What is there already is never touched.
fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    // So that the file's name is on the disk as well.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(file)
}
