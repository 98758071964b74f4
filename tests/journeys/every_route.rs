//! What holds for every route of the app, whichever there are.
//!
//! Longer than 400 lines: one generator of random requests, and the table of allowed responses.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Method, Request, Uri, header},
    response::Response,
};
use futures_util::StreamExt as _;
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof},
    sample::select,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;
use tower::ServiceExt as _;

use crate::{
    support::{Start, TestApp},
    webhook_sender::{SECRET, now, sign},
};

/// Who may look into the operators' area.
const OPERATOR: &str = "ops@example.com";

/// The routes, as the router itself lists them: none can be forgotten.
fn routes(router: &Router) -> Vec<String> {
    let description = format!("{router:?}");
    let mut routes: Vec<String> = description
        .split("RouteId(")
        .filter_map(|entry| entry.split_once("): \"/"))
        .filter_map(|(id, rest)| id.parse::<u32>().ok().and(rest.split('"').next()))
        .map(|path| format!("/{path}"))
        .collect();
    routes.sort();
    routes.dedup();
    // The description is made for people: a change of its form must not empty the list.
    for known in [
        "/",
        "/healthz",
        "/onboarding",
        "/api/inquiries/get-or-create",
        "/api/inquiries/live",
        "/webhooks/persona",
        "/admin/search",
        "/vendor/",
        "/favicon.svg",
    ] {
        assert!(
            routes.iter().any(|route| route.starts_with(known)),
            "{known} is not in {routes:#?}"
        );
    }
    routes
}

