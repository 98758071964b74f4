//! The webhook campaign: a sandbox lives through many inquiries' lives, and a sender delivers their
//! events as Persona may: in any order, many of them twice, again after every failure, while the
//! servers are killed. Afterwards every event that was acknowledged must have been applied once, and
//! every inquiry must stand where the sandbox says.
//!
//! | variable | means | if absent |
//! |---|---|---|
//! | `CAMPAIGN_SEED` | the lives, the order, the duplicates and the kills | a random one, printed |
//! | `CAMPAIGN_DATABASE` | `sqlite` with one process, or `postgres` with two | `sqlite` |
//! | `CAMPAIGN_EVENTS` | how many different events at least | 5,000 |
//! | `CAMPAIGN_INQUIRIES` | of how many inquiries | a hundredth of the events |
//! | `CAMPAIGN_KILLS` | how many `kill -9` | 5 |
//!
//! The long form:
//!
//! ```text
//! CAMPAIGN_EVENTS=100000 CAMPAIGN_INQUIRIES=1000 CAMPAIGN_KILLS=50 CAMPAIGN_DATABASE=postgres \
//!     cargo test --release --test campaign webhooks -- --nocapture
//! ```
//!
//! The servers do not know where the sandbox is, so that their reconciler cannot make up for what
//! was lost.

mod lives;
mod sender;
mod servers;
mod verdict;

use std::time::Instant;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use self::{lives::Lives, sender::Deliveries};
use crate::{TURN, app::Database, setting};

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_event_is_applied_once() {
    let _turn = TURN.lock().await;
    let database = setting("CAMPAIGN_DATABASE", Database::Sqlite);
    let seed: u32 = setting("CAMPAIGN_SEED", rand::rng().random());
    let events: usize = setting("CAMPAIGN_EVENTS", 5_000);
    let inquiries: usize = setting("CAMPAIGN_INQUIRIES", events.div_ceil(100));
    let kills: usize = setting("CAMPAIGN_KILLS", 5);
    println!(
        "webhook campaign on {database:?}: CAMPAIGN_SEED={seed} CAMPAIGN_EVENTS={events} \
         CAMPAIGN_INQUIRIES={inquiries} CAMPAIGN_KILLS={kills}"
    );
    let mut chance = StdRng::seed_from_u64(seed.into());

    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let lives = Lives::live(&mut chance, inquiries, events).await;
    println!(
        "  {} events of {inquiries} inquiries, lived through in {:.0?}",
        lives.events.len(),
        began.elapsed()
    );

    let servers = servers::start(folder.path(), database, &lives.users).await;
    let deliveries = Deliveries::shuffle(&mut chance, &lives.events);
    let began = Instant::now();
    let tally = deliveries.deliver(&servers, &mut chance, kills).await;
    let took = began.elapsed();
    println!(
        "  {} deliveries acknowledged in {took:.1?}, {:.0} a second: {tally}",
        tally.acknowledged,
        tally.acknowledged as f64 / took.as_secs_f64()
    );
    // While the last ones are being applied.
    servers.kill_and_restart(0).await;
    let began = Instant::now();
    servers.wait_until_applied().await;
    println!("  the inbox was empty {:.1?} later", began.elapsed());

    let verdict = verdict::judge(&servers, &lives).await;
    println!("  {verdict}");
    assert!(
        tally.kills >= kills && tally.failed > 0 && verdict.outdated > 0,
        "nothing went wrong: nothing is proven"
    );
    assert!(verdict.is_clean(), "CAMPAIGN_SEED={seed}: {verdict}");
}
