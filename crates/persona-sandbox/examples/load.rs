//! Measures a program of the sandbox: how quick it is and how much memory it takes, with many
//! environments and with a state file. On Linux, and alone on the machine:
//!
//! ```sh
//! cargo run --release -p persona-sandbox --example load -- target/release/persona-sandbox
//! ```

#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader as SyncReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How many environments are used side by side, and how many inquiries each finishes.
const ENVIRONMENTS: usize = 20;
const INQUIRIES: usize = 50;

/// The documented limit of environments.
const MAX_ENVIRONMENTS: usize = 1000;

/// The memory that the process holds, in kilobytes.
fn resident_kb(program: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The processor time that the process has used, in hundredths of a second: unlike the times of calls,
/// it hardly depends on what else the machine does.
fn processor_ticks(program: &Program) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", program.child.id())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// A running program.
struct Program {
    child: Child,
    addr: String,
}

impl Program {
    /// Starts it without a line for each request.
    fn start<A: AsRef<OsStr>>(path: &str, args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(path);
        command.args(["--addr", "127.0.0.1:0"]).args(args);
        command.env("RUST_LOG", "warn").stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = SyncReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let addr = ready["addr"].as_str().unwrap().to_owned();
        Self { child, addr }
    }

    /// Ends it as a service manager does.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

/// A client that costs little beside what it measures: requests written by hand, on one connection.
struct Caller {
    connection: BufReader<TcpStream>,
    key: String,
    took: Vec<Duration>,
}

impl Caller {
    async fn new(program: &Program, key: String) -> Self {
        let connection = TcpStream::connect(&program.addr).await.unwrap();
        connection.set_nodelay(true).unwrap();
        Self {
            connection: BufReader::new(connection),
            key,
            took: Vec::new(),
        }
    }

    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len(),
        );
        let began = Instant::now();
        self.connection.write_all(request.as_bytes()).await.unwrap();
        let mut line = String::new();
        self.connection.read_line(&mut line).await.unwrap();
        assert!(line.starts_with("HTTP/1.1 2"), "{method} {path}: {line}");
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            self.connection.read_line(&mut line).await.unwrap();
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        self.connection.read_exact(&mut answer).await.unwrap();
        self.took.push(began.elapsed());
        serde_json::from_slice(&answer).unwrap()
    }

    /// Creates an inquiry, lets its flow begin and complete by the API, and reads it.
    async fn finish_inquiry(&mut self, reference_id: &str) {
        let attributes = json!({
            "inquiry-template-id": "itmpl_sandboxKYC",
            "reference-id": reference_id,
        });
        let body = json!({ "data": { "attributes": attributes } });
        let created = self.call("POST", "/api/v1/inquiries", &body).await;
        let path = format!(
            "/api/v1/inquiries/{}",
            created["data"]["id"].as_str().unwrap()
        );
        let actions = json!({ "meta": { "simulate-actions": [
            { "type": "start_inquiry" },
            { "type": "complete_inquiry" },
        ] } });
        let simulate = format!("{path}/perform-simulate-actions");
        self.call("POST", &simulate, &actions).await;
        let read = self.call("GET", &path, &json!({})).await;
        assert!(read["data"]["attributes"]["completed-at"].is_string());
    }
}

async fn twenty_environments(path: &str) {
    let program = Program::start(path, ["--approve-after-ms", "0"]);
    let before = resident_kb(&program);
    let mut callers = JoinSet::new();
    let began = Instant::now();
    for environment in 0..ENVIRONMENTS {
        let mut caller = Caller::new(&program, format!("persona_sandbox_env_e{environment}")).await;
        callers.spawn(async move {
            for number in 0..INQUIRIES {
                caller.finish_inquiry(&format!("usr_{number}")).await;
            }
            caller.took
        });
    }
    let mut took = callers.join_all().await.concat();
    let seconds = began.elapsed().as_secs_f64();
    took.sort_unstable();
    let percentile = |share: usize| took[(took.len() - 1) * share / 100];
    println!(
        "{} inquiries in {ENVIRONMENTS} environments: {} calls in {seconds:.2} s, p50 {:?}, p99 {:?}, \
         longest {:?}; {} ms of processor time; memory {before} kB before, {} kB after",
        ENVIRONMENTS * INQUIRIES,
        took.len(),
        percentile(50),
        percentile(99),
        took.last().unwrap(),
        10 * processor_ticks(&program),
        resident_kb(&program),
    );
    program.stop();
}

async fn a_thousand_environments(path: &str) {
    let program = Program::start(path, [""; 0]);
    let before = resident_kb(&program);
    let mut caller = Caller::new(&program, String::new()).await;
    for environment in 0..MAX_ENVIRONMENTS {
        caller.key = format!("persona_sandbox_env_e{environment}");
        caller.call("GET", "/api/v1/inquiries", &json!({})).await;
    }
    caller.took.sort_unstable();
    println!(
        "{MAX_ENVIRONMENTS} environments: memory {before} kB before, {} kB after; the first call of \
         each: p50 {:?}, longest {:?}",
        resident_kb(&program),
        caller.took[MAX_ENVIRONMENTS / 2],
        caller.took.last().unwrap(),
    );
    program.stop();
}

async fn start_with_a_thousand_inquiries(path: &str) {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let timed = || {
        let began = Instant::now();
        let program = Program::start(path, ["--state".as_ref(), state.as_os_str()]);
        (program, began.elapsed())
    };
    let (program, empty) = timed();
    let mut caller = Caller::new(&program, "persona_sandbox_x".to_owned()).await;
    for number in 0..ENVIRONMENTS * INQUIRIES {
        caller.finish_inquiry(&format!("usr_{number}")).await;
    }
    program.stop();
    let (program, full) = timed();
    println!(
        "start with an empty state file {empty:?}, with {} inquiries {full:?}; memory {} kB",
        ENVIRONMENTS * INQUIRIES,
        resident_kb(&program),
    );
    program.stop();
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("name the program that is to be measured");
        std::process::exit(2);
    };
    twenty_environments(&path).await;
    a_thousand_environments(&path).await;
    start_with_a_thousand_inquiries(&path).await;
}
