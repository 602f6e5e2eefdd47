use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Write},
};

use private_files::Folder;
use tokio::task::spawn_blocking;

use crate::{DeadLetterError, DeadLetters, RepairProgress, Selection, queue_scan::remove};

impl DeadLetters {
    /// Discards dead letters. Each is written to a new file in the folder, as a [line](DeadLetters::line), and removed only
    /// when it is on the disk. If this is interrupted, some are in both places; none is lost.
    ///
    /// Without dead letters, no file is created. `on_progress` is called after each window.
    pub async fn discard(
        &self,
        selection: &Selection,
        folder: Folder,
        name: &OsStr,
        mut on_progress: impl FnMut(RepairProgress),
    ) -> Result<(), DeadLetterError> {
        let file = folder.path().join(name).display().to_string();
        let not_saved = |source| DeadLetterError::NotSaved { file: file.clone(), source };
        let mut scan = self.scan(selection).await?;
        let mut progress = RepairProgress { total: scan.total(), ..RepairProgress::default() };
        let mut backup = Backup::NotCreated(folder, name.to_owned());
        while let Some(letters) = scan.next().await? {
            if !letters.is_empty() {
                let lines = letters.iter().flat_map(|unacked| self.line(&unacked.letter)).collect();
                backup = backup.add(lines).await.map_err(not_saved)?;
                remove(&self.broker, &letters).await?;
            }
            progress.seen = scan.seen();
            progress.done += letters.len() as u64;
            on_progress(progress);
        }
        scan.end().await
    }
}

/// The file for discarded letters.
enum Backup {
    /// Not yet created: its folder and name.
    NotCreated(Folder, OsString),
    Created(File),
}

impl Backup {
    /// Appends lines, and returns when they are on the disk.
    async fn add(self, lines: Vec<u8>) -> io::Result<Self> {
        let writing = spawn_blocking(move || {
            let mut file = match self {
                Self::NotCreated(folder, name) => folder.create_new(&name)?,
                Self::Created(file) => file,
            };
            file.write_all(&lines)?;
            file.sync_all()?;
            Ok(Self::Created(file))
        });
        writing.await.map_err(io::Error::other)?
    }
}
