use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::builds;

/// A copy of the workspace in the folder of builds. It stays there, and so does what was built of it: the next run
/// builds what has changed.
pub(crate) struct Copy {
    root: PathBuf,
    builds: PathBuf,
}

impl Copy {
    pub(crate) fn of_the_workspace() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        // <builds>/<profile>/deps/ninth-<hash>
        let test = env::current_exe().unwrap();
        let builds = test.ancestors().nth(3).unwrap();
        let copy = Self { root: builds.join("ninth/workspace"), builds: builds.join("ninth/target") };
        make_alike(&workspace, &copy.root);
        builds::share_dependencies(&builds.join("debug"), &copy.builds.join("debug"), &workspace);
        copy
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What a program said that went well, run in the copy.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.root).stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", &self.builds).env("INSTA_UPDATE", "no").env("UPDATE_DOCUMENTS", "1");
        // What cargo says of this test's own crate would have build scripts of dependencies run again.
        for (name, _) in env::vars_os() {
            let is_of_this_crate =
                |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
            if name.to_str().is_some_and(is_of_this_crate) {
                command.env_remove(name);
            }
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {}:\n{said}\n{told}", args.join(" "));
        said
    }

    pub(crate) fn cargo(&self, command: &[&str], args: &[&[&str]]) -> String {
        let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        self.run(&cargo, &[command, &args.concat()].concat())
    }
}

/// Makes a folder hold what another one does. A file that is the same already is left alone: its time tells cargo that
/// nothing has to be built.
fn make_alike(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let names = |folder: &Path| -> Vec<_> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.') && name != "target" && name != "node_modules").collect()
    };
    let wanted = names(from);
    for name in names(to).iter().filter(|name| !wanted.contains(name)) {
        let extra = to.join(name);
        if extra.is_dir() { fs::remove_dir_all(extra).unwrap() } else { fs::remove_file(extra).unwrap() }
    }
    for name in &wanted {
        let (from, to) = (from.join(name), to.join(name));
        if from.is_dir() {
            make_alike(&from, &to);
        } else if fs::read(&to).ok() != fs::read(&from).ok() {
            fs::copy(&from, &to).unwrap();
        }
    }
}
