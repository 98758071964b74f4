//! The target of the campaign: the app on one of its databases, or the tutorial's algorithm.

use std::{path::Path, process::Command, str::FromStr};

use persona_onboarding::{domain::User, store::Store};
use reqwest::header;
use serde_json::json;
use sqlx::AnyPool;
use tempfile::TempDir;

use crate::{
    app::{App, Database},
    balancer,
    plan::Round,
    ports::free_port,
    process::Process,
    sandbox::SandboxControl,
};

/// The number of the app's processes on Postgres.
const PROCESSES: usize = 3;

/// The target program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    App,
    Tutorial,
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "app" => Ok(Self::App),
            "tutorial" => Ok(Self::Tutorial),
            _ => Err(()),
        }
    }
}

/// The running servers, balancer and sandbox.
pub struct World {
    // Dropped in this order: the servers before the sandbox, the folder last.
    pub servers: Vec<Process>,
    /// The balancer in front of several servers.
    balancer: Option<Process>,
    pub sandbox: SandboxControl,
    user_source: UserSource,
    _folder: TempDir,
}

/// The source of the users.
enum UserSource {
    /// The app's database.
    App { store: Store, tables: AnyPool },
    /// The tutorial's server reads users from this file, and trusts the cookie.
    Tutorial(std::path::PathBuf),
}

/// A signed-in user.
#[derive(Clone)]
pub struct Person {
    pub user: User,
    pub cookie: String,
}

impl World {
    /// Starts the sandbox and the servers.
    pub async fn start(kind: Kind, database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = SandboxControl::start(persona_sandbox::Config::default());
        let sandbox_url = sandbox.url().to_owned();
        let (servers, user_source) = match kind {
            Kind::App => prepare_app(folder.path(), &sandbox_url, database).await,
            Kind::Tutorial => prepare_tutorial(folder.path(), &sandbox_url),
        };
        for server in &servers {
            server.ensure_running().await;
        }
        let balancer = if servers.len() > 1 {
            Some(balancer::start(folder.path(), &servers).await)
        } else {
            None
        };
        Self {
            servers,
            balancer,
            sandbox,
            user_source,
            _folder: folder,
        }
    }

    /// The URL for browsers: the balancer's, which chooses the server, if there is one.
    pub fn entry(&self, server: usize) -> &str {
        let direct = &self.servers[server];
        &self.balancer.as_ref().unwrap_or(direct).url
    }

    /// Signs in the users of a round. No fault may be set yet, and all servers must run.
    pub async fn sign_in_people(&self, round: &Round) -> Vec<Person> {
        let mut people = Vec::new();
        for plan in &round.people {
            let user = plan.user.clone();
            let cookie = match &self.user_source {
                UserSource::App { store, tables } => self.sign_in(&user, store, tables).await,
                UserSource::Tutorial(_) => format!("user={}", user.id),
            };
            people.push(Person { user, cookie });
        }
        if let UserSource::Tutorial(file) = &self.user_source {
            let users = people.iter().map(|Person { user, .. }| {
                let user = json!({
                    "id": user.id, "first_name": user.first_name, "last_name": user.last_name,
                    "birthdate": user.birthdate,
                });
                format!("{user}\n")
            });
            std::fs::write(file, users.collect::<String>()).unwrap();
        }
        people
    }

    /// Adds a user, and signs them in: signs in as the demo user, and then assigns the new session to the
    /// user in the database. The server has no endpoint for tests that would do it.
    async fn sign_in(&self, user: &User, store: &Store, tables: &AnyPool) -> String {
        user.clone().ensure(store).await.unwrap();
        let http = crate::http().build().unwrap();
        let url = format!("{}/api/session/demo", self.servers[0].url);
        let response = http.post(url).send().await.unwrap();
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let demo = User::demo().unwrap().id;
        let updated = sqlx::query(
            "UPDATE sessions SET user_id = $1, data = REPLACE(data, $2, $1) WHERE user_id = $2",
        )
        .bind(user.id.as_str())
        .bind(demo.as_str())
        .execute(tables)
        .await
        .unwrap();
        assert_eq!(updated.rows_affected(), 1);
        cookie
    }
}

async fn prepare_app(
    folder: &Path,
    sandbox_url: &str,
    database: Database,
) -> (Vec<Process>, UserSource) {
    let App {
        processes,
        store,
        tables,
    } = App::prepare(folder, database, PROCESSES, sandbox_url).await;
    (processes, UserSource::App { store, tables })
}

fn prepare_tutorial(folder: &Path, sandbox_url: &str) -> (Vec<Process>, UserSource) {
    let users = folder.join("users.jsonl");
    std::fs::write(&users, "").unwrap();
    let port = free_port();
    let program = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/peers/tutorial/server.py"
    );
    let mut command = Command::new("python3");
    command
        .arg(program)
        .env("PORT", port.to_string())
        .env("PERSONA_API_URL", format!("{sandbox_url}/api/v1"))
        .env("PERSONA_API_KEY", "persona_sandbox_campaign")
        .env("PERSONA_INQUIRY_TEMPLATE_ID", "itmpl_sandboxKYC")
        .env("USERS", &users);
    let server = Process::new(command, port, "/healthz", &folder.join("server.log"));
    (vec![server], UserSource::Tutorial(users))
}
