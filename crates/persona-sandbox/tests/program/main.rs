//! The program as its users start it: what it says, where it listens, what it serves by which
//! name, and how it refuses a start.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests fail by panicking, helpers included"
)]

mod ca;
mod recipes;
mod setup;
mod start;
mod tls;

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

/// A running program.
struct Program {
    child: Child,
    /// Its ready line.
    ready: Value,
}

fn command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_persona-sandbox"));
    command
        .args(args)
        .env("RUST_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Program {
    /// Starts it on a free port, with these arguments.
    fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        Self::start_at("127.0.0.1:0", args)
    }

    fn start_at<A: AsRef<OsStr>>(addr: &str, args: impl IntoIterator<Item = A>) -> Self {
        Self::spawn(command(["--addr", addr]).args(args))
    }

    /// Starts it in this working folder.
    fn start_in(folder: &Path) -> Self {
        Self::spawn(command(["--addr", "127.0.0.1:0"]).current_dir(folder))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        if line.is_empty() {
            let output = child.wait_with_output().unwrap();
            panic!("it ended: {}", String::from_utf8_lossy(&output.stderr));
        }
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    fn text(&self, key: &str) -> &str {
        let value = self.ready[key].as_str();
        value.unwrap_or_else(|| panic!("no {key} in {}", self.ready))
    }

    fn addr(&self, key: &str) -> SocketAddr {
        self.text(key).parse().unwrap()
    }

    /// Ends it as a service manager does, and gives what it wrote on standard error.
    #[cfg(unix)]
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed or has no more to ask.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a start says that does not succeed.
fn refused<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> String {
    let Output { status, stderr, .. } = command(["--addr", "127.0.0.1:0"])
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "it started: {text}");
    text
}

/// A client that trusts this certificate (PEM) besides the public authorities, and reaches
/// Persona's names at this address.
fn client(certificate: Option<&str>, addr: SocketAddr) -> Client {
    let tls = persona_sandbox::tls_config(certificate.map(str::as_bytes)).unwrap();
    let names = [
        "withpersona.com",
        "api.withpersona.com",
        "inquiry.withpersona.com",
        "cdn.withpersona.com",
    ];
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(20));
    for name in names {
        builder = builder.resolve(name, addr);
    }
    builder.build().unwrap()
}
