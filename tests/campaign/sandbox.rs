//! The sandbox's controls, as the campaign uses them.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::process::Process;

/// The running sandbox. It ends with its last clone.
#[derive(Clone)]
pub struct SandboxControl {
    pub process: Arc<Process>,
    http: reqwest::Client,
}

impl SandboxControl {
    pub fn new(process: Process) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20));
        Self {
            process: Arc::new(process),
            http: http.build().unwrap(),
        }
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
        let url = format!("{}{path}", self.process.url);
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
