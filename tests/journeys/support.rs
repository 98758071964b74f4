//! An app and a sandbox of one's own, on free ports, with a fresh database: SQLite, or with
//! `TEST_DATABASE=postgres` a Postgres that is started for the tests.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::SignedDuration;
use persona_onboarding::{
    app::{self, App, Config},
    base::{Clock, Shutdown, Tasks},
    store::Store,
    web,
};
use persona_sandbox::Sandbox;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{postgres, test_log::TestLog};

/// A running app. Dropping it stops everything.
pub struct TestApp {
    /// The app's address, without a slash at the end.
    pub url: String,
    /// The sandbox's address, likewise.
    pub sandbox_url: String,
    /// The app's own connections to its database.
    pub store: Store,
    /// The app's client of Persona.
    pub persona: persona_api::Client,
    /// The database's address.
    pub database_url: String,
    /// What is served, for requests without a connection.
    pub router: axum::Router,
    /// Its routes, which the router does not list: it changes paths before it looks at them.
    pub routes: axum::Router,
    /// A client that follows no redirect.
    pub http: reqwest::Client,
    /// How the app ends.
    pub shutdown: Shutdown,
    /// What runs beside its requests.
    pub tasks: Tasks,
    sandbox_shutdown: CancellationToken,
    serving: Option<JoinHandle<()>>,
    folder: Arc<TempDir>,
    _log: TestLog,
}

/// A time of day that runs, and that a test moves.
#[derive(Clone, Default)]
pub struct MovedClock(Arc<AtomicI64>);

impl MovedClock {
    /// The clock for the app.
    pub fn clock(&self) -> Clock {
        let (system, ahead_ms) = (Clock::system(), self.0.clone());
        Clock::from_fn(move || {
            system.now() + SignedDuration::from_millis(ahead_ms.load(Ordering::SeqCst))
        })
    }

    /// Moves it on.
    pub fn advance(&self, by: SignedDuration) {
        let ms = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// What an app is started with.
pub struct Start<'a> {
    /// More variables than the usual ones.
    pub variables: &'a [(&'a str, &'a str)],
    /// The app's time.
    pub clock: Clock,
    /// Another app, whose sandbox and database this one shares, as another process does.
    pub beside: Option<&'a TestApp>,
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self {
            variables: &[],
            clock: Clock::system(),
            beside: None,
        }
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with more variables than the usual ones.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        Self::start_as(Start {
            variables,
            ..Start::default()
        })
        .await
    }

    /// Starts an app as it is described.
    pub async fn start_as(start: Start<'_>) -> Self {
        let Start {
            variables,
            clock,
            beside,
        } = start;
        let log = TestLog::start();
        let sandbox_shutdown = CancellationToken::new();
        let (folder, sandbox_url, database_url) = match beside {
            Some(other) => (
                other.folder.clone(),
                other.sandbox_url.clone(),
                other.database_url.clone(),
            ),
            None => {
                let folder = tempfile::tempdir().unwrap();
                let sandbox_url = start_sandbox(&sandbox_shutdown).await;
                let database_url = database_in(&folder).await;
                (Arc::new(folder), sandbox_url, database_url)
            }
        };

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let widget_host = sandbox_url.trim_start_matches("http://").to_owned();
        let mut values: HashMap<String, String> = [
            ("LEPTOS_SITE_ADDR", addr.to_string().as_str()),
            ("DATABASE_URL", &database_url),
            ("PERSONA_API_KEY", "persona_sandbox_test"),
            ("PERSONA_API_URL", &sandbox_url),
            ("PERSONA_WIDGET_HOST", &widget_host),
            ("PERSONA_WEBHOOK_SECRET", "wbhsec_test"),
            ("SESSION_SECRET", "a-secret-for-tests-of-32-letters"),
            ("DATA_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        values.extend(
            variables
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into())),
        );
        let config = Config::from_values(values).unwrap();

