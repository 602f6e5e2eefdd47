//! Whether a configuration file that nobody named can be trusted. One that another user could have placed there can't, as
//! in a folder such as `/tmp`.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
};

use crate::ConfigError;

/// In a sticky folder, everybody may create files, but only delete their own.
const STICKY: u32 = 0o1000;

/// Checks that no other user could have written the file, or placed it in the working directory.
pub(crate) fn check(file: &'static str) -> Result<(), ConfigError> {
    let reason_not_to =
        reason_not_to(file).unwrap_or_else(|error| Some(format!("its rights can't be read: {error}")));
    reason_not_to.map_or(Ok(()), |why| Err(ConfigError::NotTrusted { file, why }))
}

fn reason_not_to(file: &str) -> io::Result<Option<String>> {
    // The process's own user, without an unsafe call.
    let me = fs::metadata("/proc/self")?.uid();
    let is_strange = |metadata: &Metadata| ![0, me].contains(&metadata.uid());
    // Whoever can place a link can place a file.
    let (link, found, folder) = (fs::symlink_metadata(file)?, fs::metadata(file)?, fs::metadata(".")?);
    for (what, metadata) in [("it", &link), ("what it leads to", &found), ("the working directory", &folder)]
    {
        if is_strange(metadata) {
            return Ok(Some(format!("{what} belongs to the user {}", metadata.uid())));
        }
    }
    if others_may_write(&found) {
        return Ok(Some("it is writable by others (chmod go-w)".to_owned()));
    }
    if others_may_write(&folder) && folder.mode() & STICKY == 0 {
        return Ok(Some("the working directory is writable by others (chmod go-w)".to_owned()));
    }
    Ok(None)
}

/// A group with the same number as the user is, by custom, the user's own.
fn others_may_write(metadata: &Metadata) -> bool {
    const GROUP: u32 = 0o020;
    const EVERYBODY: u32 = 0o002;
    metadata.mode() & EVERYBODY != 0 || (metadata.mode() & GROUP != 0 && metadata.gid() != metadata.uid())
}
