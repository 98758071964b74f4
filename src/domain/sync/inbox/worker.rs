//! The worker: applies waiting events in batches and settles each.

use std::{collections::BTreeMap, time::Duration};

use tokio::{sync::Notify, time::Instant};

use crate::{
    base::error_chain,
    domain::sync::inbox::{
        DIGEST_ID_PREFIX,
        apply::{PendingUpdate, Settlement, apply_updates, parked, warn_of_parked},
        decode_event,
        event_effect::event_effect,
    },
    model::TemplateId,
    store::{self, Due, DueEvent, EventState, Store, SyncTransaction, with_timeout},
};
use persona_api::WebhookEvent;

/// The maximum number of events per commit.
const MAX_BATCH: u32 = 100;
/// How many batches in a row are claimed from where the one before ended. An event that another
/// process commits late, due earlier, is seen by the next claim from the start.
const BATCHES_PER_SCAN: u32 = 20;
/// How often the table is polled without a notification: for events that are due again, and those
/// of a crashed process.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How long bodies of events are kept: as long as Persona keeps them
/// (docs.withpersona.com/docs/webhooks).
const BODY_RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The interval at which old bodies are erased.
const PRUNING_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// The number of tries before an event is parked, which takes about ten minutes.
const MAX_TRIES: i64 = 10;
/// The initial and the maximum delay after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

#[derive(Debug, Clone)]
pub(super) struct Worker {
    store: Store,
    template: TemplateId,
}

/// Which events to apply.
enum Claim {
    /// A batch of those due at or after this time.
    Since(i64),
    /// The event with this ID.
    One(String),
}

impl Worker {
    pub(super) fn new(store: Store, template: TemplateId) -> Self {
        Self { store, template }
    }

