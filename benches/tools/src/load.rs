//! Open-loop load: requests are sent at a fixed rate, whether or not earlier ones were answered.
//!
//! Latency counts from the time at which a request was due, so that a server that stalls pays for
//! every request that had to wait (wrk, a closed loop, would just send fewer).

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Method, Request,
    header::{CONTENT_LENGTH, COOKIE, HeaderValue, ORIGIN},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

/// What is sent.
#[derive(Args)]
pub struct Options {
    /// The address to send to.
    #[arg(long)]
    url: String,
    /// The method.
    #[arg(long, default_value = "POST")]
    method: String,
    /// The cookies of signed-in users, one a line, which take turns.
    #[arg(long)]
    cookies: Option<PathBuf>,
    /// The origin to name.
    #[arg(long)]
    origin: Option<HeaderValue>,
    /// Requests a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// How many seconds are measured.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// How many seconds before are not.
    #[arg(long, default_value_t = 5)]
    warm_up: u32,
    /// As given to `upstream`: the users whose calls stall are counted apart.
    #[arg(long, default_value_t = 0)]
    stall_every: usize,
}

/// The latencies of some requests, and how many of them failed.
#[derive(Default)]
pub(crate) struct Latencies {
    pub(crate) times: Vec<Duration>,
    pub(crate) failures: usize,
}

#[derive(Default)]
struct Counted {
    stalled: Latencies,
    others: Latencies,
}

type HttpClient = Client<HttpConnector, Empty<Bytes>>;

/// Sends the load, and prints what was counted as JSON.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let cookies = match &options.cookies {
        Some(file) => std::fs::read_to_string(file)?
            .lines()
            .map(HeaderValue::from_str)
            .collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    ensure!(options.rate > 0, "--rate is at least 1");
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: HttpClient = Client::builder(TokioExecutor::new()).build(connector);
    let interval = Duration::from_secs(1) / options.rate;
    let warm_up = (options.rate * options.warm_up) as usize;
    let count = (options.rate * options.seconds) as usize + warm_up;
    let counted = Arc::new(Mutex::new(Counted::default()));
    let mut tasks = JoinSet::new();
    let start = Instant::now() + Duration::from_millis(10);
    let mut due = start;
    for number in 0..count {
        tokio::time::sleep_until(due).await;
        let user = number % cookies.len().max(1);
        let request = options.request(cookies.get(user))?;
        let (client, counted) = (client.clone(), Arc::clone(&counted));
        // Users are numbered from 1.
        let stalls = options.stall_every > 0 && (user + 1).is_multiple_of(options.stall_every);
        let sent_for = due;
        tasks.spawn(async move {
            let is_answered = send(&client, request).await;
            if number < warm_up {
                return;
            }
            let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
            let group = if stalls {
                &mut counted.stalled
            } else {
                &mut counted.others
            };
            match is_answered {
                Ok(()) => group.times.push(sent_for.elapsed()),
                Err(_) => group.failures += 1,
            }
        });
        while tasks.try_join_next().is_some() {}
        due += interval;
    }
    while tasks.join_next().await.is_some() {}
    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
    let result = json!({
        "others": counted.others.summary(),
        "stalled": counted.stalled.summary(),
    });
    println!("{result}");
    Ok(())
}

async fn send(client: &HttpClient, request: Request<Empty<Bytes>>) -> anyhow::Result<()> {
    let response = client.request(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    ensure!(status.is_success(), "{status}");
    Ok(())
}

impl Options {
    fn request(&self, cookie: Option<&HeaderValue>) -> anyhow::Result<Request<Empty<Bytes>>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::from_bytes(self.method.as_bytes())?;
        *request.uri_mut() = self.url.parse().context("--url")?;
        let headers = request.headers_mut();
        if self.method == "POST" {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, cookie.clone());
        }
        if let Some(origin) = &self.origin {
            headers.insert(ORIGIN, origin.clone());
        }
        Ok(request)
    }
}

impl Latencies {
    pub(crate) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.failures += other.failures;
    }

    pub(crate) fn summary(&mut self) -> Value {
        self.times.sort_unstable();
        let count = self.times.len();
        let at = |per_mille: usize| {
            let place = (count * per_mille / 1_000).min(count.saturating_sub(1));
            let time = self.times.get(place).copied().unwrap_or_default();
            time.as_secs_f64() * 1_000.0
        };
        json!({
            "requests": count,
            "failed": self.failures,
            "p50": at(500),
            "p99": at(990),
            "p999": at(999),
            "max": at(1_000),
        })
    }
}
