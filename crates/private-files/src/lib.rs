#![doc = include_str!("../README.md")]

#[cfg(test)]
mod tests;

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::{fd::AsRawFd, unix::fs::DirBuilderExt},
    path::{Path, PathBuf},
};

use rustix::{
    fd::AsFd,
    fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat},
    io::Errno,
};
use tracing::warn;

const OWNER_FILE: Mode = Mode::RUSR.union(Mode::WUSR);
const OWNER_FOLDER: Mode = Mode::RWXU;
/// A named pipe without a reader is refused at once, instead of waited for.
const HOW: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Makes a file, or empties the one that is there, and opens it for writing.
pub fn create(path: &Path) -> io::Result<File> {
    let how = OFlags::WRONLY | OFlags::CREATE;
    let file = File::from(rustix::fs::openat(CWD, path, how | HOW, OWNER_FILE).map_err(io_error)?);
    restrict(&file, path, FileType::RegularFile)?;
    // Not before it is known what it is.
    file.set_len(0)?;
    Ok(file)
}

/// Makes a file unless it is there, and sees to it that it is its owner's alone. Whose it is, whoever made it has decided:
/// root may look at a service's database.
pub fn make(path: &Path) -> io::Result<()> {
    let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    match rustix::fs::openat(CWD, path, how | HOW, OWNER_FILE) {
        Ok(_) => Ok(()),
        Err(Errno::EXIST) => tighten(path).map(drop),
        Err(error) => Err(io_error(error)),
    }
}

/// The same for a file that may not be there. Says whether it is.
///
/// It is not opened, only pointed at: whoever closes a file that he has open twice loses his locks on it, and a database
/// without its locks is soon one that can't be read.
pub fn tighten(path: &Path) -> io::Result<bool> {
    let how = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(CWD, path, how, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(false),
        Err(error) => return Err(io_error(error)),
    };
    let rights = rights(&looked_at(&file, FileType::RegularFile, Owner::Anybody)?);
    if rights.intersects(!OWNER_FILE) {
        // What is only pointed at has no other name that leads to it for certain.
        let name = format!("/proc/self/fd/{}", file.as_raw_fd());
        rustix::fs::chmod(name, rights & OWNER_FILE)?;
        warn_of(rights, path, FileType::RegularFile);
    }
    Ok(true)
}

/// Makes a file unless it is there, and opens it for reading and for writing at its end. One that others than its owner
/// may read is refused: what they have read is not taken back by other rights.
pub fn append(path: &Path) -> io::Result<File> {
    let how = OFlags::RDWR | OFlags::CREATE | OFlags::APPEND;
    let file = File::from(rustix::fs::openat(CWD, path, how | HOW, OWNER_FILE).map_err(io_error)?);
    let rights = rights(&looked_at(&file, FileType::RegularFile, Owner::Anybody)?);
    if rights.intersects(!OWNER_FILE) {
        return Err(refused(format!(
            "others than its owner may read or write it (its rights are {:o}): take these from them with chmod 600",
            rights.as_raw_mode()
        )));
    }
    Ok(file)
}

/// A folder to make files in. It stays the one that was opened, whatever is put in its place.
#[derive(Debug)]
pub struct Folder {
    folder: File,
    path: PathBuf,
}

impl Folder {
    /// A folder as it is, for whomever.
    pub fn at(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self { folder: File::open(path)?, path: path.to_owned() })
    }

    /// A folder for its owner alone. It is made, and those above it, unless it is there.
    pub fn private(path: &Path) -> io::Result<Self> {
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(above)?;
        }
        match rustix::fs::mkdirat(CWD, path, OWNER_FOLDER) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(io_error(error)),
        }
        let folder = match rustix::fs::openat(CWD, path, OFlags::DIRECTORY | HOW, Mode::empty()) {
            // Which of the two it is, the system does not say.
            Err(Errno::NOTDIR) if is_link(path) => return Err(io_error(Errno::LOOP)),
            opened => File::from(opened.map_err(io_error)?),
        };
        restrict(&folder, path, FileType::Directory)?;
        Ok(Self { folder, path: path.to_owned() })
    }

    /// Where it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a file that is not there yet. When this returns, its name is on the disk.
    pub fn create_new(&self, name: &OsStr) -> io::Result<File> {
        let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let file =
            File::from(rustix::fs::openat(&self.folder, name, how | HOW, OWNER_FILE).map_err(io_error)?);
        restrict(&file, &self.path.join(name), FileType::RegularFile)?;
        self.folder.sync_all()?;
        Ok(file)
    }
}

/// Whose a file has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Us,
    Anybody,
}

/// Takes the rights of all others from what was opened, and is ours.
fn restrict(opened: &File, path: &Path, kind: FileType) -> io::Result<()> {
    let wanted = if kind == FileType::Directory { OWNER_FOLDER } else { OWNER_FILE };
    let rights = rights(&looked_at(opened, kind, Owner::Us)?);
    if rights.intersects(!wanted) {
        rustix::fs::fchmod(opened, rights & wanted)?;
        warn_of(rights, path, kind);
    }
    Ok(())
}

fn warn_of(rights: Mode, path: &Path, kind: FileType) {
    warn!(
        path = %path.display(),
        rights = format_args!("{:o}", rights.as_raw_mode()),
        "a {} with personal data could be read or written by others: now it is for its owner alone",
        name(kind),
    );
}

/// What was opened, if it is what it should be.
fn looked_at(opened: impl AsFd, kind: FileType, owner: Owner) -> io::Result<Stat> {
    let (stat, what) = (rustix::fs::fstat(opened)?, name(kind));
    let found = FileType::from_raw_mode(stat.st_mode);
    if found == FileType::Symlink {
        return Err(io_error(Errno::LOOP));
    }
    if found != kind {
        return Err(refused(format!("it is there, and no {what} that could be for its owner alone")));
    }
    if kind == FileType::RegularFile && owner == Owner::Us && stat.st_nlink > 1 {
        return Err(refused(
            "it has another name as well (a hard link), under which it would be written, too".to_owned(),
        ));
    }
    let us = rustix::process::geteuid().as_raw();
    if owner == Owner::Us && stat.st_uid != us {
        return Err(refused(format!(
            "it belongs to another user (its uid is {}, ours {us}), who could read it: name a {what} that is not there yet",
            stat.st_uid
        )));
    }
    Ok(stat)
}

fn name(kind: FileType) -> &'static str {
    if kind == FileType::Directory { "folder" } else { "file" }
}

/// Without the bits that say how a folder hands on its group.
fn rights(stat: &Stat) -> Mode {
    Mode::from_raw_mode(stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO)
}

fn is_link(path: &Path) -> bool {
    rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

/// The system's words for these say nothing of what to do.
fn io_error(error: Errno) -> io::Error {
    match error {
        Errno::LOOP => {
            refused("it is a symbolic link, which is not followed: name what it leads to".to_owned())
        }
        Errno::NXIO => refused("it is there, and no file that could be for its owner alone".to_owned()),
        error => error.into(),
    }
}

fn refused(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}
