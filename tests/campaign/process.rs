//! Programs that are started, killed, paused and started again.

use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The time limit for a program to respond after its start, and to exit after SIGTERM.
const START_STOP_TIMEOUT: Duration = Duration::from_secs(90);

/// A program that serves HTTP. It is killed on drop.
pub struct Process {
    pub url: String,
    /// The path that responds with 2xx once the program is up.
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

    /// Starts the program until it responds, as a supervisor does: a faulty response of Persona may end
    /// its start.
    pub async fn ensure_running(&self) {
        let started = Instant::now();
        while !self.is_healthy().await {
            assert!(
                started.elapsed() < START_STOP_TIMEOUT,
                "{} did not start in time",
                self.url
            );
            self.start_unless_running();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn start_unless_running(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let has_exited = child
            .as_mut()
            .is_none_or(|child| child.try_wait().unwrap().is_some());
        if has_exited {
            let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
            *child = Some(command.spawn().unwrap());
        }
    }

    async fn is_healthy(&self) -> bool {
        let response = self
            .http
            .get(format!("{}{}", self.url, self.health))
            .send()
            .await;
        response.is_ok_and(|response| response.status().is_success())
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

    /// Sends SIGTERM, and waits for the graceful exit.
    pub async fn stop(&self) {
        self.signal("-TERM");
        let started = Instant::now();
        while self.is_running() {
            assert!(
                started.elapsed() < START_STOP_TIMEOUT,
                "{} did not exit in time",
                self.url
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn is_running(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child
            .as_mut()
            .is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Sends SIGSTOP, and SIGCONT after this time.
    pub async fn pause(&self, length: Duration) {
        self.signal("-STOP");
        tokio::time::sleep(length).await;
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = &*child {
            // The process may have exited in the meantime.
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
