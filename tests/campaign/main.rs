//! Campaigns against real processes: this one, [`webhooks`] and [`rolling`].
//!
//! The fault campaign: many users click in many tabs while Persona misbehaves and our servers are
//! killed, stopped and started. Afterwards no user may have two open inquiries, no user may be stuck,
//! every inquiry must be prefilled with its own user's data, and no user may have received another
//! user's inquiry or session token.
//!
//! The campaign runs a sandbox and real processes: one `persona-onboarding` on SQLite, or three on
//! Postgres behind HAProxy without retries. It ends them with `kill -9`, and gracefully with SIGTERM.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `CAMPAIGN_SEED` | seed of the plan: users, clicks, faults, kills and pauses | random, printed |
//! | `CAMPAIGN_RUNS` | number of campaigns, with consecutive seeds | 1 |
//! | `CAMPAIGN_CLICKS` | minimum number of clicks while faults are set | 500 |
//! | `CAMPAIGN_DATABASE` | `sqlite` or `postgres` | `sqlite` |
//! | `CAMPAIGN_TARGET` | `app`, or `tutorial` for `benches/peers/tutorial` | `app` |
//!
//! The long form:
//!
//! ```text
//! CAMPAIGN_CLICKS=10000 CAMPAIGN_DATABASE=postgres \
//!     cargo test --release --test campaign two_inquiries -- --nocapture
//! ```
//!
//! The same seed gives the same plan, but the processes interleave differently in each run.
//! The campaign must detect the duplicates of the tutorial's algorithm, or it proves nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a campaign that cannot continue has failed; it prints its figures"
)]

mod app;
mod balancer;
mod clicks;
mod plan;
#[path = "../journeys/ports.rs"]
mod ports;
#[path = "../journeys/postgres.rs"]
mod postgres;
mod process;
mod rolling;
mod sandbox;
#[path = "../journeys/site.rs"]
mod site;
mod target;
mod verdict;
mod webhooks;

use std::{collections::BTreeMap, str::FromStr, sync::Arc, time::Instant};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    app::Database,
    clicks::Tally,
    plan::Round,
    target::{Kind, World},
    verdict::Verdict,
};

/// Serialises the campaigns, because each needs the whole machine.
static CAMPAIGN_LOCK: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
fn setting<T: FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Err(_) => default,
        Ok(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => panic!("{name}: {text:?} is not a valid value"),
        },
    }
}

/// A builder of HTTP clients. This build of reqwest has no TLS backend, so it gets one here.
fn http() -> reqwest::ClientBuilder {
    let tls = persona_sandbox::tls_config(None).unwrap();
    reqwest::Client::builder().tls_backend_preconfigured(tls)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_two_inquiries_and_nobody_is_stuck() {
    let _lock = CAMPAIGN_LOCK.lock().await;
    let kind = setting("CAMPAIGN_TARGET", Kind::App);
    let database = setting("CAMPAIGN_DATABASE", Database::Sqlite);
    let clicks = setting("CAMPAIGN_CLICKS", 500);
    let first_seed: u32 = setting("CAMPAIGN_SEED", rand::rng().random());
    for seed in (0..setting("CAMPAIGN_RUNS", 1)).map(|run| first_seed.wrapping_add(run)) {
        campaign(kind, database, seed, clicks).await;
    }
}

/// One campaign, from empty databases to the verdict.
async fn campaign(kind: Kind, database: Database, seed: u32, clicks: usize) {
    let started = Instant::now();
    println!(
        "campaign against {kind:?} on {database:?}: CAMPAIGN_SEED={seed} CAMPAIGN_CLICKS={clicks}"
    );
    let mut rng = StdRng::seed_from_u64(seed.into());
    let world = Arc::new(World::start(kind, database).await);
    let mut tally = Tally::default();
    let mut fault_hits = BTreeMap::new();
    let mut verdict = Verdict::default();
    let mut rounds = 0;
    while tally.clicks < clicks {
        let round = Round::draw(&mut rng, rounds, world.servers.len());
        let people = world.sign_in_people(&round).await;
        for fault in &round.faults {
            world.sandbox.set_fault(fault).await;
        }
        let mut counts = clicks::run(&world, &round, &people).await;
        let handed_out = std::mem::take(&mut counts.handed_out);
        tally += counts;
        for (name, count) in world.sandbox.clear_faults().await {
            *fault_hits.entry(name).or_insert(0) += count;
        }
        verdict += verdict::judge(&world, &people).await;
        verdict += verdict::judge_handed_out(&world, &handed_out).await;
        rounds += 1;
    }

    println!("  {rounds} rounds, {:.0?}", started.elapsed());
    println!("  clicks while faults were set: {tally}");
    println!("  fault hits, by operation and kind: {fault_hits:?}");
    println!("  {verdict}");
    let faults: u64 = fault_hits.values().sum();
    assert!(
        faults > 0 && tally.kills + tally.pauses > 0,
        "no fault took effect, so the campaign proves nothing"
    );
    match kind {
        Kind::App => assert!(verdict.is_clean(), "CAMPAIGN_SEED={seed}: {verdict}"),
        Kind::Tutorial => assert!(
            verdict.duplicates > 0,
            "the campaign does not detect the tutorial's duplicates"
        ),
    }
}
