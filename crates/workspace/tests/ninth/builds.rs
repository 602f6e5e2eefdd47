use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lets another folder of builds begin with the dependencies that were built in this one: they are the same, and take
/// minutes. Our own crates are left out, as they stand elsewhere.
pub(crate) fn share_dependencies(from: &Path, to: &Path, workspace: &Path) {
    let ours = our_crates(workspace);
    let is_ours = |package: &str| {
        let name = package.rsplit_once('-').map_or(package, |(name, _hash)| name);
        ours.iter().any(|own| own == name || own.replace('-', "_") == name)
    };
    for entry in entries(&from.join("deps")) {
        let name = name_of(&entry);
        // What has no `lib` before its name is a program.
        if name.strip_prefix("lib").is_some_and(|rest| !is_ours(rest.split('.').next().unwrap_or(rest))) {
            link(&entry, &to.join("deps").join(name));
        }
    }
    for entry in entries(&from.join("build")).into_iter().filter(|entry| !is_ours(name_of(entry))) {
        each_file(&entry, &to.join("build").join(name_of(&entry)), link);
    }
    for entry in entries(&from.join(".fingerprint")).into_iter().filter(|entry| !is_ours(name_of(entry))) {
        // Cargo writes into these.
        each_file(&entry, &to.join(".fingerprint").join(name_of(&entry)), |from, to| {
            fs::copy(from, to).unwrap();
        });
    }
}

fn our_crates(workspace: &Path) -> Vec<String> {
    let crates = entries(&workspace.join("crates"));
    crates.iter().map(|folder| name_of(folder).to_owned()).chain(["migration".to_owned()]).collect()
}

/// What a folder has; nothing if there is none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn link(from: &Path, to: &Path) {
    if !to.exists() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        // Where links can't be made, cargo builds it.
        let _ = fs::hard_link(from, to);
    }
}

fn each_file(from: &Path, to: &Path, share: impl Fn(&Path, &Path) + Copy) {
    if to.exists() {
        return;
    }
    for entry in entries(from) {
        let to = to.join(name_of(&entry));
        if entry.is_dir() {
            each_file(&entry, &to, share);
        } else {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            share(&entry, &to);
        }
    }
}
