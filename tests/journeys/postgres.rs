//! A Postgres of the tests' own: one server per test program, one fresh database per caller.
//!
//! It is started from the installed programs in a temporary folder, on a free port, and ends with
//! the test program, however that ends: a shell waits for the end of its input, which is a pipe
//! from here. A database that sets `synchronous_commit` to `on` waits at each commit for a standby that
//! there is not. Postgres refuses to run as root: then it runs as the user `postgres` or `nobody`.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::ports::free_port;

/// Makes the cluster, serves until standard input ends, and tidies up.
const SCRIPT: &str = r#"
set -e
"$1/initdb" --pgdata="$2/data" --username=postgres --auth=trust --encoding=UTF8 --no-locale \
    --no-sync >"$2/log" 2>&1
"$1/postgres" -D "$2/data" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 -c fsync=off \
    -c max_connections=300 -c synchronous_commit=local -c synchronous_standby_names=nobody \
    >>"$2/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -INT "$server" || true
wait "$server" || true
rm -rf "$2"
"#;

/// The time limit for the start of the server.
const START_TIMEOUT: Duration = Duration::from_secs(90);

struct Server {
    port: u16,
    /// Holds the pipe whose end ends the server.
    _shell: Child,
}

/// Creates an empty database, and returns its URL.
pub async fn fresh_database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);

    let port = SERVER.get_or_init(start).port;
    let url = |name: &str| format!("postgres://postgres@127.0.0.1:{port}/{name}");
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let started = Instant::now();
    let mut connection = loop {
        match PgConnection::connect(&url("postgres")).await {
            Ok(connection) => break connection,
            Err(error) if started.elapsed() > START_TIMEOUT => {
                panic!("Postgres did not start in time: {error}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    url(&name)
}

fn start() -> Server {
    let folder = tempfile::Builder::new()
        .prefix("postgres-")
        .tempdir()
        .unwrap()
        .keep();
    let port = free_port();
    let mut command = match other_user() {
        None => Command::new("sh"),
        Some(user) => {
            let owned = Command::new("chown").arg(user).arg(&folder).status();
            assert!(owned.unwrap().success(), "chown {user}");
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--", "sh"]);
            command
        }
    };
    let shell = command
        .args(["-c", SCRIPT, "sh"])
        .arg(programs())
        .arg(&folder)
        .arg(port.to_string())
        .current_dir("/")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    Server {
        port,
        _shell: shell,
    }
}

/// Whom to run it as, if not as ourselves.
pub fn other_user() -> Option<&'static str> {
    let output = |arguments: &[&str]| Command::new("id").args(arguments).output().unwrap();
    if output(&["-u"]).stdout != b"0\n" {
        return None;
    }
    let exists = |user: &&str| output(&["-u", user]).status.success();
    ["postgres", "nobody"].into_iter().find(exists)
}

/// Where `initdb` and `postgres` are: Debian keeps them off PATH.
#[expect(clippy::disallowed_methods, reason = "where programs are")]
fn programs() -> PathBuf {
    let output = Command::new("pg_config").arg("--bindir").output();
    let output = output.ok().filter(|output| output.status.success());
    let bindir =
        output.map(|output| PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let debians = versions.map(|version| version.unwrap().path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    bindir
        .into_iter()
        .chain(debians)
        .chain(std::env::split_paths(&path))
        .find(|folder| is_complete(folder))
        .expect("Postgres is not installed: run script/setup test (Debian: apt install postgresql)")
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}
