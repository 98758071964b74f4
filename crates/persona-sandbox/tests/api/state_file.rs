//! What survives: restarts, `kill -9`, a full disk; and what is wrong with a file is said.
//!
//! Longer than 400 lines: one process under test, which all cases share.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use persona_sandbox::{Config, OpenError, Sandbox, StateLocation};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{TestSandbox, new_inquiry};

fn open(path: &Path) -> Result<Sandbox, OpenError> {
    Sandbox::open(Config {
        state: StateLocation::File(path.to_owned()),
        ..Config::default()
    })
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/sandbox.db");
    let sandbox = TestSandbox::start_in(&path).await;
    let id = sandbox.create("usr_1").await;
    sandbox.walk(&id, None, &["start", "government_id"]).await;
    let token = sandbox.resume(&id).await;
    let before = sandbox.get(&format!("/inquiries/{id}")).await.body;
    sandbox.stop().await;

    let sandbox = TestSandbox::start_in(&path).await;
    assert_eq!(sandbox.get(&format!("/inquiries/{id}")).await.body, before);
    assert_eq!(
        sandbox.walk(&id, Some(&token), &["selfie"]).await,
        "success"
    );
    let events = sandbox
        .get(&format!("/events?filter[object-id]={id}"))
        .await;
    assert!(events.body.to_string().contains("inquiry.created"));
    sandbox.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_gets_its_answer_after_every_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let mut answers = Vec::new();
    for _ in 0..3 {
        let sandbox = TestSandbox::start_in(&path).await;
        let request = sandbox
            .api(Method::POST, "/inquiries")
            .header("idempotency-key", "usr_1:1")
            .json(&new_inquiry("usr_1"));
        let answer = TestSandbox::send(request).await;
        answers.push((answer.status, answer.body));
        assert_eq!(sandbox.get("/inquiries").await.ids().len(), 1);
        sandbox.stop().await;
    }
    assert_eq!(answers[1], answers[0]);
    assert_eq!(answers[2], answers[0]);
}

#[tokio::test]
async fn a_workflow_that_was_due_meanwhile_decides_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let sandbox = TestSandbox::start_in(&path).await;
    sandbox
        .control(Method::POST, "clock", json!({"speed": 0}))
        .await;
    let id = sandbox.create("usr_1").await;
    sandbox
        .walk(&id, None, &["start", "government_id", "selfie"])
        .await;
    sandbox.stop().await;
    let sandbox = TestSandbox::start_in(&path).await;
    sandbox
        .control(Method::POST, "clock", json!({"speed": 100}))
        .await;
    let began = Instant::now();
    loop {
        let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
        if inquiry.text("/data/attributes/status") == "approved" {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let first = open(&path).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Locked { .. })));
    drop(first);
    assert!(open(&path).is_ok());
}

