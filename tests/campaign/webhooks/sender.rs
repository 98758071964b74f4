//! Sends events as Persona does: in any order, some of them more than once, and again until they are
//! acknowledged.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use persona_onboarding::base::Clock;
use rand::{RngExt as _, rngs::StdRng, seq::SliceRandom as _};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::app::{App, WEBHOOK_SECRET};

/// The number of concurrent deliveries.
const CONCURRENCY: usize = 48;
/// The share of events that are sent twice.
const DUPLICATE_PERCENT: usize = 30;
/// The time limit of a delivery: Persona's own.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);
/// The delay before the next try. Persona waits longer.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// The bodies to deliver, in this order.
pub struct Deliveries {
    bodies: Vec<Arc<[u8]>>,
    duplicates: usize,
}

/// The counts of the deliveries.
#[derive(Debug, Default)]
pub struct Tally {
    pub acknowledged: usize,
    pub duplicates: usize,
    pub failed: usize,
    pub kills: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of them duplicates, {} tries failed, {} kills",
            self.duplicates, self.failed, self.kills
        )
    }
}

impl Deliveries {
    pub fn shuffle(rng: &mut StdRng, events: &[Value]) -> Self {
        let mut bodies: Vec<Arc<[u8]>> = events
            .iter()
            .map(|event| json!({"data": event}).to_string().into_bytes().into())
            .collect();
        bodies.shuffle(rng);
        let duplicates = bodies.len() * DUPLICATE_PERCENT / 100;
        bodies.extend_from_within(..duplicates);
        bodies.shuffle(rng);
        Self { bodies, duplicates }
    }

    /// Delivers everything, and kills servers at the same time.
    pub async fn deliver(self, servers: &App, rng: &mut StdRng, kills: usize) -> Tally {
        let bodies: Arc<[Arc<[u8]>]> = self.bodies.into();
        let urls: Arc<[String]> = servers
            .processes
            .iter()
            .map(|it| format!("{}/webhooks/persona", it.url))
            .collect();
        let http = crate::http().timeout(DELIVERY_TIMEOUT).build().unwrap();
        let counter = || Arc::new(AtomicUsize::new(0));
        let (next, acknowledged, failed) = (counter(), counter(), counter());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..CONCURRENCY {
            let (bodies, urls, http) = (bodies.clone(), urls.clone(), http.clone());
            let (next, acknowledged, failed) = (next.clone(), acknowledged.clone(), failed.clone());
            tasks.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(body) = bodies.get(number) else {
                        return;
                    };
                    let mut tries = number;
                    while !send(&http, &urls[tries % urls.len()], body).await {
                        failed.fetch_add(1, Ordering::Relaxed);
                        tries += 1;
                        tokio::time::sleep(RETRY_DELAY).await;
                    }
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }

        for kill in 1..=kills {
            // The kills are spread over the campaign, at random moments of a batch.
            let at = bodies.len() * kill / (kills + 1);
            while acknowledged.load(Ordering::Relaxed) < at {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_micros(rng.random_range(0..5_000))).await;
            let number = rng.random_range(0..servers.processes.len());
            servers.kill_and_restart(number).await;
        }
        tasks.join_all().await;
        Tally {
            acknowledged: acknowledged.load(Ordering::Relaxed),
            duplicates: self.duplicates,
            failed: failed.load(Ordering::Relaxed),
            kills,
        }
    }
}

/// Returns whether the event was acknowledged.
async fn send(http: &reqwest::Client, url: &str, body: &Arc<[u8]>) -> bool {
    let t = Clock::system().now().as_second();
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes())
        .unwrap()
        .chain_update(format!("{t}."))
        .chain_update(body)
        .finalize()
        .into_bytes();
    let hex = const_hex::encode(mac);
    let response = http
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("persona-signature", format!("t={t},v1={hex}"))
        .body(body.to_vec())
        .send()
        .await;
    match response {
        Ok(response) if response.status() == 503 => false,
        Ok(response) => {
            assert_eq!(response.status(), 200, "the server rejected an event");
            true
        }
        Err(_) => false,
    }
}
