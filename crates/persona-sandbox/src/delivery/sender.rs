//! The background task that sends due deliveries.
//!
//! One loop takes due deliveries from the state and starts an attempt for each, a few at a time.
//! Attempts at one webhook about one inquiry follow one another, so events arrive in order as
//! long as nothing fails; Persona promises no order, and a retry or a fault breaks it here too.

use std::time::Duration;

use reqwest::{Client, redirect};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::attempt::attempt;
use super::lanes::{Lanes, MAX_PER_WEBHOOK};
use super::tls::tls_config;
use crate::core::model::RECEIVER_TIMEOUT;
use crate::runtime::Emulator;

/// How many attempts are under way at once, at all webhooks together.
const MAX_CONCURRENT_ATTEMPTS: usize = 256;

/// How long running attempts may take at shutdown. Interrupted ones stay pending.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// The delay before a retry when the state could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Sends until `stopping`.
pub(crate) async fn run(emulator: Emulator, client: Client, stopping: CancellationToken) {
    let mut changes = emulator.deliveries_changed();
    let mut lanes = Lanes::default();
    let mut attempts = JoinSet::new();
    loop {
        changes.mark_unchanged();
        let free = MAX_CONCURRENT_ATTEMPTS - attempts.len();
        let mut due_attempts = Vec::new();
        let took = emulator.transact(|tx, now| {
            let due = std::iter::from_fn(|| lanes.take(tx, emulator.faults(), now));
            due_attempts.extend(due.take(free));
            let next = tx.deliveries.next_after(now);
            next.and_then(|at| tx.clock().wall_time_until(at))
        });
        let wait = took.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot persist webhook delivery state");
            due_attempts.drain(..).for_each(|due| lanes.free(&due));
            Some(RETRY_AFTER)
        });
        for due in due_attempts {
            attempts.spawn(attempt(emulator.clone(), client.clone(), due));
        }
        let next_due = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stopping.cancelled() => break,
            Some(done) = attempts.join_next() => match done {
                Ok(due) => {
                    if let Err(error) = emulator.transact(|tx, now| lanes.release(&due, tx, now)) {
                        // Deliveries that were held back become due at the end of their delay.
                        tracing::error!(%error, "cannot persist webhook delivery state");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "an attempt at a webhook ended badly");
                    lanes.clear();
                }
            },
            () = next_due => {}
            changed = changes.changed() => if changed.is_err() { break },
        }
    }
    let rest = async { while attempts.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_GRACE, rest).await.is_err() {
        tracing::debug!("webhooks under way are left for the next start");
    }
}

/// The HTTP client of the webhooks. It trusts these certificates (PEM) in addition to the public
/// authorities.
pub(crate) fn client(certificates: Option<&[u8]>) -> anyhow::Result<Client> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls_config(certificates)?)
        .timeout(RECEIVER_TIMEOUT)
        // A redirect is not an accepted response.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(MAX_PER_WEBHOOK)
        .user_agent(concat!(
            "persona-onboarding-sandbox/",
            env!("CARGO_PKG_VERSION")
        ))
        .build()?;
    Ok(client)
}
