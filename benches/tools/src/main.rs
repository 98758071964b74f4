//! What the benches need beside the server under test.
//!
//! | subcommand | is |
//! |---|---|
//! | `upstream` | Persona's API for clicks, as fast as possible or with a set delay |
//! | `load` | requests at a fixed rate, with latencies from the time at which each was due |
//! | `streams` | thousands of live pages, their memory, and how soon an event reaches them |
//! | `webhooks` | signed webhooks, as fast as they are acknowledged |
//! | `fill` | a database with any number of users, and cookies of signed-in ones |
//!
//! It does not use the app's crate, so that a change of the app does not rebuild it.

#![expect(
    clippy::print_stdout,
    reason = "results are printed for the scripts that start it"
)]

mod fill;
mod load;
mod streams;
mod upstream;
mod users;
mod webhooks;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "What the benches need beside the server under test")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve Persona's API for clicks.
    Upstream(upstream::Options),
    /// Send requests at a fixed rate.
    Load(load::Options),
    /// Open live pages, and measure what they cost.
    Streams(streams::Options),
    /// Send signed webhooks as fast as they are acknowledged.
    Webhooks(webhooks::Options),
    /// Fill a database, and write the cookies of signed-in users.
    Fill(fill::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Upstream(options) => run(upstream::serve(options)),
        Command::Load(options) => run(load::run(options)),
        Command::Streams(options) => run(streams::run(options)),
        Command::Webhooks(options) => run(webhooks::run(options)),
        Command::Fill(options) => fill::run(&options),
    }
}

/// One thread: the tools share a core with the load generator.
fn run(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(work)
}
