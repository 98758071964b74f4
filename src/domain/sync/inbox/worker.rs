//! The worker: applies what waits, many events in one commit, and settles each.

use std::{collections::BTreeMap, time::Duration};

use tokio::{sync::Notify, time::Instant};

use crate::{
    domain::sync::{
        inbox::{
            NAMED_BY_DIGEST, as_new_event,
            event_effect::{Meaning, meaning},
        },
        status_update::{self, Effect, Observation},
    },
    model::TemplateId,
    store::{self, Due, DueEvent, EventState, Store, SyncTransaction, with_timeout},
};
use persona_api::WebhookEvent;

/// How many events one commit applies.
const BATCH: u32 = 100;
/// How long after the last look the table is looked at again, if nobody says that there is
/// something: for events that are due again, and those of a process that has died.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);
/// How long what events said is kept: as long as Persona keeps it
/// (docs.withpersona.com/docs/webhooks).
const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often what is too old is erased.
const PRUNING_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How often an event is tried before it is parked: for about ten minutes.
const MOST_TRIES: i64 = 10;
/// The first wait after a failure, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

#[derive(Debug, Clone)]
pub(super) struct Worker {
    store: Store,
    template: TemplateId,
}

/// Where an event ends up, and why.
type Settlement = (EventState, Option<String>);

/// An event that says where an inquiry stands.
struct Word {
    event_id: String,
    observation: Box<Observation>,
    template: Option<TemplateId>,
}

impl Worker {
    pub(super) fn new(store: Store, template: TemplateId) -> Self {
        Self { store, template }
    }

    /// Works until it is dropped. What is under way then is undone and left to the next one.
    pub(super) async fn run(&self, has_arrived: &Notify) {
        let mut pruning_at = Instant::now();
        loop {
            while self.work_off_a_batch().await == BATCH as usize {}
            if Instant::now() >= pruning_at {
                self.prune().await;
                pruning_at = Instant::now() + PRUNING_INTERVAL;
            }
            tokio::select! {
                () = has_arrived.notified() => {}
                () = self.store.wait_for_remote_events() => {}
                () = tokio::time::sleep(LONGEST_SLEEP) => {}
            }
        }
    }

    /// Applies a batch of what is due, and says how many events that were.
    async fn work_off_a_batch(&self) -> usize {
        match self.attempt(None).await {
            Ok(count) => count,
            Err(problem) => {
                tracing::error!(
                    problem,
                    "could not apply a batch of events, trying one by one"
                );
                self.work_off_one_by_one().await;
                0
            }
        }
    }

