//! The app's processes on one database.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use persona_onboarding::{
    clock::Clock,
    domain::User,
    store::{Cipher, DataKey, Store},
};
use sqlx::AnyPool;

use crate::{
    ports::free_port,
    postgres,
    process::Process,
    target::{DATA_KEY, Database},
};

/// What the servers check signatures with.
pub const SECRET: &str = "wbhsec_campaign";
/// How long the inbox may take to become empty.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Servers {
    pub processes: Vec<Process>,
    pub store: Store,
    pub tables: AnyPool,
}

impl Servers {
    pub async fn start(folder: &Path, database: Database, users: &[User]) -> Self {
        let (database_url, count) = match database {
            Database::Sqlite => (format!("sqlite://{}", folder.join("app.db").display()), 1),
            Database::Postgres => (postgres::fresh_database().await, 2),
        };
        let cipher = Cipher::new(&DataKey::parse(DATA_KEY).unwrap(), &[]);
        let store = Store::open(&database_url, cipher, Clock::system())
            .await
            .unwrap();
        for user in users {
            user.clone().ensure(&store).await.unwrap();
        }
        let tables = sqlx::any::AnyPoolOptions::new().max_connections(1);
        let tables = tables.connect(&database_url).await.unwrap();
        let processes: Vec<Process> = (0..count)
            .map(|number| {
                let port = free_port();
                let mut command = Command::new(env!("CARGO_BIN_EXE_persona-onboarding"));
                command
                    .current_dir(folder)
                    .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
                    .env("DATABASE_URL", &database_url)
                    .env("PERSONA_API_KEY", "persona_sandbox_campaign")
                    // Nobody is there.
                    .env("PERSONA_API_URL", "http://localhost:9")
                    .env("PERSONA_WIDGET_HOST", "localhost:9")
                    .env("PERSONA_INQUIRY_TEMPLATE_ID", "itmpl_sandboxKYC")
                    .env("PERSONA_WEBHOOK_SECRET", SECRET)
                    .env("SESSION_SECRET", "a-secret-for-tests-of-32-letters")
                    .env("DATA_KEYS", DATA_KEY)
                    .env("RUST_LOG", "warn");
                let log = folder.join(format!("server-{number}.log"));
                Process::new(command, port, "/healthz", &log)
            })
            .collect();
        for process in &processes {
            process.must_run().await;
        }
        Self {
            processes,
            store,
            tables,
        }
    }

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
