use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::{PermissionsExt, symlink},
};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open_to_all(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
}

type Way = fn(&Path) -> io::Result<()>;

const WAYS: [Way; 4] =
    [|path| create(path).map(drop), make, |path| tighten(path).map(drop), |path| append(path).map(drop)];

#[test]
fn a_new_file_is_for_its_owner_alone() {
    for way in [WAYS[0], WAYS[1], WAYS[3]] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        way(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }
}

#[test]
fn a_file_that_others_could_read_is_taken_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for (way, left) in [(WAYS[2], "before"), (WAYS[1], "before"), (WAYS[0], "")] {
        open_to_all(&path, "before");
        way(&path).unwrap();
        assert_eq!((mode(&path), fs::read_to_string(&path).unwrap().as_str()), (0o600, left));
    }
}

#[test]
fn a_file_to_append_to_is_refused_when_others_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for rights in [0o640, 0o604, 0o620] {
        open_to_all(&path, "before");
        fs::set_permissions(&path, fs::Permissions::from_mode(rights)).unwrap();
        let said = append(&path).unwrap_err().to_string();
        assert!(said.contains(&format!("{rights:o}")) && said.contains("chmod 600"), "{said}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut file = append(&path).unwrap();
    file.write_all(b" and after").unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before and after");
}

#[test]
fn no_link_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, "before").unwrap();
    for target in [&target, &folder.path().join("nowhere")] {
        symlink(target, &link).unwrap();
        for way in WAYS {
            assert!(way(&link).unwrap_err().to_string().contains("symbolic link"));
        }
        fs::remove_file(&link).unwrap();
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "before");
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), &link).unwrap();
    assert!(Folder::private(&link).unwrap_err().to_string().contains("symbolic link"));
}

#[test]
fn a_file_with_another_name_is_not_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("file"), folder.path().join("other"));
    fs::write(&file, "before").unwrap();
    fs::hard_link(&file, &other).unwrap();
    assert!(create(&other).unwrap_err().to_string().contains("hard link"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, OWNER_FILE, 0).unwrap();
    for path in [pipe.as_path(), Path::new("/dev/null"), folder.path()] {
        assert!(create(path).is_err(), "{}", path.display());
    }
    assert!(create(&pipe).unwrap_err().to_string().contains("no file"));
    assert!(create(Path::new("/dev/null")).unwrap_err().to_string().contains("no file"));
    assert!(Folder::private(&pipe).is_err());
}

#[test]
fn a_private_folder_stays_the_one_that_was_opened() {
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("above/discarded");
    let folder = Folder::private(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    let moved = outside.path().join("moved");
    fs::rename(&path, &moved).unwrap();
    symlink("/tmp", &path).unwrap();
    folder.create_new("letters".as_ref()).unwrap();
    assert_eq!(mode(&moved.join("letters")), 0o600);
    assert_eq!(folder.create_new("letters".as_ref()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);

    fs::set_permissions(&moved, fs::Permissions::from_mode(0o755)).unwrap();
    Folder::private(&moved).unwrap();
    assert_eq!(mode(&moved), 0o700);
}