    /// Finds out which event it is that fails, so that it does not hold up the others.
    async fn work_off_one_by_one(&self) {
        let due = match with_timeout(self.store.list_due_events(BATCH)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(
                    error = chain(error),
                    "could not list the events that are due"
                );
                return;
            }
        };
        for (id, tries) in due {
            let Err(problem) = self.attempt(Some(id.clone())).await else {
                continue;
            };
            tracing::error!(event.id = id, problem, "could not apply an event");
            let due_at = self.store.now_ms() + wait_after(tries);
            let noting = self.store.postpone_event(&id, &problem, due_at, MOST_TRIES);
            if let Err(error) = with_timeout(noting).await {
                tracing::error!(
                    error = chain(error),
                    "could not note that an event has failed"
                );
                return;
            }
        }
    }

    /// Applies a batch, or the one that is named. In a task of its own, so that a panic is a
    /// failure like another.
    async fn attempt(&self, id: Option<String>) -> Result<usize, String> {
        let worker = self.clone();
        let work = tokio::spawn(async move {
            let due = id.as_deref().map_or(Due::Batch(BATCH), Due::One);
            with_timeout(worker.apply(due)).await
        });
        match work.await {
            Ok(Ok(count)) => Ok(count),
            Ok(Err(error)) => Err(chain(error)),
            Err(_) => Err("the program failed on it".to_owned()),
        }
    }

    /// Applies events and settles them: all of them, or none.
    async fn apply(&self, due: Due<'_>) -> Result<usize, store::Error> {
        let mut transaction = self.store.begin_sync().await?;
        let due = transaction.claim_due_events(due).await?;
        let count = due.len();
        if count == 0 {
            transaction.rollback().await?;
            return Ok(0);
        }
        let mut settled: BTreeMap<Settlement, Vec<String>> = BTreeMap::new();
        let mut words = Vec::new();
        for event in due {
            let event_id = event.id.clone();
            match read(&mut transaction, event).await? {
                Ok(word) => words.push(word),
                Err(settlement) => settled.entry(settlement).or_default().push(event_id),
            }
        }
        // All at once: of a batch's statements these would be the most.
        let observations = words.iter().map(|word| &word.observation);
        let owners = observations.clone().filter_map(|it| it.owner.clone());
        transaction.lock_users(&owners.collect()).await?;
        let inquiries = observations.map(|it| it.inquiry_id.clone());
        transaction.load_inquiries(&inquiries.collect()).await?;
        // By users, since they are locked in this order; of each the oldest first.
        words.sort_by(|a, b| {
            let key = |word: &Word| (word.observation.owner.clone(), word.observation.at);
            key(a).cmp(&key(b))
        });
        for word in words {
            let settlement = self.apply_word(&mut transaction, &word).await?;
            settled.entry(settlement).or_default().push(word.event_id);
        }
        for ((state, reason), ids) in settled {
            if state == EventState::Parked {
                tracing::warn!(events = ids.len(), reason, "parked events");
            }
            transaction
                .settle_events(&ids, state, reason.as_deref())
                .await?;
        }
        transaction.commit().await?;
        Ok(count)
    }

    async fn apply_word(
        &self,
        transaction: &mut SyncTransaction,
        word: &Word,
    ) -> Result<Settlement, store::Error> {
        let Word {
            observation,
            template,
            ..
        } = word;
        if template.as_ref().is_some_and(|it| *it != self.template)
            && transaction
                .find_inquiry(&observation.inquiry_id)
                .await?
                .is_none()
        {
            return Ok(ignored("the inquiry was made from another template"));
        }
        let effect = status_update::apply_within(transaction, observation).await?;
        Ok(match effect {
            Effect::Changed { .. } | Effect::Confirmed => (EventState::Applied, None),
            Effect::Outdated => (EventState::Outdated, None),
            Effect::UnknownUser => parked("nobody here has its reference ID"),
            Effect::UnknownInquiry => {
                parked("the inquiry is not known, and it does not say whose it is")
            }
            Effect::OtherOwner => parked("the inquiry is known as another user's"),
        })
    }

    async fn prune(&self) {
        let retention = i64::try_from(RETENTION.as_millis()).unwrap_or(i64::MAX);
        match self
            .store
            .erase_event_bodies_before(self.store.now_ms() - retention)
            .await
        {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "erased what old events said"),
            Err(error) => {
                tracing::error!(error = chain(error), "could not erase what old events said");
            }
        }
    }
}

/// Reads a kept event: a word about an inquiry, or where it ends up otherwise.
async fn read(
    transaction: &mut SyncTransaction,
    DueEvent { id, body }: DueEvent,
) -> Result<Result<Word, Settlement>, store::Error> {
    let Some(body) = body else {
        return Ok(Err(parked("what it said has been erased")));
    };
    if id.starts_with(NAMED_BY_DIGEST) {
        // It could not be read when it came. A newer program may know better.
        let event = as_new_event(&body);
        return Ok(Err(match event.parked {
            Some(problem) => (EventState::Parked, Some(problem)),
            None => {
                let reason = format!("it can be read now, as event {}", event.id);
                transaction.add_events(&[event]).await?;
                (EventState::Applied, Some(reason))
            }
        }));
    }
    Ok(match WebhookEvent::decode(&body).map(meaning) {
        Ok(Meaning::Word {
            observation,
            template,
        }) => Ok(Word {
            event_id: id,
            observation,
            template,
        }),
        Ok(Meaning::Ignore(reason)) => Err(ignored(reason)),
        Ok(Meaning::Park(reason)) => Err(parked(reason)),
        Err(problem) => Err((EventState::Parked, Some(problem.to_string()))),
    })
}

fn ignored(reason: &str) -> Settlement {
    (EventState::Ignored, Some(reason.to_owned()))
}

fn parked(reason: &str) -> Settlement {
    (EventState::Parked, Some(reason.to_owned()))
}

fn chain(error: store::Error) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

/// How long to wait after so many failures, in milliseconds.
fn wait_after(tries: i64) -> i64 {
    let (first, longest) = WAITS;
    let doublings = u32::try_from(tries).unwrap_or(u32::MAX).min(16);
    let wait = (first * 2_u32.pow(doublings)).min(longest);
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit() {
        let waits = [0, 1, 2, 8, 9, 1_000].map(wait_after);
        assert_eq!(waits, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }
}
