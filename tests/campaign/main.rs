//! Campaigns with real programs: this one, [`webhooks`] and [`rolling`].
//!
//! The fault campaign: many users click in many tabs while Persona misbehaves and our servers are
//! killed, stopped and started. Afterwards nobody may have two open inquiries, nobody may be stuck,
//! every inquiry must be prefilled with its own user's data, and nobody may have been handed another's
//! inquiry or session token.
//!
//! A sandbox, and real programs: one `persona-onboarding` on SQLite, or three on Postgres behind
//! HAProxy without retries. They end by `kill -9` and, in order, by SIGTERM.
//!
//! | variable | means | if absent |
//! |---|---|---|
//! | `CAMPAIGN_SEED` | the plan: users, clicks, faults, kills and pauses | a random one, printed |
//! | `CAMPAIGN_RUNS` | how many campaigns, with seeds that follow each other | 1 |
//! | `CAMPAIGN_CLICKS` | how many clicks at least, while faults are set | 500 |
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
//! A seed makes the same plan again; how the processes interleave is the machine's.
//! The tutorial's algorithm must be caught making duplicates, or the campaign proves nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a campaign that cannot go on has failed, and prints its figures"
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

/// One campaign at a time: each wants the whole machine.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
fn setting<T: FromStr>(name: &str, otherwise: T) -> T {
    match std::env::var(name) {
        Err(_) => otherwise,
        Ok(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => panic!("{name} cannot be {text:?}"),
        },
    }
}

/// What builds the clients: reqwest has no TLS of its own in this build.
fn http() -> reqwest::ClientBuilder {
    let tls = persona_sandbox::tls_config(None).unwrap();
    reqwest::Client::builder().tls_backend_preconfigured(tls)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_two_inquiries_and_nobody_is_stuck() {
    let _turn = TURN.lock().await;
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
    let mut chance = StdRng::seed_from_u64(seed.into());
    let world = Arc::new(World::start(kind, database).await);
    let mut tally = Tally::default();
    let mut met = BTreeMap::new();
    let mut verdict = Verdict::default();
    let mut rounds = 0;
    while tally.clicks < clicks {
        let round = Round::draw(&mut chance, rounds, world.servers.len());
        let people = world.admit(&round).await;
        for fault in &round.faults {
            world.sandbox.set_fault(fault).await;
        }
        let mut played = clicks::run(&world, &round, &people).await;
        let handed_out = std::mem::take(&mut played.handed_out);
        tally += played;
        for (name, count) in world.sandbox.clear_faults().await {
            *met.entry(name).or_insert(0) += count;
        }
        verdict += verdict::judge(&world, &people).await;
        verdict += verdict::judge_handed_out(&world, &handed_out).await;
        rounds += 1;
    }

    println!("  {rounds} rounds, {:.0?}", started.elapsed());
    println!("  clicks while faults were set: {tally}");
    println!("  faults met, by operation and kind: {met:?}");
    println!("  {verdict}");
    let faults: u64 = met.values().sum();
    assert!(
        faults > 0 && tally.kills + tally.pauses > 0,
        "nothing went wrong: nothing is proven"
    );
    match kind {
        Kind::App => assert!(verdict.is_clean(), "CAMPAIGN_SEED={seed}: {verdict}"),
        Kind::Tutorial => assert!(
            verdict.duplicates > 0,
            "the campaign does not detect the tutorial's duplicates"
        ),
    }
}
