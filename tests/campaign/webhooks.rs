//! The webhook campaign: a sandbox generates the events of many inquiries, and a sender delivers them as
//! Persona may: in any order, many of them twice, again after every failure, while the servers are
//! killed. Afterwards every acknowledged event must have been applied once, and the app must have recorded
//! the sandbox's status of every inquiry.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `CAMPAIGN_SEED` | seed of the inquiries, the order, the duplicates and the kills | random, printed |
//! | `CAMPAIGN_DATABASE` | `sqlite` with one process, or `postgres` with two | `sqlite` |
//! | `CAMPAIGN_EVENTS` | minimum number of distinct events | 5,000 |
//! | `CAMPAIGN_INQUIRIES` | number of inquiries | a hundredth of the events |
//! | `CAMPAIGN_KILLS` | number of `kill -9` | 5 |
//!
//! The long form:
//!
//! ```text
//! CAMPAIGN_EVENTS=100000 CAMPAIGN_INQUIRIES=1000 CAMPAIGN_KILLS=50 CAMPAIGN_DATABASE=postgres \
//!     cargo test --release --test campaign webhooks -- --nocapture
//! ```
//!
//! The servers cannot reach the sandbox, so that their reconciler cannot repair what webhooks have lost.

mod history;
mod sender;
mod servers;
mod verdict;

use std::time::Instant;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use self::{history::History, sender::Deliveries};
use crate::{CAMPAIGN_LOCK, app::Database, setting};

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_event_is_applied_once() {
    let _lock = CAMPAIGN_LOCK.lock().await;
    let database = setting("CAMPAIGN_DATABASE", Database::Sqlite);
    let seed: u32 = setting("CAMPAIGN_SEED", rand::rng().random());
    let events: usize = setting("CAMPAIGN_EVENTS", 5_000);
    let inquiries: usize = setting("CAMPAIGN_INQUIRIES", events.div_ceil(100));
    let kills: usize = setting("CAMPAIGN_KILLS", 5);
    println!(
        "webhook campaign on {database:?}: CAMPAIGN_SEED={seed} CAMPAIGN_EVENTS={events} \
         CAMPAIGN_INQUIRIES={inquiries} CAMPAIGN_KILLS={kills}"
    );
    let mut rng = StdRng::seed_from_u64(seed.into());

    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let history = History::generate(&mut rng, inquiries, events).await;
    println!(
        "  {} events of {inquiries} inquiries, generated in {:.0?}",
        history.events.len(),
        started.elapsed()
    );

    let servers = servers::start(folder.path(), database, &history.users).await;
    let deliveries = Deliveries::shuffle(&mut rng, &history.events);
    let started = Instant::now();
    let tally = deliveries.deliver(&servers, &mut rng, kills).await;
    let took = started.elapsed();
    println!(
        "  {} deliveries acknowledged in {took:.1?}, {:.0} a second: {tally}",
        tally.acknowledged,
        tally.acknowledged as f64 / took.as_secs_f64()
    );
    // While the last events are being applied.
    servers.kill_and_restart(0).await;
    let started = Instant::now();
    servers.wait_until_applied().await;
    println!("  the inbox was empty after {:.1?}", started.elapsed());

    let verdict = verdict::judge(&servers, &history).await;
    println!("  {verdict}");
    assert!(
        tally.kills >= kills && tally.failed > 0 && verdict.outdated > 0,
        "no fault took effect, so the campaign proves nothing"
    );
    assert!(verdict.is_clean(), "CAMPAIGN_SEED={seed}: {verdict}");
}
