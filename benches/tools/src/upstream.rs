//! Persona's API as far as a click uses it, without state: what it answers depends on the request
//! alone.
//!
//! Every user has the one inquiry that `--status` says, with the user's own key in its ID. The bodies
//! are the recorded ones of `tests/fixtures`, so they have the usual size.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::users;

/// What stands in a template for the user's key.
const PLACEHOLDER: &str = "@KEY@";

/// How the upstream answers.
#[derive(Args)]
pub struct Options {
    /// The port of 127.0.0.1 to listen on.
    #[arg(long)]
    port: u16,
    /// The status of every user's inquiry.
    #[arg(long, value_enum, default_value = "created")]
    status: Status,
    /// How long each answer takes.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Every call for a user whose number is a multiple of this stalls; 0 for none.
    #[arg(long, default_value_t = 0)]
    stall_every: u64,
    /// How long a stalled call takes.
    #[arg(long, default_value_t = 10_000)]
    stall_ms: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    /// No inquiry yet: each click creates one.
    None,
    Created,
    Pending,
}

/// What is shared by all connections.
struct Upstream {
    options: Options,
    list: Template,
    create: Template,
    resume: Template,
    calls: Calls,
}

#[derive(Default)]
struct Calls {
    list: AtomicU64,
    create: AtomicU64,
    resume: AtomicU64,
}

/// Serves until the process is killed.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let status = match options.status {
        Status::None | Status::Created => "created",
        Status::Pending => "pending",
    };
    let upstream = Arc::new(Upstream {
        list: Template::read(
            include_str!("../../../tests/fixtures/inquiry-list.json"),
            status,
        )?,
        create: Template::read(
            include_str!("../../../tests/fixtures/inquiry-create.json"),
            "created",
        )?,
        resume: Template::read(
            include_str!("../../../tests/fixtures/inquiry-resume.json"),
            "pending",
        )?,
        calls: Calls::default(),
        options,
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let upstream = Arc::clone(&upstream);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&upstream), request));
            let server = auto::Builder::new(TokioExecutor::new());
            // A client that goes away ends its connection, and nothing else.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    upstream: Arc<Upstream>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let Ok(body) = body else {
        return Ok(response(StatusCode::BAD_REQUEST, Bytes::new()));
    };
    let query = head.uri.query().unwrap_or_default();
    let path: Vec<_> = head
        .uri
        .path()
        .trim_start_matches("/api/v1")
        .split('/')
        .collect();
    let (calls, key, text) = match (&head.method, path.as_slice()) {
        (&Method::GET, ["", "_calls"]) => {
            return Ok(response(StatusCode::OK, upstream.calls.to_json().into()));
        }
        (&Method::GET, ["", "inquiries"]) => {
            let key = key_after(query, "usr_");
            let text = if key.is_empty() || upstream.options.status == Status::None {
                r#"{"data":[],"links":{"prev":null,"next":null}}"#.to_owned()
            } else {
                upstream.list.render(key)
            };
            (&upstream.calls.list, key, text)
        }
        (&Method::POST, ["", "inquiries"]) => {
            let key = key_after(std::str::from_utf8(&body).unwrap_or_default(), "usr_");
            (&upstream.calls.create, key, upstream.create.render(key))
        }
        (&Method::POST, ["", "inquiries", id, "resume"]) => {
            let key = key_after(id, "inq_");
            (&upstream.calls.resume, key, upstream.resume.render(key))
        }
        (_, ["", "inquiry-templates", _]) => {
            // As for every key of a sandbox.
            let text = r#"{"errors":[{"title":"Forbidden"}]}"#;
            return Ok(response(StatusCode::FORBIDDEN, text.into()));
        }
        _ => {
            let text = r#"{"errors":[{"title":"Not found"}]}"#;
            return Ok(response(StatusCode::NOT_FOUND, text.into()));
        }
    };
    calls.fetch_add(1, Ordering::Relaxed);
    let wait = upstream.options.wait_for(users::number(key));
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    let status = if std::ptr::eq(calls, &raw const upstream.calls.create) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(response(status, text.into()))
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    // A limit that no bench reaches.
    for (name, value) in [
        ("request-id", "req_bench"),
        ("ratelimit-limit", "1000000"),
        ("ratelimit-remaining", "999999"),
        ("ratelimit-reset", "60"),
        ("persona-environment-id", "env_bench"),
    ] {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The letters and digits that follow this prefix; empty if it does not occur.
fn key_after<'a>(text: &'a str, prefix: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(prefix) else {
        return "";
    };
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric());
    &rest[..end.unwrap_or(rest.len())]
}

impl Options {
    fn wait_for(&self, user: u64) -> Duration {
        let stalls = self.stall_every > 0 && user > 0 && user.is_multiple_of(self.stall_every);
        Duration::from_millis(if stalls { self.stall_ms } else { self.delay_ms })
    }
}

impl Calls {
    fn to_json(&self) -> String {
        let count = |calls: &AtomicU64| calls.load(Ordering::Relaxed);
        json!({
            "list": count(&self.list),
            "create": count(&self.create),
            "resume": count(&self.resume),
        })
        .to_string()
    }
}

/// A body with places for the user's key.
struct Template(Vec<String>);

impl Template {
    /// Makes a template of a recorded response.
    fn read(fixture: &str, status: &str) -> anyhow::Result<Self> {
        let mut fixture: Value = serde_json::from_str(fixture)?;
        let mut body = fixture["response"]["body"].take();
        let inquiry = match &mut body["data"] {
            Value::Array(inquiries) => inquiries.first_mut().context("an empty list")?,
            inquiry => inquiry,
        };
        #[expect(clippy::disallowed_methods, reason = "the upstream's own clock")]
        let now = jiff::Timestamp::now();
        inquiry["id"] = json!(format!("inq_{PLACEHOLDER}"));
        let attributes = &mut inquiry["attributes"];
        attributes["reference-id"] = json!(format!("usr_{PLACEHOLDER}"));
        attributes["status"] = json!(status);
        attributes["created-at"] = json!(now.to_string());
        attributes["updated-at"] = json!(now.to_string());
        let end = now + jiff::SignedDuration::from_hours(24);
        attributes["expires-at"] = json!(end.to_string());
        let text = body.to_string();
        let pieces = text.split(PLACEHOLDER).map(ToOwned::to_owned);
        Ok(Self(pieces.collect()))
    }

    fn render(&self, key: &str) -> String {
        self.0.join(key)
    }
}
