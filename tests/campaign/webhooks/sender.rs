//! Persona's part: events are sent in any order, some of them more than once, and again until they
//! are acknowledged.

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

/// How many deliveries are under way at once.
const AT_ONCE: usize = 48;
/// How many events are sent twice, in percent.
const DUPLICATES: usize = 30;
/// How long a delivery may take: Persona's own limit.
const LIMIT: Duration = Duration::from_secs(5);
/// How long to wait before the next try. Persona waits longer.
const PAUSE: Duration = Duration::from_millis(50);

/// What is to be delivered, in this order.
pub struct Deliveries {
    bodies: Vec<Arc<[u8]>>,
    duplicates: usize,
}

/// What it took.
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
    pub fn shuffle(chance: &mut StdRng, events: &[Value]) -> Self {
        let mut bodies: Vec<Arc<[u8]>> = events
            .iter()
            .map(|event| json!({"data": event}).to_string().into_bytes().into())
            .collect();
        bodies.shuffle(chance);
        let duplicates = bodies.len() * DUPLICATES / 100;
        bodies.extend_from_within(..duplicates);
        bodies.shuffle(chance);
        Self { bodies, duplicates }
    }

    /// Delivers everything, and kills servers meanwhile.
    pub async fn deliver(self, servers: &App, chance: &mut StdRng, kills: usize) -> Tally {
        let bodies: Arc<[Arc<[u8]>]> = self.bodies.into();
        let urls: Arc<[String]> = servers
            .processes
            .iter()
            .map(|it| format!("{}/webhooks/persona", it.url))
            .collect();
        let http = crate::http().timeout(LIMIT).build().unwrap();
        let counter = || Arc::new(AtomicUsize::new(0));
        let (next, acknowledged, failed) = (counter(), counter(), counter());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
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
                        tokio::time::sleep(PAUSE).await;
                    }
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }

        for kill in 1..=kills {
            // Spread over the campaign, never at the same moment of a batch.
            let at = bodies.len() * kill / (kills + 1);
            while acknowledged.load(Ordering::Relaxed) < at {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_micros(chance.random_range(0..5_000))).await;
            let number = chance.random_range(0..servers.processes.len());
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

/// Whether it was acknowledged.
async fn send(http: &reqwest::Client, url: &str, body: &Arc<[u8]>) -> bool {
    let t = Clock::system().now().as_second();
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes())
        .unwrap()
        .chain_update(format!("{t}."))
        .chain_update(body)
        .finalize()
        .into_bytes();
    let hex = const_hex::encode(mac);
    let answer = http
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("persona-signature", format!("t={t},v1={hex}"))
        .body(body.to_vec())
        .send()
        .await;
    match answer {
        Ok(answer) if answer.status() == 503 => false,
        Ok(answer) => {
            assert_eq!(answer.status(), 200, "an event is refused");
            true
        }
        Err(_) => false,
    }
}
