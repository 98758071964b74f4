//! Closed-loop load of signed webhooks: each connection sends the next event when the last one was
//! acknowledged. Every event has an ID of its own, since a duplicate is cheaper.

use std::{rc::Rc, time::Duration};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use clap::Args;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{
    net::TcpStream,
    task::LocalSet,
    time::{Instant, timeout},
};

use crate::load::Latencies;

/// How many inquiries the events of one connection are about; each goes through all stages again and
/// again.
const INQUIRIES: u64 = 32;
/// The events of an inquiry, each with the status that it brings.
const STAGES: [(&str, &str); 4] = [
    ("inquiry.started", "pending"),
    ("inquiry.completed", "completed"),
    ("inquiry.approved", "approved"),
    ("inquiry.declined", "declined"),
];
/// When the first event happened, in seconds since 1970; each further one is a millisecond later.
const FIRST_EVENT_AT: i64 = 1_767_571_200;
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Args)]
pub struct Options {
    /// The address to send to, such as `127.0.0.1:3000`.
    #[arg(long)]
    addr: String,
    /// The webhook's secret.
    #[arg(long)]
    secret: String,
    /// The user whose inquiries they are.
    #[arg(long, default_value = "usr_ABC123")]
    user: String,
    /// How many connections send at once.
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// How many seconds.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

/// Sends the load, and prints what was counted as JSON.
pub async fn run(options: Options) -> anyhow::Result<()> {
    ensure!(options.connections > 0, "--connections is at least 1");
    let options = Rc::new(options);
    let until = Instant::now() + Duration::from_secs(options.seconds);
    // In the IDs, so that a second run sends no duplicates.
    let run = now().as_millisecond();
    let tasks = LocalSet::new();
    let senders: Vec<_> = (0..options.connections)
        .map(|connection| {
            let sender = Sender {
                options: Rc::clone(&options),
                run: format!("{run:x}c{connection}n"),
                number: 0,
            };
            tasks.spawn_local(sender.send_until(until))
        })
        .collect();
    let all = tasks.run_until(async {
        let mut all = Latencies::default();
        for sender in senders {
            all.add(sender.await??);
        }
        anyhow::Ok(all)
    });
    println!("{}", all.await?.summary());
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the sender's own clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

struct Sender {
    options: Rc<Options>,
    run: String,
    number: u64,
}

impl Sender {
    async fn send_until(mut self, until: Instant) -> anyhow::Result<Latencies> {
        let stream = TcpStream::connect(&self.options.addr).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::task::spawn_local(connection);
        let mut latencies = Latencies::default();
        while Instant::now() < until {
            let request = self.next_request()?;
            let sent_at = Instant::now();
            let exchange = async {
                sender.ready().await?;
                let response = sender.send_request(request).await?;
                let status = response.status();
                response.into_body().collect().await?;
                anyhow::Ok(status)
            };
            let status = timeout(TIMEOUT, exchange).await.context("no answer")??;
            if status.is_success() {
                latencies.times.push(sent_at.elapsed());
            } else {
                latencies.failures += 1;
            }
        }
        Ok(latencies)
    }

    fn next_request(&mut self) -> anyhow::Result<Request<Full<Bytes>>> {
        self.number += 1;
        let body = self.event().to_string();
        let seconds = now().as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.options.secret.as_bytes())?;
        mac.update(format!("{seconds}.{body}").as_bytes());
        let signature = const_hex::encode(mac.finalize().into_bytes());
        Ok(Request::post("/webhooks/persona")
            .header(HOST, &self.options.addr)
            .header("content-type", "application/json")
            .header("persona-signature", format!("t={seconds},v1={signature}"))
            .body(Full::from(body))?)
    }

    fn event(&self) -> Value {
        let Self { run, number, .. } = self;
        let number = i64::try_from(*number).unwrap_or_default();
        let at = Timestamp::from_second(FIRST_EVENT_AT).unwrap_or_default()
            + SignedDuration::from_millis(number);
        let stage = self.number / INQUIRIES;
        let (name, status) = STAGES[usize::try_from(stage).unwrap_or_default() % STAGES.len()];
        let inquiry = self.number % INQUIRIES;
        json!({
            "data": {
                "type": "event",
                "id": format!("evt_{run}{number}"),
                "attributes": {
                    "name": name,
                    "created-at": at.to_string(),
                    "payload": {
                        "data": {
                            "type": "inquiry",
                            "id": format!("inq_{run}{inquiry}"),
                            "attributes": {
                                "status": status,
                                "reference-id": self.options.user,
                                "created-at": at.to_string(),
                                "updated-at": at.to_string(),
                                "note": null,
                                "tags": [],
                                "fields": {
                                    "name-first": { "type": "string", "value": "Alexander" },
                                    "name-last": { "type": "string", "value": "Sample" },
                                    "birthdate": { "type": "date", "value": "1977-08-31" },
                                },
                            },
                            "relationships": {
                                "inquiry-template": {
                                    "data": { "type": "inquiry-template", "id": "itmpl_sandboxKYC" },
                                },
                            },
                        },
                    },
                },
            },
        })
    }
}
