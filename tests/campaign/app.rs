//! The app's processes on one database.

use std::{
    path::{Path, PathBuf},
    process::Command,
    str::FromStr,
};

use persona_onboarding::{
    base::Clock,
    store::{Cipher, DataKey, Store},
};
use sqlx::AnyPool;

use crate::{ports::free_port, postgres, process::Process, site::stub_site};

/// The secret that signs webhooks.
pub const WEBHOOK_SECRET: &str = "wbhsec_campaign";
const DATA_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The app's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl FromStr for Database {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            _ => Err(()),
        }
    }
}

/// The processes, and direct access to their database.
pub struct App {
    pub processes: Vec<Process>,
    pub store: Store,
    pub tables: AnyPool,
}

impl App {
    /// Prepares the processes: `count` of them on Postgres, one on SQLite.
    pub async fn prepare(
        folder: &Path,
        database: Database,
        count: usize,
        persona_url: &str,
    ) -> Self {
        Self::prepare_with(folder, database, count, persona_url, |_| None).await
    }

    /// Like [`prepare`](Self::prepare), but some processes run another program than this build's.
    pub async fn prepare_with(
        folder: &Path,
        database: Database,
        count: usize,
        persona_url: &str,
        other_program: impl Fn(usize) -> Option<PathBuf>,
    ) -> Self {
        let (database_url, count) = match database {
            Database::Sqlite => (format!("sqlite://{}", folder.join("app.db").display()), 1),
            Database::Postgres => (postgres::fresh_database().await, count),
        };
        let cipher = Cipher::new(&DataKey::parse(DATA_KEY).unwrap(), &[]);
        let store = Store::open(&database_url, cipher, Clock::system())
            .await
            .unwrap();
        let tables = sqlx::any::AnyPoolOptions::new().max_connections(1);
        let tables = tables.connect(&database_url).await.unwrap();
        let processes = (0..count)
            .map(|number| {
                let program = other_program(number).filter(|path| !path.as_os_str().is_empty());
                process(folder, number, program, &database_url, persona_url)
            })
            .collect();
        Self {
            processes,
            store,
            tables,
        }
    }
}

fn process(
    folder: &Path,
    number: usize,
    program: Option<PathBuf>,
    database_url: &str,
    persona_url: &str,
) -> Process {
    let port = free_port();
    let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_persona-onboarding").into());
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("LEPTOS_SITE_ROOT", stub_site(folder))
        .env("DATABASE_URL", database_url)
        .env("PERSONA_API_KEY", "persona_sandbox_campaign")
        .env("PERSONA_API_URL", persona_url)
        .env(
            "PERSONA_WIDGET_HOST",
            persona_url.trim_start_matches("http://"),
        )
        .env("PERSONA_WEBHOOK_SECRET", WEBHOOK_SECRET)
        .env("SESSION_SECRET", "a-secret-for-tests-of-32-letters")
        .env("DATA_KEYS", DATA_KEY)
        .env("DRAIN_SECONDS", "1")
        .env("RUST_LOG", "warn");
    let log = folder.join(format!("server-{number}.log"));
    Process::new(command, port, "/healthz", &log)
}
