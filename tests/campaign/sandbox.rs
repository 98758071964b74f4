//! A running sandbox, and its control API as the campaigns use it.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use persona_sandbox::{Config, Sandbox};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A running sandbox. It shuts down when the last clone is dropped.
#[derive(Clone)]
pub struct SandboxControl {
    running: Arc<Running>,
    http: reqwest::Client,
}

/// The sandbox has its own thread and runtime, so that the campaign's tasks do not slow it down.
struct Running {
    url: String,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl SandboxControl {
    /// Starts a sandbox on a free port, with its state in memory.
    pub fn start(config: Config) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
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
                sender.send(url).unwrap();
                sandbox.unwrap().serve(listener, token).await.unwrap();
            });
        });
        let running = Running {
            url: receiver.recv().unwrap(),
            shutdown,
            thread: Some(thread),
        };
        let http = crate::http().timeout(Duration::from_secs(20));
        Self {
            running: Arc::new(running),
            http: http.build().unwrap(),
        }
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    pub async fn set_fault(&self, fault: &Value) {
        let (status, answer) = self
            .call(Method::POST, "/_sandbox/faults", Some(fault))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Removes all faults. Returns how often each took effect.
    pub async fn clear_faults(&self) -> Vec<(String, u64)> {
        let (_, list) = self.call(Method::GET, "/_sandbox/faults", None).await;
        let faults = list["data"].as_array().unwrap().iter().map(|fault| {
            let text = |name: &str| fault[name].as_str().unwrap();
            (
                format!("{} {}", text("operation"), text("kind")),
                fault["hits"].as_u64().unwrap(),
            )
        });
        let hits = faults.collect();
        self.call(Method::DELETE, "/_sandbox/faults", None).await;
        hits
    }

    /// A user's inquiries, newest first.
    pub async fn inquiries(&self, reference_id: &str) -> Vec<Value> {
        let path = format!("/_sandbox/inquiries?reference-id={reference_id}");
        let (_, mut answer) = self.call(Method::GET, &path, None).await;
        match answer["data"].take() {
            Value::Array(inquiries) => inquiries,
            other => panic!("expected a list of inquiries, got {other}"),
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

    /// Simulates an action on an inquiry. Ignores the error if the status does not allow the action.
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
        let response = request.send().await.unwrap();
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the sandbox has already been printed.
            let _ = thread.join();
        }
    }
}
