//! The app's processes, which nobody but the sender of webhooks speaks to.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use persona_onboarding::domain::User;

use crate::app::{App, Database};

/// How many processes there are on Postgres.
const PROCESSES: usize = 2;
/// Nobody is there.
const PERSONA: &str = "http://localhost:9";
/// How long the inbox may take to become empty.
const PATIENCE: Duration = Duration::from_secs(300);

/// Starts the processes, with these users in the database.
pub async fn start(folder: &Path, database: Database, users: &[User]) -> App {
    let app = App::prepare(folder, database, PROCESSES, PERSONA).await;
    for user in users {
        user.clone().ensure(&app.store).await.unwrap();
    }
    for process in &app.processes {
        process.must_run().await;
    }
    app
}

impl App {
    /// `kill -9`, and what a supervisor does then.
    pub async fn kill_and_restart(&self, number: usize) {
        self.processes[number].kill();
        self.processes[number].must_run().await;
    }

    pub async fn wait_until_applied(&self) {
        let began = Instant::now();
        while self.store.count_events().await.unwrap().waiting > 0 {
            assert!(
                began.elapsed() < PATIENCE,
                "the inbox does not become empty"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
