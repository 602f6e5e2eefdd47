use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// A server that a script of `deploy/servers` runs. The script waits for the end of its standard input, which
/// comes when this value is dropped and when the process ends, and then stops the server.
#[derive(Debug)]
pub(crate) struct PrivateServer {
    script: PathBuf,
    dir: PathBuf,
    running: Child,
    env: HashMap<String, String>,
}

impl PrivateServer {
    pub(crate) fn run(script: &str, tls: bool, variables: &[(&str, &str)]) -> Self {
        // The script deletes the folder in the end.
        let dir =
            tempfile::Builder::new().prefix("log-service-").tempdir().expect("a temporary folder").keep();
        if tls {
            make_certificate(&dir.join("tls"));
        }
        let script = scripts().join(script);
        let mut running = Command::new(&script)
            .arg("run")
            .arg(&dir)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a script of deploy/servers");
        let stdout = running.stdout.take().expect("the script's output");
        let ready = BufReader::new(stdout).lines().map_while(Result::ok).any(|line| line == "READY");
        assert!(ready, "{} did not start; its last words are above", script.display());
        let env = read_env(&dir.join("env"));
        Self { script, dir, running, env }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn variable(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("the server's env has no {name}"))
    }

    /// Runs another command of the server's script and returns its output.
    pub(crate) fn command(&self, command: &str, args: &[&str]) -> String {
        let output = Command::new(&self.script).arg(command).arg(&self.dir).args(args).output();
        check(command, &output.expect("a script of deploy/servers"))
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.running.stdin.take());
        // Nothing can be done about a failure here; the script says what it was.
        let _ = self.running.wait();
    }
}

/// Makes an authority and a certificate of it for localhost and 127.0.0.1, in a folder: `ca.pem`, `cert.pem` and
/// `key.pem`.
pub fn make_certificate(dir: &Path) {
    let made = Command::new(scripts().join("tls")).arg(dir).output().expect("deploy/servers/tls");
    check("deploy/servers/tls", &made);
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/servers")
}

pub(crate) fn check(what: &str, output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} failed ({}): {stderr}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn read_env(file: &Path) -> HashMap<String, String> {
    let text = fs::read_to_string(file).expect("the server's env file");
    let variables = text.lines().filter_map(|line| line.split_once('='));
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