    /// Applies events until the future is dropped. An open transaction then rolls back and is left
    /// to the next worker.
    pub(super) async fn run(&self, arrivals: &Notify) {
        let mut pruning_at = Instant::now();
        loop {
            self.process_due().await;
            if Instant::now() >= pruning_at {
                self.prune().await;
                pruning_at = Instant::now() + PRUNING_INTERVAL;
            }
            tokio::select! {
                () = arrivals.notified() => {}
                () = self.store.wait_for_remote_events() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Applies batches until fewer events are due than one holds.
    async fn process_due(&self) {
        let mut since = 0;
        for number in 1.. {
            match self.process_batch(since).await {
                Some(last_due_at) if number % BATCHES_PER_SCAN != 0 => since = last_due_at,
                // An incomplete batch that did not look from the start may have missed some.
                None if since == 0 => return,
                _ => since = 0,
            }
        }
    }

    /// Applies a batch of events due since then. Returns when the last one was due; `None` if the
    /// batch was not full.
    async fn process_batch(&self, since: i64) -> Option<i64> {
        match self.try_apply(Claim::Since(since)).await {
            Ok(last_due_at) => last_due_at,
            Err(problem) => {
                tracing::error!(
                    problem,
                    "could not apply a batch of events; retrying its events one by one"
                );
                self.process_one_by_one().await;
                None
            }
        }
    }

    /// Applies events one by one, so that a failing event does not block the others.
    async fn process_one_by_one(&self) {
        let due = match with_timeout(self.store.list_due_events(MAX_BATCH)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "could not list the events that are due; retrying in the next round"
                );
                return;
            }
        };
        for (id, tries) in due {
            let Err(problem) = self.try_apply(Claim::One(id.clone())).await else {
                continue;
            };
            tracing::error!(
                event.id = id,
                problem,
                "could not apply an event; retrying it later"
            );
            let due_at = self.store.now_ms() + backoff_after(tries);
            let noting = self.store.postpone_event(&id, &problem, due_at, MAX_TRIES);
            if let Err(error) = with_timeout(noting).await {
                tracing::error!(
                    error = error_chain(&error),
                    "could not record that an event failed; retrying it in the next round"
                );
                return;
            }
        }
    }

    /// Applies what is claimed. It runs in its own task, so that a panic is handled like an error.
    /// Returns when the last event of a full batch was due.
    async fn try_apply(&self, claim: Claim) -> Result<Option<i64>, String> {
        let worker = self.clone();
        let work = tokio::spawn(async move {
            let due = match &claim {
                Claim::Since(since) => Due::Batch {
                    limit: MAX_BATCH,
                    since: *since,
                },
                Claim::One(id) => Due::One(id),
            };
            with_timeout(worker.apply(due)).await
        });
        match work.await {
            Ok(Ok(last_due_at)) => Ok(last_due_at),
            Ok(Err(error)) => Err(error_chain(&error)),
            Err(_) => Err("applying the event panicked; the log has the panic".to_owned()),
        }
    }

    /// Applies and settles events in one transaction.
    async fn apply(&self, due: Due<'_>) -> Result<Option<i64>, store::Error> {
        let mut transaction = self.store.begin_sync().await?;
        let due = transaction.claim_due_events(due).await?;
        let Some(last) = due.last() else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let last_due_at = (due.len() == MAX_BATCH as usize).then_some(last.due_at);
        let mut settled: BTreeMap<Settlement, Vec<String>> = BTreeMap::new();
        let mut pending_updates = Vec::new();
        for event in due {
            let event_id = event.id.clone();
            match read(&mut transaction, event).await? {
                Ok(pending) => pending_updates.push(pending),
                Err(settlement) => settled.entry(settlement).or_default().push(event_id),
            }
        }
        for (event_id, settlement) in
            apply_updates(&mut transaction, &self.template, pending_updates).await?
        {
            settled.entry(settlement).or_default().push(event_id);
        }
        for ((state, reason), ids) in settled {
            if state == EventState::Parked {
                warn_of_parked(ids.len(), reason.as_deref());
            }
            transaction
                .settle_events(&ids, state, reason.as_deref())
                .await?;
        }
        transaction.commit().await?;
        Ok(last_due_at)
    }

    async fn prune(&self) {
        let retention = i64::try_from(BODY_RETENTION.as_millis()).unwrap_or(i64::MAX);
        match self
            .store
            .erase_event_bodies_before(self.store.now_ms() - retention)
            .await
        {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "erased the bodies of events older than 30 days"),
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "could not erase the bodies of old events; retrying within the hour"
                );
            }
        }
    }
}

/// Decodes a stored event to an update, or to its final state.
async fn read(
    transaction: &mut SyncTransaction,
    DueEvent { id, body, .. }: DueEvent,
) -> Result<Result<PendingUpdate, Settlement>, store::Error> {
    let Some(body) = body else {
        return Ok(Err(parked("its body has been erased")));
    };
    if id.starts_with(DIGEST_ID_PREFIX) {
        // It could not be decoded on arrival. A newer program may be able to.
        let (event, _) = decode_event(&body);
        return Ok(Err(match event.parked {
            Some(problem) => (EventState::Parked, Some(problem)),
            None => {
                let reason = format!(
                    "it can be decoded now, and was stored again as event {}",
                    event.id
                );
                transaction.add_events(&[event]).await?;
                (EventState::Applied, Some(reason))
            }
        }));
    }
    Ok(match WebhookEvent::decode(&body) {
        Ok(event) => PendingUpdate::new(id, event_effect(event)),
        Err(problem) => Err((EventState::Parked, Some(problem.to_string()))),
    })
}

/// The delay after this many failures, in milliseconds.
fn backoff_after(tries: i64) -> i64 {
    let (first, longest) = BACKOFF;
    let doublings = u32::try_from(tries).unwrap_or(u32::MAX).min(16);
    let wait = (first * 2_u32.pow(doublings)).min(longest);
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_up_to_a_limit() {
        let waits = [0, 1, 2, 8, 9, 1_000].map(backoff_after);
        assert_eq!(waits, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }
}
