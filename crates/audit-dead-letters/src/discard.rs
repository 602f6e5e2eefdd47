use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Write},
};

use private_files::Folder;
use tokio::task::spawn_blocking;

use crate::{DeadLetterError, DeadLetters, Selection, Tally, look::remove};

impl DeadLetters {
    /// Takes dead letters away. Each is first written to a new file of a folder, as [`DeadLetters::line`] has it, and
    /// removed only when it is on the disk. Cut off in the middle, some are in both places; none is lost.
    ///
    /// Without any to take away, no file is made. `watch` is told after each window how far it has come.
    pub async fn discard(
        &self,
        selection: &Selection,
        folder: Folder,
        name: &OsStr,
        mut watch: impl FnMut(Tally),
    ) -> Result<(), DeadLetterError> {
        let file = folder.path().join(name).display().to_string();
        let unkept = |source| DeadLetterError::Unkept { file: file.clone(), source };
        let mut look = self.look(selection).await?;
        let mut tally = Tally { total: look.total(), ..Tally::default() };
        let mut kept = Kept::Not(folder, name.to_owned());
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
    Not(Folder, OsString),
    In(File),
}

impl Kept {
    /// Writes lines; returns when they are on the disk.
    async fn add(self, lines: Vec<u8>) -> io::Result<Self> {
        let writing = spawn_blocking(move || {
            let mut file = match self {
                Self::Not(folder, name) => folder.create_new(&name)?,
                Self::In(file) => file,
            };
            file.write_all(&lines)?;
            file.sync_all()?;
            Ok(Self::In(file))
        });
        writing.await.map_err(io::Error::other)?
    }
}
