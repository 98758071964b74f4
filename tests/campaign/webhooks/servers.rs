//! The app's processes, which receive nothing but webhooks.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use persona_onboarding::domain::User;

use crate::app::{App, Database};

/// The number of processes on Postgres.
const PROCESSES: usize = 2;
/// Nothing listens here.
const UNREACHABLE_URL: &str = "http://localhost:9";
/// The time limit for the inbox to become empty.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(300);

/// Starts the processes, with these users in the database.
pub async fn start(folder: &Path, database: Database, users: &[User]) -> App {
    let app = App::prepare(folder, database, PROCESSES, UNREACHABLE_URL).await;
    for user in users {
        user.clone().ensure(&app.store).await.unwrap();
    }
    for process in &app.processes {
        process.ensure_running().await;
    }
    app
}

impl App {
    /// `kill -9`, then a start, as a supervisor does.
    pub async fn kill_and_restart(&self, number: usize) {
        self.processes[number].kill();
        self.processes[number].ensure_running().await;
    }

    pub async fn wait_until_applied(&self) {
        let started = Instant::now();
        while self.store.count_events().await.unwrap().waiting > 0 {
            assert!(
                started.elapsed() < DRAIN_TIMEOUT,
                "the inbox did not become empty in time"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