/// A path of the route: parameters are IDs.
fn path_of(route: &str) -> String {
    let segments = route.split('/').map(|segment| {
        if segment.starts_with('{') {
            "usr_ABC123"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Sends a request as if it came over a connection of this machine.
async fn send(router: &Router, mut request: Request<Body>) -> Response {
    let peer: SocketAddr = ([127, 0, 0, 1], 4711).into();
    request.extensions_mut().insert(ConnectInfo(peer));
    router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn only_files_may_be_cached() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let is_file = |path: &str| {
        [
            "/drawings.svg",
            "/favicon.svg",
            "/pkg",
            "/robots.txt",
            "/show-password.js",
            "/times.js",
            "/vendor",
        ]
        .iter()
        .any(|file| path.starts_with(file))
    };
    let routes = routes(&app.routes);
    let paths = routes.iter().map(|route| path_of(route));
    let others = [
        "/nowhere",
        "/a/../b",
        "/pkg/missing.js",
        "/vendor/missing.js",
    ];
    for path in paths.chain(others.map(ToOwned::to_owned)) {
        for method in ["GET", "HEAD", "PUT", "POST"] {
            for cookie in ["", cookie.as_str()] {
                // It would end the session.
                if method == "POST" && !cookie.is_empty() {
                    continue;
                }
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header(header::COOKIE, cookie)
                    .body(Body::empty())
                    .unwrap();
                let response = send(&app.router, request).await;
                let status = response.status();
                if is_file(&path) && status.is_success() {
                    continue;
                }
                let caching = response.headers().get(header::CACHE_CONTROL);
                assert_eq!(
                    caching.map(|it| it.to_str().unwrap()),
                    Some("no-store"),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    Nobody,
    User,
    Operator,
}

/// A request as it may come from anybody.
#[derive(Debug, Clone)]
struct AnyRequest {
    method: Method,
    target: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    sender: Sender,
    body: Vec<u8>,
    /// Whether the body is signed as Persona's webhooks are.
    is_signed: bool,
}

/// Text that means something to some route, in the place of a parameter or a value.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "usr_ABC123", "inq_A1", "evt_1", "1", "-1", "0", "18446744073709551616", "2026-02-30",
            "1985-02-03", "/onboarding", "//evil.example", "https://evil.example/", "pending",
            "ops@example.com", "a@b.example", "three cats at the lake", "on", "null", "%", "%00",
            "%2e%2e", "..", "persona.js", "\u{202e}\u{feff}", "🐕",
        ]).prop_map(ToOwned::to_owned),
        1 => "\\PC{0,40}",
        1 => "[ -~]{0,200}",
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ]
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec![
            "next", "first_name", "last_name", "birthdate", "email", "password", "session", "id",
            "inquiry_id", "inquiry-id", "reference-id", "status", "query", "q", "term", "page",
            "before", "after", "event", "number", "confirm",
        ]).prop_map(ToOwned::to_owned),
        1 => "[a-z_\\[\\]]{0,12}",
    ]
}

/// `name=value&…`, escaped as browsers do it.
fn form() -> impl Strategy<Value = String> {
    vec((names(), words()), 0..8).prop_map(|pairs| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        form.finish()
    })
}

/// The path of a route with anything in the places of its parameters, or no route's.
fn path(routes: Vec<String>) -> impl Strategy<Value = String> {
    let of_route = (select(routes), vec(words(), 3), any::<u8>()).prop_map(
        |(route, mut parameters, ending)| {
            let segments = route.split('/').map(|segment| {
                if segment.starts_with('{') {
                    let word = parameters.pop().unwrap_or_default();
                    url::form_urlencoded::byte_serialize(word.as_bytes()).collect()
                } else {
                    segment.to_owned()
                }
            });
            let path = segments.collect::<Vec<_>>().join("/");
            match ending {
                0..8 => format!("{path}/"),
                8..12 => path.to_uppercase(),
                12..16 => path.replacen('/', "//", 1),
                _ => path,
            }
        },
    );
    prop_oneof![
        12 => of_route,
        1 => "/[!-~]{0,60}",
        1 => select(vec!["*", "/", "//", "http://localhost/sign-in", "/%", "/%ff", "/a/../admin"])
            .prop_map(ToOwned::to_owned),
    ]
}

/// Headers that some layer or route reads, with good values and with anything.
fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let names = select(vec![
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "if-modified-since",
        "if-none-match",
        "last-event-id",
        "origin",
        "persona-signature",
        "range",
        "referer",
        "sec-fetch-mode",
        "sec-fetch-site",
        "transfer-encoding",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-request-id",
        "retry-after",
        "upgrade",
        "islands-router",
    ]);
    let values = prop_oneof![
        6 => select(vec![
            "text/html", "application/json", "*/*", "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x", "text/event-stream", "gzip, br", "identity;q=0",
            "same-origin", "cross-site", "none", "navigate", "null", "http://localhost",
            "https://evil.example", "localhost", "bytes=0-", "bytes=5-1,-3", "0",
            "18446744073709551616", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "\"etag\"", "10.0.0.1",
            "::1, 10.0.0.1:443, unknown", "session=", "session=a.b; session=c", "t=1,v1=00",
            "chunked", "100-continue", "websocket", "en-US,en;q=0.5", "Bearer x",
        ]).prop_map(|value| value.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..80),
        1 => vec(0x20_u8..0x7f, 0..400),
    ];
    vec((names, values), 0..6)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let event = (words(), words(), words(), words()).prop_map(|(id, name, inquiry, status)| {
        json!({"data": {"type": "event", "id": id, "attributes": {
            "name": name, "created-at": "2026-01-05T10:00:00.000Z",
            "payload": {"data": {"type": "inquiry", "id": inquiry, "attributes": {
                "status": status, "reference-id": "usr_ABC123"}}},
        }}})
        .to_string()
        .into_bytes()
    });
    let object = vec((names(), words()), 0..5)
        .prop_map(|pairs| json!(pairs.into_iter().collect::<HashMap<_, _>>()).to_string());
    prop_oneof![
        2 => Just(Vec::new()),
        6 => form().prop_map(String::into_bytes),
        2 => object.prop_map(String::into_bytes),
        3 => event,
        1 => vec(any::<u8>(), 0..2_000),
        // Beyond the limit of forms, and deep.
        1 => (1_usize..90_000).prop_map(|length| vec![b'['; length]),
    ]
}

fn any_request(routes: Vec<String>) -> impl Strategy<Value = AnyRequest> {
    let methods = prop_oneof![
        6 => select(vec![Method::GET, Method::POST]),
        1 => select(vec![
            Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS,
            Method::TRACE, Method::CONNECT, Method::from_bytes(b"BREW").unwrap(),
        ]),
    ];
    let senders = select(vec![Sender::Nobody, Sender::User, Sender::Operator]);
    let target = (path(routes), option::of(form())).prop_map(|(path, query)| match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    });
    (methods, target, headers(), senders, body(), any::<bool>()).prop_map(
        |(method, target, headers, sender, body, is_signed)| AnyRequest {
            method,
            target,
            headers,
            sender,
            body,
            is_signed,
        },
    )
}

/// An app with an operator, and the one beside it, which has the sandbox: an operator has an account
/// before the configuration can name it.
async fn app_with_operator() -> (TestApp, TestApp) {
    let before = TestApp::start().await;
    before.sign_up(OPERATOR).await;
    let account = before.store.find_credentials(OPERATOR).await.unwrap();
    let id = account.unwrap().user_id.to_string();
    let app = TestApp::start_as(Start {
        variables: &[("OPERATORS", &id)],
        beside: Some(&before),
        ..Start::default()
    })
    .await;
    (before, app)
}

