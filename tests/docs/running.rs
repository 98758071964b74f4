//! Runs the blocks of commands, each document's in a folder of its own.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::{fs::symlink, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    commands::sandbox_program,
    document::{Block, Document, Treatment},
    expect_none, path,
    ports::free_port,
    root,
    site::stub_site,
};

/// For one block, and for the start of a server.
const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn the_commands_of_the_documents_run() {
    let mut report = String::new();
    let mut problems = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        let mut folder: Option<Folder> = None;
        for block in document.runnable_blocks() {
            let place = document.place(block.line);
            if let Treatment::NotRun(reason) = &block.treatment {
                report.push_str(&format!("{place}: not run: {reason}\n"));
                continue;
            }
            count += 1;
            let folder = folder.get_or_insert_with(Folder::new);
            match folder.run(block) {
                Ok(()) => report.push_str(&format!("{place}: run\n")),
                Err(problem) => problems.push(format!("{place}: {problem}")),
            }
        }
    }
    // Not `print!`: which commands are not run is shown also when the test passes.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{report}").as_bytes()).unwrap();
    expect_none(&problems, "blocks that fail");
    assert!(count > 0, "no block was run");
}

#[test]
fn a_block_that_fails_is_found() {
    let text = "```sh\ncurl -sf http://localhost:3000/healthz\n```\n\
                ```sh\ncurl -sf http://localhost:3000/no-such-page\ntrue\n```\n\
                ```sh\npersona-onboarding events show evt_unknown\n```\n";
    let document = Document::parse(PathBuf::from("a.md"), text);
    let mut folder = Folder::new();
    let passed: Vec<_> = document
        .shell_blocks()
        .map(|block| folder.run(block).is_ok())
        .collect();
    assert_eq!(passed, [true, false, false]);
}

/// An empty working folder with the project's files, free ports, and programs on PATH. What was
/// started in it ends with it.
struct Folder {
    folder: TempDir,
    app_port: u16,
    sandbox_port: u16,
    /// What a program of a document listens on, written as 4000.
    other_port: u16,
    servers: Vec<Server>,
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        // The whole group: a script's children, too.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["crates", "docs", "end2end", "script", "tests"] {
            symlink(root().join(name), folder.path().join(name)).unwrap();
        }
        let folder = Self {
            folder,
            app_port: free_port(),
            sandbox_port: free_port(),
            other_port: free_port(),
            servers: Vec::new(),
        };
        let app = env!("CARGO_BIN_EXE_persona-onboarding");
        folder.add_program("persona-onboarding", app, "");
        let sandbox = sandbox_program().display().to_string();
        // Only its server listens.
        let addr = format!("--addr 127.0.0.1:{}", folder.sandbox_port);
        folder.add_program("persona-sandbox", &sandbox, &addr);
        folder
    }

    /// Puts a program on PATH and where `cargo build` leaves it. It gets `addr` as a server.
    fn add_program(&self, name: &str, program: &str, addr: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        let script = format!(
            "#!/bin/sh\ncase \"$1\" in [a-z]*) exec '{program}' \"$@\" ;; esac\n\
             exec '{program}' {addr} \"$@\"\n"
        );
        for folder in ["bin", "target/debug", "target/release"] {
            let folder = self.folder.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            let file = folder.join(name);
            fs::write(&file, &script).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Runs a block, or starts it if it is a server.
    fn run(&mut self, block: &Block) -> Result<(), String> {
        let script = self.script(block);
        if let Treatment::Background(url) = &block.treatment {
            let url = self.with_free_ports(url);
            return self.start(&script, &url);
        }
        let needs_app = ["localhost:3000", "localhost:3002", "persona-onboarding"];
        if self.servers.is_empty() && needs_app.iter().any(|it| block.text.contains(it)) {
            let url = format!("http://localhost:{}/readyz", self.app_port);
            self.start("exec persona-onboarding", &url)?;
        }
        let log = self.folder.path().join("block.log");
        let mut child = Server(self.bash(&script, &log));
        let begun = Instant::now();
        loop {
            if let Some(status) = child.0.try_wait().unwrap() {
                let output = fs::read_to_string(&log).unwrap_or_default();
                return status
                    .success()
                    .then_some(())
                    .ok_or_else(|| format!("{status}\n{script}\n{output}"));
            }
            if begun.elapsed() > TIMEOUT {
                return Err(format!("did not end within {TIMEOUT:?}:\n{script}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What bash runs. A program in another language becomes a file.
    fn script(&self, block: &Block) -> String {
        let text = self.with_free_ports(&block.text);
        let (file, interpreter) = match block.language.as_str() {
            "python" => ("program.py", "python3"),
            "js" => ("program.mjs", "node"),
            _ => return text,
        };
        fs::write(self.folder.path().join(file), text).unwrap();
        format!("exec {interpreter} {file}")
    }

    /// Starts a server, and waits until the URL answers.
    fn start(&mut self, script: &str, url: &str) -> Result<(), String> {
        let log = self.folder.path().join("server.log");
        let mut server = Server(self.bash(script, &log));
        let begun = Instant::now();
        while begun.elapsed() < TIMEOUT && server.0.try_wait().unwrap().is_none() {
            let answer = Command::new("curl")
                .args(["-sf", "--max-time", "5", "-o", "/dev/null", url])
                .status();
            if answer.map_err(|error| format!("curl: {error}"))?.success() {
                self.servers.push(server);
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        let output = fs::read_to_string(&log).unwrap_or_default();
        Err(format!("{url} does not answer:\n{script}\n{output}"))
    }

    fn bash(&self, script: &str, log: &Path) -> Child {
        let folder = self.folder.path();
        let log = File::create(log).unwrap();
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(folder)
            // Nothing of the caller's configures the programs.
            .env_clear()
            .envs(inherited())
            .env("PATH", format!("{}/bin:{}", folder.display(), path()))
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", self.app_port))
            .env("LEPTOS_SITE_ROOT", stub_site(folder))
            .env("SANDBOX_ADDR", format!("127.0.0.1:{}", self.sandbox_port))
            .env("DRAIN_SECONDS", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap()
    }

    fn with_free_ports(&self, text: &str) -> String {
        text.replace(":3000", &format!(":{}", self.app_port))
            .replace(":3002", &format!(":{}", self.sandbox_port))
            .replace("localhost:4000", &format!("localhost:{}", self.other_port))
            .replace("listen(4000", &format!("listen({}", self.other_port))
    }
}

#[expect(clippy::disallowed_methods, reason = "what every program needs")]
fn inherited() -> impl Iterator<Item = (&'static str, String)> {
    let names = ["HOME", "TMPDIR", "RUST_BACKTRACE"];
    names
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
}
