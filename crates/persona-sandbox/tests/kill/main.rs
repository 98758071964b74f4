//! The program, killed at random moments of a busy run: no change that was answered is lost, no
//! idempotency key makes a second inquiry, no event is lost, no identifier comes twice.
//!
//! `SANDBOX_KILLS` (10) says how often it is killed, `SANDBOX_KILL_SEED` (1) repeats a run's
//! choices; the moments themselves are the machine's. What a run did is printed at its end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests fail by panicking, helpers included"
)]

mod receiver;

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use receiver::Receiver;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many clients work at once.
const CLIENTS: u64 = 6;

/// How long events may take to arrive at the end.
const PATIENCE: Duration = Duration::from_secs(60);

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own variables, not the configuration's"
)]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number"))
    })
}

/// The running program.
struct Program {
    child: Child,
    base: String,
}

impl Program {
    fn start(state: &Path, webhook: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_persona-sandbox"))
            .args(["--addr", "127.0.0.1:0", "--seed", "7", "--webhook", webhook])
            .arg("--state")
            .arg(state)
            .env("RUST_LOG", "error")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let base = loop {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "it has ended");
            if let Some((_, url)) = line.trim().split_once("PERSONA_API_URL=") {
                break url.trim_end_matches("/api/v1").to_owned();
            }
        };
        // It must not wait for a reader.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if line.contains("ERROR") || line.contains("panicked") {
                    eprintln!("{line}");
                }
            }
        });
        Self { child, base }
    }

    /// As `kill -9` does.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What one client asked for and was answered.
#[derive(Default)]
struct Ledger {
    /// By idempotency key, which is the reference ID too: the body of its first answer.
    creates: BTreeMap<String, Option<Value>>,
    /// By inquiry: notes that were sent, the last answered one first.
    notes: BTreeMap<String, Vec<String>>,
    /// Inquiries whose simulated start was answered.
    started: HashSet<String>,
    /// Inquiries whose redaction was answered.
    redacted: HashSet<String>,
    /// Inquiries whose redaction was sent.
    perhaps_redacted: HashSet<String>,
    calls: u64,
}

/// One client: it keeps its choices and what it was told over all kills.
struct Person {
    number: u64,
    chance: StdRng,
    ledger: Ledger,
}