/// The cookies of those who send.
struct Cookies {
    user: String,
    operator: String,
}

impl Cookies {
    async fn new(app: &TestApp) -> Self {
        let sign_in = app.request(reqwest::Method::POST, "/sign-in");
        let form = [("email", OPERATOR), ("password", "three cats at the lake")];
        let signed_in = sign_in.form(&form).send().await.unwrap();
        let operator = match signed_in.headers().get(header::SET_COOKIE) {
            Some(cookie) => cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned(),
            None => app.sign_up(OPERATOR).await,
        };
        Self {
            user: app.sign_in().await,
            operator,
        }
    }

    fn of(&self, sender: Sender) -> Option<&str> {
        match sender {
            Sender::Nobody => None,
            Sender::User => Some(&self.user),
            Sender::Operator => Some(&self.operator),
        }
    }
}

impl AnyRequest {
    /// The request, unless its target is none that HTTP has.
    fn build(&self, cookies: &Cookies) -> Option<Request<Body>> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.target.parse::<Uri>().ok()?);
        for (name, value) in &self.headers {
            // What no header can hold never reaches us.
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request = request.header(*name, value);
            }
        }
        if let Some(cookie) = cookies.of(self.sender) {
            request = request.header(header::COOKIE, cookie);
        }
        if self.is_signed {
            request = request.header("persona-signature", sign(SECRET, now(), &self.body));
        }
        request.body(Body::from(self.body.clone())).ok()
    }

    /// Whether it ends sessions.
    fn ends_sessions(&self) -> bool {
        self.target.starts_with("/sign-out") || self.target.contains("/revoke")
    }

    /// Whether it asks Persona, which may refuse: `docs.withpersona.com/docs/rate-limiting`.
    fn asks_persona(&self) -> bool {
        ["/api/inquiries/", "/onboarding", "/admin/"]
            .iter()
            .any(|path| self.target.starts_with(path))
    }
}

/// Reads a response to its end; of a stream, its first event.
async fn read(response: Response) -> Result<usize, String> {
    let is_stream = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
    let mut body = response.into_body().into_data_stream();
    let mut size = 0;
    while let Some(part) = body.next().await {
        size += part.map_err(|error| error.to_string())?.len();
        if is_stream {
            break;
        }
    }
    Ok(size)
}

/// The short form; `PROPTEST_CASES=10000` makes it the long one.
#[test]
fn no_request_whatever_makes_a_route_panic_or_fail() {
    const THREAD: &str = "any-request";
    // A panic in a task of the app's fails no request: it is counted here.
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some(THREAD) {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        earlier(info);
    }));

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREAD)
        .enable_all()
        .build()
        .unwrap();
    let (_before, app) = runtime.block_on(app_with_operator());
    let cookies = RefCell::new(runtime.block_on(Cookies::new(&app)));
    let counts = RefCell::new(BTreeMap::<u16, usize>::new());

    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&any_request(routes(&app.routes)), |case| {
        let Some(request) = case.build(&cookies.borrow()) else {
            return Err(TestCaseError::reject("not HTTP"));
        };
        let (status, size) = runtime.block_on(async {
            let response = send(&app.router, request).await;
            let status = response.status();
            let size = tokio::time::timeout(Duration::from_secs(30), read(response)).await;
            (status, size)
        });
        let size = size.map_err(|_| TestCaseError::fail("the response does not end"))?;
        prop_assert!(size.is_ok(), "{size:?}");
        let may_fail = [502, 503, 504].contains(&status.as_u16()) && case.asks_persona();
        prop_assert!(!status.is_server_error() || may_fail, "{status}");
        prop_assert_eq!(PANICS.load(Ordering::SeqCst), 0);
        if case.ends_sessions() {
            cookies.replace(runtime.block_on(Cookies::new(&app)));
        }
        *counts.borrow_mut().entry(status.as_u16()).or_default() += 1;
        Ok(())
    });
    println!("responses by status: {:?}", counts.borrow());
    if let Err(error) = result {
        panic!("{error}");
    }
    // Random requests that the first checks all refuse would prove nothing.
    let counts = counts.borrow();
    for status in [200, 303, 404] {
        assert!(counts.contains_key(&status), "{counts:?}");
    }
}
