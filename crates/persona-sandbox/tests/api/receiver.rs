//! A receiver of webhooks that keeps what it got and answers what a test wants.

use std::collections::VecDeque;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use persona_sandbox::{Config, WebhookTarget};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::support::TestSandbox;

pub(crate) const SECRET: &str = "wbhsec_test";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no header {name}"))
            .to_str()
            .unwrap()
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn event_id(&self) -> String {
        self.body()["data"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn name(&self) -> String {
        let body = self.body();
        body["data"]["attributes"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// What to answer with: a status, or `None` for no answer at all.
type Answers = VecDeque<Option<StatusCode>>;

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    answers: Mutex<Answers>,
    arrived: Notify,
}

/// A running receiver.
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// The next requests get these answers; after them, 200.
    pub(crate) fn answer(&self, answers: &[u16]) {
        let answers = answers.iter().map(|&code| StatusCode::from_u16(code).ok());
        self.shared.answers.lock().unwrap().extend(answers);
    }

    /// The next request gets no answer.
    pub(crate) fn hang(&self) {
        self.shared.answers.lock().unwrap().push_back(None);
    }

    /// Everything that arrived.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The names of the events that arrived, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.received().iter().map(Received::name).collect()
    }

    /// The names of the events of inquiries that arrived, in order.
    pub(crate) fn inquiry_names(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| name.starts_with("inquiry."));
        names
    }

    /// Waits until this many requests have arrived, and gives them.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        let arrived = async {
            loop {
                let notified = self.shared.arrived.notified();
                let received = self.received();
                if received.len() >= count {
                    return received;
                }
                notified.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), arrived)
            .await
            .unwrap_or_else(|_| panic!("{count} expected, {} arrived", self.received().len()))
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    let answer = shared.answers.lock().unwrap().pop_front();
    shared
        .received
        .lock()
        .unwrap()
        .push(Received { headers, bytes });
    shared.arrived.notify_waiters();
    match answer {
        Some(None) => std::future::pending().await,
        Some(Some(status)) => status,
        None => StatusCode::OK,
    }
}

/// A sandbox that sends to `receiver`.
pub(crate) async fn sandbox_for(receiver: &Receiver) -> TestSandbox {
    TestSandbox::start_with(config_for(receiver)).await
}

pub(crate) fn config_for(receiver: &Receiver) -> Config {
    Config {
        webhook: Some(WebhookTarget {
            url: receiver.url.clone(),
            secret: SECRET.to_owned(),
            enabled_events: None,
        }),
        ..Config::default()
    }
}

/// The deliveries that the sandbox knows, newest first.
pub(crate) async fn deliveries(sandbox: &TestSandbox) -> Vec<Value> {
    let list = sandbox
        .control(reqwest::Method::GET, "deliveries?limit=10000", Value::Null)
        .await;
    list["data"].as_array().unwrap().clone()
}

/// Waits until the newest delivery has this status and this many attempts.
pub(crate) async fn settled(sandbox: &TestSandbox, status: &str, attempts: u64) -> Value {
    let began = Instant::now();
    loop {
        let newest = deliveries(sandbox).await.into_iter().next();
        if let Some(newest) = &newest
            && newest["status"] == status
            && newest["attempts"] == attempts
        {
            return newest.clone();
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{status} after {attempts} attempts expected: {newest:?}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Simulates these actions on a new inquiry, and gives its ID.
pub(crate) async fn inquiry_that(sandbox: &TestSandbox, actions: &[&str]) -> String {
    let id = sandbox.create("usr_1").await;
    simulate(sandbox, &id, actions).await;
    id
}

pub(crate) async fn simulate(sandbox: &TestSandbox, id: &str, actions: &[&str]) {
    let actions: Vec<_> = actions
        .iter()
        .map(|action| json!({ "type": action }))
        .collect();
    let path = format!("/inquiries/{id}/perform-simulate-actions");
    let body = json!({ "meta": { "simulate-actions": actions } });
    let answer = sandbox.post(&path, body).await;
    assert!(answer.status.is_success(), "{answer:?}");
}

/// What Python's hmac makes of a secret, a time and a body: an implementation that shares
/// nothing with this project.
pub(crate) fn python_signature(secret: &str, seconds: &str, body: &[u8]) -> String {
    let program = "import hmac, sys; \
        body = sys.stdin.buffer.read(); \
        message = sys.argv[2].encode() + b'.' + body; \
        print(hmac.new(sys.argv[1].encode(), message, 'sha256').hexdigest(), end='')";
    let mut python = Command::new("python3")
        .args(["-c", program, secret, seconds])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed to check signatures");
    python.stdin.take().unwrap().write_all(body).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
