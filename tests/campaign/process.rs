//! Programs that are started, killed, paused and started again.

use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a program may take to answer after its start.
const PATIENCE: Duration = Duration::from_secs(90);

/// A program with an address. It is killed when this is dropped.
pub struct Process {
    pub url: String,
    /// A path that answers 2xx once the program is up.
    health: &'static str,
    command: Mutex<Command>,
    child: Mutex<Option<Child>>,
    http: reqwest::Client,
}

impl Process {
    /// Prepares a program; its output goes to `log`.
    pub fn new(mut command: Command, port: u16, health: &'static str, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Self {
            url: format!("http://localhost:{port}"),
            health,
            command: Mutex::new(command),
            child: Mutex::new(None),
            http: crate::http()
                .timeout(Duration::from_secs(2))
                .build()
                .unwrap(),
        }
    }

    /// Keeps it running until it answers, as a supervisor does: what Persona answers just now may
    /// stop its start.
    pub async fn must_run(&self) {
        let begun = Instant::now();
        while !self.answers().await {
            assert!(begun.elapsed() < PATIENCE, "{} does not come up", self.url);
            self.start_unless_it_runs();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn start_unless_it_runs(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let has_ended = child
            .as_mut()
            .is_none_or(|child| child.try_wait().unwrap().is_some());
        if has_ended {
            let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
            *child = Some(command.spawn().unwrap());
        }
    }

    async fn answers(&self) -> bool {
        let answer = self
            .http
            .get(format!("{}{}", self.url, self.health))
            .send()
            .await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// `kill -9`.
    pub fn kill(&self) {
        if let Some(mut child) = self
            .child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and waits for the orderly end.
    pub async fn stop(&self) {
        self.signal("-TERM");
        let begun = Instant::now();
        while self.is_running() {
            assert!(begun.elapsed() < PATIENCE, "{} does not end", self.url);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn is_running(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child
            .as_mut()
            .is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// SIGSTOP, and SIGCONT after a while.
    pub async fn pause(&self, length: Duration) {
        self.signal("-STOP");
        tokio::time::sleep(length).await;
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = &*child {
            // It may have ended meanwhile.
            let _ = Command::new("kill")
                .args([signal, &child.id().to_string()])
                .stderr(Stdio::null())
                .status()
                .unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