        let store = app::open_store(&config, clock.clone()).await.unwrap();
        let persona = app::persona_client(&config).unwrap();
        let url = format!("http://localhost:{}", addr.port());
        let shutdown = Shutdown::new();
        let app = App::build(
            config,
            store.clone(),
            persona.clone(),
            clock,
            shutdown.clone(),
        );
        let tasks = app.state.tasks.clone();
        let routes = web::routes(app.state.clone()).unwrap();
        let router = web::router(app.state).unwrap();
        let serving = tokio::spawn(web::serve(listener, router.clone(), shutdown.clone()));

        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(persona_sandbox::tls_config(None).unwrap())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .unwrap();
        Self {
            url,
            sandbox_url,
            store,
            persona,
            database_url,
            router,
            routes,
            http,
            shutdown,
            tasks,
            sandbox_shutdown,
            serving: Some(serving),
            folder,
            _log: log,
        }
    }

    /// Asks the server to stop, and waits until it has.
    pub async fn stop(mut self) {
        self.shutdown.close();
        self.serving.take().unwrap().await.unwrap();
    }

    /// A request to the app.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Where the app listens.
    pub fn addr(&self) -> String {
        self.url
            .trim_start_matches("http://")
            .replace("localhost", "127.0.0.1")
    }

    /// Sends this as it is, which no HTTP client would, and reads until the connection ends.
    pub async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.addr()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Signs in as the demo user, and returns the cookie.
    pub async fn sign_in(&self) -> String {
        let answer = self
            .request(Method::POST, "/api/session/demo")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Signs up another user, Bo Li, and returns the cookie.
    pub async fn sign_up(&self, email: &str) -> String {
        let request = self
            .request(Method::POST, "/sign-up")
            .header(header::ACCEPT, "text/html");
        let answer = request
            .form(&[
                ("first_name", "Bo"),
                ("last_name", "Li"),
                ("birthdate", "1985-02-03"),
                ("email", email),
                ("password", "three cats at the lake"),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A click: status and JSON.
    pub async fn click(&self, cookie: &str) -> (StatusCode, Value) {
        let answer = self
            .request(Method::POST, "/api/inquiries/get-or-create")
            .header(header::COOKIE, cookie)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// The inquiries of the demo user at the sandbox, newest first.
    pub async fn inquiries(&self) -> Vec<Value> {
        let path = "/_sandbox/inquiries?reference-id=usr_ABC123";
        let answer = self.sandbox(Method::GET, path, None).await;
        answer["data"].as_array().unwrap().clone()
    }

    /// How often each operation of Persona's API was called.
    pub async fn calls(&self) -> Value {
        self.sandbox(Method::GET, "/_sandbox/calls", None).await
    }

    /// Makes an operation fail in the given way, so many times.
    pub async fn fault(&self, operation: &str, kind: &str, count: u32) {
        let mut fault = json!({"operation": operation, "kind": kind, "count": count});
        if kind == "delay" {
            fault["delay_ms"] = json!(30_000);
        }
        self.sandbox(Method::POST, "/_sandbox/faults", Some(fault))
            .await;
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) {
        let url = format!("{}/_sandbox/faults", self.sandbox_url);
        self.http
            .delete(url)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
    }

    /// Lets the person begin, as the widget would: created becomes pending.
    pub async fn begin(&self, inquiry_id: &str) {
        self.simulate(inquiry_id, &["start_inquiry"]).await;
    }

    /// Lets things happen to an inquiry (docs.withpersona.com/docs/integration-testing).
    pub async fn simulate(&self, inquiry_id: &str, actions: &[&str]) {
        let actions: Vec<_> = actions
            .iter()
            .map(|action| json!({"type": action}))
            .collect();
        let actions = json!({"meta": {"simulate-actions": actions}});
        let path = format!("/api/v1/inquiries/{inquiry_id}/perform-simulate-actions");
        self.sandbox(Method::POST, &path, Some(actions)).await;
    }

    /// A request to the sandbox: its API or its controls.
    pub async fn sandbox(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.sandbox_url))
            .bearer_auth("persona_sandbox_test");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let bytes = answer.bytes().await.unwrap();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.close();
        self.sandbox_shutdown.cancel();
    }
}

#[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
/// A fresh database: a file in the folder, or one at the Postgres of the tests.
pub async fn database_in(folder: &TempDir) -> String {
    match std::env::var("TEST_DATABASE").as_deref() {
        Ok("postgres") => postgres::fresh_database().await,
        Ok("sqlite") | Err(_) => format!("sqlite://{}", folder.path().join("app.db").display()),
        Ok(other) => panic!("TEST_DATABASE is sqlite or postgres, not {other}"),
    }
}

async fn start_sandbox(shutdown: &CancellationToken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public_url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let config = persona_sandbox::Config {
        public_url: public_url.clone(),
        ..persona_sandbox::Config::default()
    };
    let sandbox = Sandbox::open(config).unwrap();
    tokio::spawn(sandbox.serve(listener, shutdown.clone()));
    public_url
}
