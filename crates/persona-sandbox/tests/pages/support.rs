//! A sandbox for each test, and how to read its screens.

use persona_sandbox::{Config, Sandbox};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const TEMPLATE: &str = "itmpl_sandboxKYC";
pub(crate) const APP: &str = "http://localhost:3000";

/// A sandbox of its own for each test, reached over a real socket.
pub(crate) struct TestSandbox {
    pub(crate) base: String,
    pub(crate) client: Client,
    _shutdown: DropGuard,
}

/// A page or fragment of the flow: its HTML and what its script is told.
pub(crate) struct Screen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
    pub(crate) data: Value,
}

impl TestSandbox {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let config = Config {
            public_url: base.clone(),
            ..Config::default()
        };
        let shutdown = CancellationToken::new();
        let sandbox = Sandbox::open(config).unwrap();
        tokio::spawn(sandbox.serve(listener, shutdown.clone()));
        let client = Client::builder()
            .tls_backend_preconfigured(persona_sandbox::tls_config(None).unwrap())
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            base,
            client,
            _shutdown: shutdown.drop_guard(),
        }
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.get(url).query(query).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.post(url).form(form).send().await.unwrap()
    }

    pub(crate) async fn widget(&self, query: &[(&str, &str)]) -> Screen {
        let query = [query, &[("iframe-origin", APP), ("container-id", "c1")]].concat();
        Screen::read(self.get("/widget", &query).await).await
    }

    /// An inquiry for `reference_id`, made by the browser; its ID and session token.
    pub(crate) async fn create(&self, reference_id: &str) -> (String, String) {
        let form = [
            ("inquiry-template-id", TEMPLATE),
            ("reference-id", reference_id),
            ("fields[name-first]", "Alexander"),
        ];
        let screen = Screen::read(self.post("/widget/start", &form).await).await;
        (screen.text("inquiryId"), screen.text("sessionToken"))
    }

    pub(crate) async fn step(&self, step: &str, token: &str, pass: bool) -> Screen {
        let mut form = vec![("step", step), ("session-token", token)];
        if pass {
            form.push(("pass-verifications", "on"));
        }
        Screen::read(self.post("/widget/step", &form).await).await
    }

    pub(crate) async fn one_time_link(&self, id: &str) -> String {
        let path = format!("inquiries/{id}/generate-one-time-link");
        let answer = self.api(Method::POST, &path).await;
        let link = answer["meta"]["one-time-link"].as_str();
        link.expect("a link").to_owned()
    }

    /// A fresh session token for an inquiry, and the ID of its session.
    pub(crate) async fn resume(&self, id: &str) -> (String, String) {
        let answer = self
            .api(Method::POST, &format!("inquiries/{id}/resume"))
            .await;
        let token = answer["meta"]["session-token"].as_str().expect("a token");
        let sessions = format!("inquiry-sessions?filter[inquiry-id]={id}");
        let sessions = self.api(Method::GET, &sessions).await;
        let newest = sessions["data"][0]["id"].as_str().expect("a session");
        (token.to_owned(), newest.to_owned())
    }

    pub(crate) async fn session_status(&self, session_id: &str) -> String {
        let path = format!("inquiry-sessions/{session_id}");
        let answer = self.api(Method::GET, &path).await;
        let status = answer["data"]["attributes"]["status"].as_str();
        status.expect("a status").to_owned()
    }

    pub(crate) async fn api(&self, method: Method, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.base);
        let request = self.client.request(method, url);
        let request = request.bearer_auth("persona_sandbox_test");
        request.send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn advance_clock(&self, seconds: u32) {
        let url = format!("{}/_sandbox/clock", self.base);
        let request = self.client.post(url).json(&json!({ "advance_s": seconds }));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }

    pub(crate) async fn settings(&self, change: Value) {
        let url = format!("{}/_sandbox/settings", self.base);
        let request = self.client.post(url).json(&change);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }

    pub(crate) async fn dashboard(&self, path: &str, query: &[(&str, &str)]) -> String {
        self.get(path, query).await.text().await.unwrap()
    }
}

impl Screen {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let html = response.text().await.unwrap();
        let data = html
            .split_once("data-flow=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(data, _)| data.replace("&quot;", "\"").replace("&amp;", "&"))
            .expect("the page holds a screen");
        let data = serde_json::from_str(&data).unwrap();
        Self {
            status,
            headers,
            html,
            data,
        }
    }

    pub(crate) fn text(&self, key: &str) -> String {
        self.data[key].as_str().expect(key).to_owned()
    }

    pub(crate) fn has_heading(&self, heading: &str) -> bool {
        self.html.contains(&format!(
            "<h1 id=\"heading\" tabindex=\"-1\">{heading}</h1>"
        ))
    }
}

pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}