#[tokio::test]
async fn damage_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let sandbox = TestSandbox::start_in(&path).await;
    for number in 0..30 {
        sandbox.create(&format!("usr_{number}")).await;
    }
    sandbox.stop().await;
    let good = fs::read(&path).unwrap();

    let changed = |place: usize, bytes: &[u8]| {
        let mut damaged = good.clone();
        damaged[place..place + bytes.len()].copy_from_slice(bytes);
        damaged
    };
    let body = |text: &[u8]| good.windows(text.len()).position(|at| at == text).unwrap();
    for damaged in [
        changed(body(br#"{"inquiry":"#), br#"{"inquiry :"#),
        changed(body(br#""status":"created""#), br#""status":"creased""#),
        // Another version, another program's database, none at all.
        changed(60, &2_i32.to_be_bytes()),
        changed(68, &7_i32.to_be_bytes()),
        b"my shopping list\n".to_vec(),
        good[..good.len() / 2].to_vec(),
    ] {
        fs::write(&path, &damaged).unwrap();
        let error = open(&path).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged { .. } | OpenError::Foreign { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("SANDBOX_STATE"), "{error}");
        assert!(!error.to_string().contains("Alexander"), "{error}");
        assert!(fs::read(&path).unwrap() == damaged, "it was changed");
    }
    fs::write(&path, &good).unwrap();
    assert!(open(&path).is_ok());
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_named_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.jsonl");
    let old = "{\"persona-sandbox-state\":1}\n[]\n";
    fs::write(&path, old).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Outdated { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("sandbox.jsonl") && said.contains("SANDBOX_STATE"));
    // Beside the new one it is no obstacle, and stays.
    drop(open(&folder.path().join("sandbox.db")).unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
}

#[tokio::test]
async fn a_speed_ends_with_the_process_and_the_time_off_is_not_multiplied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let sandbox = TestSandbox::start_in(&path).await;
    let clock = json!({"now": "2030-01-01T00:00:00Z", "speed": 1000});
    sandbox.control(Method::POST, "clock", clock).await;
    sandbox.stop().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let sandbox = TestSandbox::start_in(&path).await;
    let clock = sandbox.control(Method::GET, "clock", Value::Null).await;
    assert_eq!(clock["speed"], 1.0);
    let now = clock["now"].as_str().unwrap();
    // At a thousand times the speed 300 ms are five minutes.
    assert!(
        now.starts_with("2030-01-01T00:0") && now < "2030-01-01T00:04",
        "{now}"
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn a_state_is_exported_and_imported_whole() {
    let from = TestSandbox::start().await;
    let id = from.create("usr_1").await;
    let token = from.resume(&id).await;
    from.walk(&id, Some(&token), &["start", "government_id"])
        .await;
    let state = from.control(Method::GET, "state", Value::Null).await;
    let inquiry = from.get(&format!("/inquiries/{id}")).await.body;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let to = TestSandbox::start_in(&path).await;
    let other = to.create("usr_2").await;
    to.control(Method::PUT, "state", state.clone()).await;
    assert_eq!(to.get(&format!("/inquiries/{id}")).await.body, inquiry);
    assert_eq!(to.get("/inquiries").await.ids(), [&id]);
    assert_eq!(to.walk(&id, Some(&token), &["selfie"]).await, "success");
    to.stop().await;
    let to = TestSandbox::start_in(&path).await;
    assert_eq!(to.get("/inquiries").await.ids(), [&id]);
    assert_ne!(id, other);

    let put = async |body: Value| {
        let url = format!("{}/_sandbox/state", to.base);
        TestSandbox::send(to.client.put(url).json(&body)).await
    };
    for wrong in [
        json!({"version": 2, "records": []}),
        json!({"records": []}),
        json!({"version": 1, "records": [{"dog": {}}]}),
    ] {
        assert_eq!(put(wrong.clone()).await.status.as_u16(), 400, "{wrong}");
    }
    assert_eq!(to.get("/inquiries").await.ids(), [&id]);
    to.stop().await;
}

#[tokio::test]
async fn a_seed_never_draws_an_identifier_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let mut seen = std::collections::HashSet::new();
    let mut first_ids = Vec::new();
    for _ in 0..4 {
        let sandbox = TestSandbox::start_with(Config {
            state: StateLocation::File(path.clone()),
            seed: Some(7),
            ..Config::default()
        })
        .await;
        for _ in 0..2 {
            let id = sandbox.create("usr_1").await;
            first_ids.push(id.clone());
            assert!(seen.insert(id), "drawn twice: {first_ids:?}");
            sandbox.control(Method::POST, "reset", Value::Null).await;
        }
        // A restart right after a reset, with an empty state.
        sandbox.stop().await;
    }
    // And on another empty sandbox the same ones come.
    let other = TestSandbox::start_with(Config {
        seed: Some(7),
        ..Config::default()
    })
    .await;
    assert_eq!(other.create("usr_1").await, first_ids[0]);
    other.stop().await;
}

/// The program itself, killed when dropped.
struct Program {
    child: Child,
    base: String,
    client: Client,
}

impl Program {
    async fn start(state: &Path) -> Self {
        Self::start_with(state, None).await
    }

    /// No file that it writes gets longer than so many blocks (of 512 or 1,024 bytes).
    async fn start_with(state: &Path, longest_file: Option<u64>) -> Self {
        let mut command = match longest_file {
            None => Command::new(env!("CARGO_BIN_EXE_persona-sandbox")),
            // A write beyond the limit fails after as much as still fits, as on a full disk.
            Some(blocks) => {
                let mut shell = Command::new("sh");
                let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
                shell.args(["-c", &script, env!("CARGO_BIN_EXE_persona-sandbox")]);
                shell
            }
        };
        let mut child = command
            .args(["--addr", "127.0.0.1:0", "--state"])
            .arg(state)
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
        // Nobody reads the rest, and it must not wait for anybody.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self {
            child,
            base,
            client: Client::builder()
                .tls_backend_preconfigured(persona_sandbox::tls_config(None).unwrap())
                .timeout(Duration::from_secs(10))
                .build()
                .unwrap(),
        }
    }

    async fn get(&self, control: &str) -> reqwest::Result<reqwest::Response> {
        self.client
            .get(format!("{}/_sandbox/{control}", self.base))
            .send()
            .await
    }

    async fn create(&self) -> String {
        self.try_create().await.unwrap()
    }

    /// The ID, or the answer to what could not be created.
    async fn try_create(&self) -> Result<String, (u16, Value)> {
        let request = self
            .client
            .post(format!("{}/api/v1/inquiries", self.base))
            .bearer_auth("persona_sandbox_test")
            .json(&new_inquiry("usr_1"));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        match body["data"]["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err((status, body)),
        }
    }

    /// The IDs of all inquiries, oldest first.
    async fn all(&self) -> Vec<String> {
        let all: Value = self.get("inquiries").await.unwrap().json().await.unwrap();
        let mut all: Vec<_> = all["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|inquiry| inquiry["id"].as_str().unwrap().to_owned())
            .collect();
        all.reverse();
        all
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn what_was_answered_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let mut made = Vec::new();
    for _ in 0..3 {
        let program = Program::start(&path).await;
        for _ in 0..5 {
            made.push(program.create().await);
        }
    }
    let program = Program::start(&path).await;
    assert_eq!(program.all().await, made);
}

#[tokio::test]
async fn a_full_disk_is_answered_clearly_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let program = Program::start_with(&path, Some(4096)).await;
    let mut made = Vec::new();
    let (status, body) = loop {
        match program.try_create().await {
            Ok(id) => made.push(id),
            Err(refused) => break refused,
        }
        assert!(made.len() < 1000, "the disk does not fill up");
    };
    assert!(made.len() > 5);
    assert_eq!(status, 500);
    let reason = "could not write the sandbox state";
    assert!(body.to_string().contains(reason), "{body}");
    // It goes on answering, and refuses again.
    assert_eq!(program.all().await, made);
    assert!(program.try_create().await.is_err());
    drop(program);

    // With room again, all is there that was answered, and no half of what was not.
    let program = Program::start(&path).await;
    assert_eq!(program.all().await, made);
    made.push(program.create().await);
    drop(program);
    assert_eq!(Program::start(&path).await.all().await, made);
}

#[tokio::test]
async fn the_api_log_is_there_after_a_restart_and_no_reason_not_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let sandbox = TestSandbox::start_in(&path).await;
    let id = sandbox.create("usr_1").await;
    sandbox.resume(&id).await;
    let listed = sandbox.get("/inquiries").await;
    sandbox.stop().await;

    let sandbox = TestSandbox::start_in(&path).await;
    let page = async |sandbox: &TestSandbox, path: &str| {
        let url = format!("{}/dashboard/api-logs{path}", sandbox.base);
        let answer = sandbox.client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let request_id = listed.header("request-id");
    let (status, shown) = page(&sandbox, &format!("/{request_id}")).await;
    assert_eq!(status, 200);
    assert!(shown.contains(&id), "{shown}");
    // On the sandbox's clock it is kept two weeks.
    sandbox.advance(13 * 86_400).await;
    assert!(page(&sandbox, "").await.1.contains(request_id));
    sandbox.advance(2 * 86_400).await;
    assert!(!page(&sandbox, "").await.1.contains(request_id));
    sandbox.stop().await;

    let logged = |path: &Path| -> Vec<String> {
        let database = rusqlite::Connection::open(path).unwrap();
        let mut select = database.prepare("SELECT body FROM calls").unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    // All that was logged is too old by now.
    assert!(logged(&path).is_empty());
    let sandbox = TestSandbox::start_in(&path).await;
    sandbox.resume(&id).await;
    sandbox.stop().await;
    let text = logged(&path).concat();
    assert!(text.contains("resume"), "{text}");
    assert!(!text.contains("eyJ") && !text.contains("persona_sandbox_test"));

    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute("UPDATE calls SET body = 'damaged'", [])
        .unwrap();
    drop(database);
    let sandbox = TestSandbox::start_in(&path).await;
    assert_eq!(sandbox.get("/inquiries").await.ids(), [&id]);
    sandbox.stop().await;
    assert!(logged(&path).iter().all(|body| body == "damaged"));
}

#[tokio::test]
async fn what_is_redacted_is_in_no_copy_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let sandbox = TestSandbox::start_in(&path).await;
    let create = |sandbox: &TestSandbox| {
        let request = sandbox.api(Method::POST, "/inquiries");
        request
            .header("idempotency-key", "k")
            .json(&new_inquiry("usr_1"))
    };
    let made = TestSandbox::send(create(&sandbox)).await;
    let inquiry = format!("/inquiries/{}", made.text("/data/id"));
    let logged = async || {
        let base = &sandbox.base;
        let url = format!("{base}/dashboard/api-logs/{}", made.header("request-id"));
        let page = sandbox.client.get(url).send().await.unwrap();
        page.text().await.unwrap()
    };
    assert!(logged().await.contains("Alexander"));
    // As it is in the log's table before.
    tokio::time::sleep(Duration::from_millis(1200)).await;

    let redaction = sandbox.api(Method::DELETE, &inquiry);
    assert_eq!(TestSandbox::send(redaction).await.status.as_u16(), 200);
    let page = logged().await;
    assert!(!page.contains("Alexander") && page.contains("redacted"));
    sandbox.stop().await;
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("Alexander"));
    }
    let bytes = fs::read(&path).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains(made.text("/data/id")));

    let sandbox = TestSandbox::start_in(&path).await;
    let again = TestSandbox::send(create(&sandbox)).await;
    assert_eq!(again.status.as_u16(), 409, "{again:?}");
    assert_eq!(sandbox.get("/inquiries").await.ids().len(), 1);
    sandbox.stop().await;
}
