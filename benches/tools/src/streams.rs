//! Live pages: opens the event streams of many signed-in users, and measures what they cost the server
//! at rest, and how soon an event reaches its user's page.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use clap::Args;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::Full;
use hyper::{Request, header::CONTENT_TYPE};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use crate::users;

/// How many streams are being opened at once.
const OPENING: usize = 64;
/// How long an event may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is opened.
#[derive(Args)]
pub struct Options {
    /// The server's port on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// The server's process ID.
    #[arg(long)]
    pid: u32,
    /// The cookies of signed-in users, one a line, in the order of their numbers.
    #[arg(long)]
    cookies: PathBuf,
    /// How many streams, one for each user.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// How many seconds the server is left alone with them.
    #[arg(long, default_value_t = 30)]
    rest_seconds: u64,
    /// How many events are sent, each for another user.
    #[arg(long, default_value_t = 200)]
    events: usize,
    /// What webhooks are signed with.
    #[arg(long)]
    webhook_secret: String,
}

/// A stream has received an inquiry's status: the user's number, and when.
type Arrival = (u64, Instant);

/// Opens the streams, and prints what was measured as JSON.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let cookies = std::fs::read_to_string(&options.cookies)?;
    let cookies: Vec<_> = cookies.lines().take(options.count).collect();
    ensure!(
        cookies.len() == options.count,
        "there are only {} cookies",
        cookies.len()
    );
    let memory_before = memory_mb(options.pid)?;
    let (arrivals, mut arrived) = mpsc::unbounded_channel();
    let started = Instant::now();
    let open = open_all(&options, &cookies, &arrivals).await;
    let opening_seconds = started.elapsed().as_secs_f64();

    // What was answered at once is not counted as resting.
    tokio::time::sleep(Duration::from_secs(2)).await;
    while arrived.try_recv().is_ok() {}
    let memory_open = memory_mb(options.pid)?;
    let busy = cpu_seconds(options.pid)?;
    tokio::time::sleep(Duration::from_secs(options.rest_seconds)).await;
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let busy = (cpu_seconds(options.pid)? - busy) / options.rest_seconds as f64;

    let times = send_events(&options, &open, &mut arrived).await?;
    let at = |per_cent: usize| {
        let place = (times.len() * per_cent / 100).min(times.len().saturating_sub(1));
        times.get(place).map(|time| time.as_secs_f64() * 1_000.0)
    };
    #[expect(clippy::cast_precision_loss, reason = "a few thousand streams")]
    let kb_each = (memory_open - memory_before) * 1_024.0 / open.len().max(1) as f64;
    let result = json!({
        "open": open.len(),
        "refused": options.count - open.len(),
        "opening_seconds": opening_seconds,
        "memory_before_mb": memory_before,
        "memory_open_mb": memory_open,
        "memory_events_mb": memory_mb(options.pid)?,
        "kb_each": kb_each,
        "core_at_rest": busy,
        "events": times.len(),
        "p50_ms": at(50),
        "p95_ms": at(95),
        "max_ms": at(100),
    });
    println!("{result}");
    Ok(())
}

/// Opens the streams; gives the numbers of the users whose stream is open.
async fn open_all(
    options: &Options,
    cookies: &[&str],
    arrivals: &mpsc::UnboundedSender<Arrival>,
) -> Vec<u64> {
    let places = Arc::new(Semaphore::new(OPENING));
    let mut tasks = JoinSet::new();
    for (cookie, number) in cookies.iter().zip(1_u64..) {
        let request = format!(
            "GET /api/inquiries/live HTTP/1.1\r\nHost: localhost:{}\r\nCookie: {cookie}\r\n\
             Accept: text/event-stream\r\n\r\n",
            options.port
        );
        let (places, arrivals, port) = (Arc::clone(&places), arrivals.clone(), options.port);
        tasks.spawn(async move {
            let _place = places.acquire().await;
            let stream = open(port, &request).await.ok()?;
            tokio::spawn(follow(stream, number, arrivals));
            Some(number)
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// Opens one stream, up to its first bytes.
async fn open(port: u16, request: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 1_024];
    let length = tokio::time::timeout(PATIENCE, stream.read(&mut head)).await??;
    ensure!(
        head[..length].starts_with(b"HTTP/1.1 200"),
        "the stream is refused"
    );
    Ok(stream)
}

/// Reads a stream to its end.
async fn follow(mut stream: TcpStream, number: u64, arrivals: mpsc::UnboundedSender<Arrival>) {
    const MARK: &[u8] = b"event: inquiry";
    let mut buffer = [0; 512];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        let read = &buffer[..length];
        if read.windows(MARK.len()).any(|part| part == MARK) {
            let _ = arrivals.send((number, Instant::now()));
        }
    }
}

/// Sends one event after another; gives the sorted times from the sending of an event to its arrival
/// at its user's stream.
async fn send_events(
    options: &Options,
    open: &[u64],
    arrived: &mut mpsc::UnboundedReceiver<Arrival>,
) -> anyhow::Result<Vec<Duration>> {
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let step = (open.len() / options.events.max(1)).max(1);
    let mut sent = HashMap::new();
    for number in open.iter().step_by(step).take(options.events) {
        sent.insert(*number, Instant::now());
        let response = client.request(webhook(options, *number)?).await?;
        ensure!(
            response.status().is_success(),
            "a webhook was answered {}",
            response.status()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut times = Vec::new();
    while !sent.is_empty() {
        let arrival = tokio::time::timeout(PATIENCE, arrived.recv()).await;
        let Ok(Some((number, at))) = arrival else {
            bail!("{} events did not arrive", sent.len());
        };
        if let Some(sent_at) = sent.remove(&number) {
            times.push(at - sent_at);
        }
    }
    times.sort_unstable();
    Ok(times)
}

/// An event about the user's inquiry, signed.
fn webhook(options: &Options, number: u64) -> anyhow::Result<Request<Full<Bytes>>> {
    #[expect(clippy::disallowed_methods, reason = "the sender's own clock")]
    let now = jiff::Timestamp::now();
    let key = users::key(number);
    let attributes = json!({
        "status": "approved",
        "reference-id": users::reference_id(number),
        "created-at": now.to_string(),
        "updated-at": now.to_string(),
    });
    let inquiry = json!({"type": "inquiry", "id": format!("inq_{key}"), "attributes": attributes});
    let body = json!({"data": {
        "type": "event",
        "id": format!("evt_{key}t{}", now.as_millisecond()),
        "attributes": {
            "name": "inquiry.approved",
            "created-at": now.to_string(),
            "payload": {"data": inquiry},
        },
    }});
    let (body, at) = (body.to_string(), now.as_second());
    let mac = Hmac::<Sha256>::new_from_slice(options.webhook_secret.as_bytes())?;
    let mac = mac.chain_update(format!("{at}.{body}")).finalize();
    let signature = format!("t={at},v1={}", const_hex::encode(mac.into_bytes()));
    Request::post(format!(
        "http://127.0.0.1:{}/webhooks/persona",
        options.port
    ))
    .header(CONTENT_TYPE, "application/json")
    .header("persona-signature", signature)
    .body(Full::from(body))
    .context("a webhook")
}

/// The resident memory of a process.
fn memory_mb(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().next());
    Ok(kb.context("no VmRSS")?.parse::<f64>()? / 1_024.0)
}

/// The processor time that a process has used; Linux counts it in hundredths of a second.
fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}