impl Person {
    fn new(number: u64, seed: u64) -> Self {
        Self {
            number,
            chance: StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number)),
            ledger: Ledger::default(),
        }
    }

    /// Works until the program does not answer any more.
    async fn work(&mut self, http: &Client, base: &str) {
        // As a program does that was not answered: the same request with the same key.
        let unanswered = self.ledger.creates.iter().filter(|(_, it)| it.is_none());
        let unanswered: Vec<_> = unanswered.map(|(key, _)| key.clone()).collect();
        for key in unanswered {
            if self.create(http, base, key).await.is_none() {
                return;
            }
        }
        while self.act(http, base).await.is_some() {}
    }

    async fn act(&mut self, http: &Client, base: &str) -> Option<()> {
        let ids: Vec<String> = self.inquiries();
        let choice = self.chance.random_range(0..10);
        if ids.is_empty() || choice < 4 {
            let key = format!("usr_{}_{}", self.number, self.ledger.creates.len());
            self.ledger.creates.insert(key.clone(), None);
            return self.create(http, base, key).await;
        }
        let id = ids[self.chance.random_range(0..ids.len())].clone();
        if self.ledger.perhaps_redacted.contains(&id) {
            return Some(());
        }
        match choice {
            4..7 => {
                let note = format!("note {}", self.chance.random::<u64>());
                let notes = self.ledger.notes.entry(id.clone());
                let notes = notes.or_insert_with(|| vec![String::new()]);
                notes.push(note.clone());
                let body = json!({"data": {"attributes": {"note": note}}});
                let path = format!("/inquiries/{id}");
                let answer = self
                    .call(http, base, Method::PATCH, &path, body, None)
                    .await?;
                assert_eq!(answer["data"]["attributes"]["note"], note, "{answer}");
                self.ledger.notes.insert(id, vec![note]);
            }
            7..9 => {
                let body = json!({"meta": {"simulate-actions": [{"type": "start_inquiry"}]}});
                let path = format!("/inquiries/{id}/perform-simulate-actions");
                let answer = self
                    .call(http, base, Method::POST, &path, body, None)
                    .await?;
                // A second start is refused: the first may not have been answered.
                if answer["data"]["id"] == id.as_str() {
                    self.ledger.started.insert(id);
                }
            }
            _ => {
                self.ledger.perhaps_redacted.insert(id.clone());
                let path = format!("/inquiries/{id}");
                let answer = self
                    .call(http, base, Method::DELETE, &path, json!({}), None)
                    .await?;
                assert!(answer["data"]["attributes"]["redacted-at"].is_string());
                self.ledger.redacted.insert(id);
            }
        }
        Some(())
    }

    /// Creates with a session and a link: three objects and the kept answer.
    async fn create(&mut self, http: &Client, base: &str, key: String) -> Option<()> {
        let body = json!({
            "data": {"attributes": {
                "inquiry-template-id": "itmpl_sandboxKYC",
                "reference-id": key,
                "fields": {"name_first": "Alexander"},
            }},
            "meta": {"auto-create-inquiry-session": true, "auto-create-one-time-link": true},
        });
        let answer = self
            .call(http, base, Method::POST, "/inquiries", body, Some(&key))
            .await?;
        assert!(answer["data"]["id"].is_string(), "{answer}");
        self.ledger.creates.insert(key, Some(answer));
        Some(())
    }

    fn inquiries(&self) -> Vec<String> {
        let answers = self.ledger.creates.values().flatten();
        answers
            .map(|answer| answer["data"]["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The answer; `None` if there is none, since the program was killed.
    async fn call(
        &mut self,
        http: &Client,
        base: &str,
        method: Method,
        path: &str,
        body: Value,
        key: Option<&str>,
    ) -> Option<Value> {
        let mut request = http
            .request(method, format!("{base}/api/v1{path}"))
            .bearer_auth("persona_sandbox_test")
            .json(&body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.ok()?.bytes().await.ok()?;
        self.ledger.calls += 1;
        Some(serde_json::from_slice(&answer).unwrap())
    }

    /// Everything that was answered is there, and nothing twice.
    async fn check(&mut self, http: &Client, base: &str) {
        let creates: Vec<_> = self.ledger.creates.clone().into_iter().collect();
        for (key, answered) in creates {
            let url = format!("{base}/_sandbox/inquiries?reference-id={key}");
            let found: Value = http.get(url).send().await.unwrap().json().await.unwrap();
            let found = found["data"].as_array().unwrap();
            let answered = answered.expect("every create was answered in the end");
            let id = answered["data"]["id"].as_str().unwrap().to_owned();
            assert_eq!(found.len(), 1, "{key}: a second inquiry, or none");
            assert_eq!(found[0]["id"], id.as_str(), "{key}");
            let attributes = &found[0]["attributes"];
            if self.ledger.redacted.contains(&id) {
                assert!(attributes["redacted-at"].is_string(), "{id}: not redacted");
            }
            if self.ledger.perhaps_redacted.contains(&id) {
                continue;
            }
            if let Some(notes) = self.ledger.notes.get(&id) {
                let note = attributes["note"].as_str().unwrap_or_default();
                // The last answered one, or one after it that was not answered.
                assert!(notes.iter().any(|sent| sent == note), "{id}: {note}");
            }
            if self.ledger.started.contains(&id) {
                assert_eq!(attributes["status"], "pending", "{id}");
            }
            // Its key has the same answer, with the same session token and link.
            self.create(http, base, key.clone()).await.unwrap();
            assert_eq!(self.ledger.creates[&key].as_ref(), Some(&answered));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_sandbox_survives_kills_at_random_moments() {
    let kills = setting("SANDBOX_KILLS", 10);
    let seed = setting("SANDBOX_KILL_SEED", 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let receiver = Receiver::start().await;
    let http = Client::builder()
        .tls_backend_preconfigured(persona_sandbox::tls_config(None).unwrap())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let mut chance = StdRng::seed_from_u64(seed);
    let people = (0..CLIENTS).map(|number| Person::new(number, seed));
    let mut people: Vec<_> = people.collect();
    let mut starts = Duration::ZERO;
    for _ in 0..kills {
        let began = Instant::now();
        let program = Program::start(&path, &receiver.url);
        starts += began.elapsed();
        let mut work = JoinSet::new();
        for mut person in people.drain(..) {
            let (http, base) = (http.clone(), program.base.clone());
            work.spawn(async move {
                person.work(&http, &base).await;
                person
            });
        }
        tokio::time::sleep(Duration::from_millis(chance.random_range(1..250))).await;
        program.kill();
        people = work.join_all().await;
        people.sort_by_key(|person| person.number);
    }

    let program = Program::start(&path, &receiver.url);
    // What was not answered is asked for once more, and then all is compared.
    let mut checks = JoinSet::new();
    for mut person in people.drain(..) {
        let (http, base) = (http.clone(), program.base.clone());
        checks.spawn(async move {
            let creates = person.ledger.creates.iter();
            let unanswered: Vec<_> = creates
                .filter(|(_, answer)| answer.is_none())
                .map(|(key, _)| key.clone())
                .collect();
            for key in unanswered {
                person.create(&http, &base, key).await.unwrap();
            }
            person.check(&http, &base).await;
            person
        });
    }
    let people = checks.join_all().await;
    let ids: Vec<_> = people.iter().flat_map(Person::inquiries).collect();
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "an identifier came twice");

    let started: HashSet<_> = people
        .iter()
        .flat_map(|person| &person.ledger.started)
        .cloned()
        .collect();
    let began = Instant::now();
    loop {
        let missing: Vec<_> = {
            let told = receiver.started.lock().unwrap();
            started.difference(&told).cloned().collect()
        };
        if missing.is_empty() {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "never told of: {missing:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.kill();
    let calls: u64 = people.iter().map(|person| person.ledger.calls).sum();
    let redacted: usize = people
        .iter()
        .map(|person| person.ledger.redacted.len())
        .sum();
    println!(
        "{kills} kills, {calls} answered calls, {} inquiries, {} starts told by webhook, \
         {redacted} redactions; a start took {:?}",
        ids.len(),
        started.len(),
        starts / u32::try_from(kills.max(1)).unwrap(),
    );
}

/// What several tasks share.
type Shared<T> = Arc<Mutex<T>>;
