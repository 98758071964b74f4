//! A sandbox for each test, and a client that speaks to it as an integrator's server does.

use std::path::Path;
use std::time::Duration;

use persona_sandbox::{Config, Sandbox, Setup, StateLocation};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const TEMPLATE: &str = "itmpl_sandboxKYC";

/// A running sandbox, or one environment of it.
pub(crate) struct TestSandbox {
    pub(crate) base: String,
    pub(crate) client: Client,
    /// The name of the environment; `None` for the default one.
    environment: Option<String>,
    shutdown: CancellationToken,
    /// `None` for a named environment, which does not end by itself.
    served: Option<JoinHandle<std::io::Result<()>>>,
}

/// An answer with everything a test may look at.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The text at a JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text at {pointer} in {}", self.body))
    }

    /// The title of the first error.
    pub(crate) fn title(&self) -> &str {
        self.text("/errors/0/title")
    }

    /// A header's text, empty if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The IDs of a list.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let data = self.body["data"].as_array().expect("a list");
        data.iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect()
    }
}

impl TestSandbox {
    pub(crate) async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    pub(crate) async fn start_in(state: &Path) -> Self {
        let state = StateLocation::File(state.to_owned());
        Self::start_with(Config {
            state,
            ..Config::default()
        })
        .await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        Self::start_with_setup(config, Setup::default()).await
    }

    pub(crate) async fn start_with_setup(config: Config, setup: Setup) -> Self {
        Self::start_from(config, |config| {
            Sandbox::open_with_setup(config, setup).unwrap()
        })
        .await
    }

    pub(crate) async fn start_from(config: Config, open: impl FnOnce(Config) -> Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let config = Config {
            public_url: base.clone(),
            ..config
        };
        let sandbox = open(config);
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(sandbox.serve(listener, shutdown.clone()));
        let client = Client::builder()
            .tls_backend_preconfigured(persona_sandbox::tls_config(None).unwrap())
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            base,
            client,
            environment: None,
            shutdown,
            served: Some(served),
        }
    }

    /// The same sandbox in the environment with this name, by a key of it.
    pub(crate) fn environment(&self, name: &str) -> Self {
        Self {
            base: self.base.clone(),
            client: self.client.clone(),
            environment: Some(name.to_owned()),
            shutdown: self.shutdown.clone(),
            served: None,
        }
    }

    /// Stops as at SIGTERM.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.served
            .expect("the sandbox itself")
            .await
            .unwrap()
            .unwrap();
    }

    /// A request to the API with the key and version of the tutorial.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/api/v1{path}", self.base))
            .bearer_auth(match &self.environment {
                Some(name) => format!("persona_sandbox_env_{name}_test"),
                None => "persona_sandbox_test".to_owned(),
            })
            .header("persona-version", "2025-10-27")
    }

    pub(crate) async fn send(request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        Answer {
            status,
            headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::send(self.api(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Self::send(self.api(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Self::send(self.api(Method::PATCH, path).json(&body)).await
    }

    /// A request to the sandbox's controls, which must succeed.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.base);
        let request = self.client.request(method, url);
        let environment = self.environment.iter();
        let request = request.query(
            &environment
                .map(|it| ("environment", it))
                .collect::<Vec<_>>(),
        );
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let answer = Self::send(request).await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        answer.body
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.control(Method::POST, "faults", fault).await;
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        self.control(Method::POST, "clock", json!({ "advance_s": seconds }))
            .await;
    }

    /// Makes an inquiry and gives its ID.
    pub(crate) async fn create(&self, reference_id: &str) -> String {
        let answer = self.post("/inquiries", new_inquiry(reference_id)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.text("/data/id").to_owned()
    }

    /// A session token for an inquiry.
    pub(crate) async fn resume(&self, id: &str) -> String {
        let answer = self
            .post(&format!("/inquiries/{id}/resume"), json!({ "meta": {} }))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.text("/meta/session-token").to_owned()
    }

    /// What a person does in the widget, by the forms of the widget's script: opens it, and
    /// submits these steps. Gives the next step, or the SDK's error code.
    pub(crate) async fn walk(&self, id: &str, token: Option<&str>, steps: &[&str]) -> String {
        let mut opening = vec![("inquiry-id", id)];
        opening.extend(token.map(|token| ("session-token", token)));
        let mut screen = self.form("/widget/start", &opening).await;
        for step in steps {
            let token = screen["sessionToken"]
                .as_str()
                .expect("an open flow")
                .to_owned();
            let form = [
                ("step", *step),
                ("session-token", &token),
                ("pass-verifications", "on"),
            ];
            screen = self.form("/widget/step", &form).await;
        }
        let code = screen["error"]["code"].as_str();
        code.or(screen["step"].as_str())
            .expect("a screen")
            .to_owned()
    }

    async fn form(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}{path}", self.base);
        let html = self
            .client
            .post(url)
            .form(form)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let (_, rest) = html.split_once("data-flow=\"").expect("a screen");
        let (data, _) = rest.split_once('"').unwrap();
        serde_json::from_str(&data.replace("&quot;", "\"").replace("&amp;", "&")).unwrap()
    }
}

/// The body that the tutorial creates an inquiry with.
pub(crate) fn new_inquiry(reference_id: &str) -> Value {
    json!({ "data": { "attributes": {
        "inquiry-template-id": TEMPLATE,
        "reference-id": reference_id,
        "fields": { "name_first": "Alexander", "name_last": "Sample", "birthdate": "1977-08-31" },
    }}})
}
