//! Whether a file that nobody has named can be taken for the configuration: not one that somebody else could have put
//! there, as anybody can in a folder such as `/tmp`.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
};

use super::ConfigError;

/// In such a folder everybody may make files, and take away only his own.
const STICKY: u32 = 0o1000;

/// Looks who could have written the file, or put it in the working directory.
pub(super) fn check(file: &'static str) -> Result<(), ConfigError> {
    let why_not = why_not(file).unwrap_or_else(|error| Some(format!("its rights can't be read: {error}")));
    why_not.map_or(Ok(()), |why| Err(ConfigError::NotTrusted { file, why }))
}

fn why_not(file: &str) -> io::Result<Option<String>> {
    // As the system has it, without a call that is unsafe.
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

/// A group with the number of its user is, where that is the custom, the user's own.
fn others_may_write(metadata: &Metadata) -> bool {
    const GROUP: u32 = 0o020;
    const EVERYBODY: u32 = 0o002;
    metadata.mode() & EVERYBODY != 0 || (metadata.mode() & GROUP != 0 && metadata.gid() != metadata.uid())
}
