//! A running sandbox and its controls, as the campaigns use them.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use persona_sandbox::{Config, Sandbox};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A running sandbox. It ends with its last clone.
#[derive(Clone)]
pub struct SandboxControl {
    running: Arc<Running>,
    http: reqwest::Client,
}

/// The sandbox has a thread and a runtime of its own: what the campaign does cannot slow it down.
struct Running {
    url: String,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl SandboxControl {
    /// Starts a sandbox on a free port, with its state in memory.
    pub fn start(config: Config) -> Self {
        let (tell, started) = std::sync::mpsc::channel();
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                let url = format!("http://localhost:{port}");
                let sandbox = Sandbox::open(Config {
                    public_url: url.clone(),
                    ..config
                });
                tell.send(url).unwrap();
                sandbox.unwrap().serve(listener, token).await.unwrap();
            });
        });
        let running = Running {
            url: started.recv().unwrap(),
            shutdown,
            thread: Some(thread),
        };
        let http = crate::http().timeout(Duration::from_secs(20));
        Self {
            running: Arc::new(running),
            http: http.build().unwrap(),
        }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    pub async fn set_fault(&self, fault: &Value) {
        let (status, answer) = self
            .call(Method::POST, "/_sandbox/faults", Some(fault))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Ends all faults; gives how often each was met.
    pub async fn clear_faults(&self) -> Vec<(String, u64)> {
        let (_, set) = self.call(Method::GET, "/_sandbox/faults", None).await;
        let faults = set["data"].as_array().unwrap().iter().map(|fault| {
            let text = |name: &str| fault[name].as_str().unwrap();
            (
                format!("{} {}", text("operation"), text("kind")),
                fault["met"].as_u64().unwrap(),
            )
        });
        let met = faults.collect();
        self.call(Method::DELETE, "/_sandbox/faults", None).await;
        met
    }

    /// A user's inquiries, newest first.
    pub async fn inquiries(&self, reference_id: &str) -> Vec<Value> {
        let path = format!("/_sandbox/inquiries?reference-id={reference_id}");
        let (_, mut answer) = self.call(Method::GET, &path, None).await;
        match answer["data"].take() {
            Value::Array(inquiries) => inquiries,
            other => panic!("no list of inquiries: {other}"),
        }
    }

    /// The inquiry that a session token opens.
    pub async fn inquiry_of_token(&self, token: &str) -> Option<String> {
        let claims = token.split('.').nth(1)?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        let path = format!("/api/v1/inquiry-sessions/{}", claims["sid"].as_str()?);
        let (_, session) = self.call(Method::GET, &path, None).await;
        let inquiry = &session["data"]["relationships"]["inquiry"]["data"]["id"];
        inquiry.as_str().map(ToOwned::to_owned)
    }

    /// Lets something happen to an inquiry, if it can still happen to it.
    pub async fn simulate(&self, inquiry_id: &str, action: &str) {
        let path = format!("/api/v1/inquiries/{inquiry_id}/perform-simulate-actions");
        let actions = json!({"meta": {"simulate-actions": [{"type": action}]}});
        self.call(Method::POST, &path, Some(&actions)).await;
    }

    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.running.url);
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth("persona_sandbox_campaign");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the sandbox is on the screen already.
            let _ = thread.join();
        }
    }
}
