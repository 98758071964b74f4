//! The reconciler: asks Persona about inquiries that have been silent for too long, so that a lost
//! webhook costs minutes and not the truth.
//!
//! One call asks about [`BATCH`] inquiries, those first that were heard of the longest ago, and
//! what it learns goes the way of every other word ([`mirror`]). It is background
//! work: it takes a quarter of Persona's rate limit at most, evenly spread over time and over all
//! processes, stops for a while when people had to wait for the limit, and below the reserve of the
//! limit it waits for the next window. Several processes share the work, since who takes an inquiry writes that down first. It runs at the start, when
//! there may be a downtime to make up for, and then every [`PERIOD`].

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    base::metrics,
    domain::{
        error::Error,
        ownership::{Expected, OwnerCheck},
        sync::status_update::{self, Source, StatusUpdate, UpdateOutcome},
    },
    model::{InquiryId, ReferenceId},
    store::{StalenessPolicy, Store, with_timeout},
};
use persona_api::{Inquiry, InquiryFilter, Operation};

/// How often it looks for silent inquiries.
const PERIOD: Duration = Duration::from_secs(15);
/// How many inquiries one call asks about: as many as a page of Persona's holds
/// (docs.withpersona.com/reference/pagination).
const BATCH: u8 = 100;
/// How long one call may take, its waits and retries included.
const CALL_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a turn is waited for. A later one is not taken.
const MAX_SLOT_WAIT: Duration = Duration::from_secs(30);
/// How long no process asks after people had to wait.
const THROTTLE_PAUSE: Duration = Duration::from_secs(30);
/// How long an inquiry may be silent.
const STALENESS: StalenessPolicy = StalenessPolicy {
    min_age: Duration::from_secs(60),
    max_age: Duration::from_secs(60 * 60),
    max_age_decided: Duration::from_secs(24 * 60 * 60),
    give_up_after: Duration::from_secs(30 * 24 * 60 * 60),
};

/// The reconciler of one process.
#[derive(Debug, Clone)]
pub struct Reconciler {
    persona: persona_api::Client,
    store: Store,
}

/// What a round has come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// How many inquiries were asked about.
    pub checked: usize,
    /// Of these, how many had changed without a word: the drift.
    pub drifted: usize,
    /// Of these, how many Persona does not know.
    pub unknown: usize,
}

impl Reconciler {
    /// A reconciler that asks this Persona about what is in this store.
    #[must_use]
    pub fn new(persona: &persona_api::Client, store: Store) -> Self {
        Self {
            persona: persona.in_background(),
            store,
        }
    }

    /// Works until `shutdown`. Failures are logged, and the next round tries again.
    pub async fn run(self, shutdown: CancellationToken) {
        let work = async {
            loop {
                match self.round().await {
                    Ok(Round { checked: 0, .. }) => {}
                    Ok(Round {
                        checked,
                        drifted,
                        unknown,
                    }) => {
                        tracing::info!(checked, drifted, unknown, "reconciled stale inquiries");
                    }
                    Err(error) => tracing::warn!(
                        error = format!("{:#}", anyhow::Error::from(error)),
                        "could not reconcile stale inquiries; retrying in the next round"
                    ),
                }
                tokio::time::sleep(PERIOD).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    /// Asks once about every inquiry that has been silent for too long.
    ///
    /// # Errors
    /// If Persona or the database fails. What was learned until then is kept.
    pub async fn round(&self) -> Result<Round, Error> {
        let mut round = Round::default();
        loop {
            let stale = with_timeout(self.store.claim_stale_inquiries(STALENESS, BATCH)).await?;
            if stale.is_empty() {
                return Ok(round);
            }
            if !self.acquire_slot().await? {
                with_timeout(self.store.release_inquiries(&stale)).await?;
                return Ok(round);
            }
            let found = match self.fetch(&stale).await {
                Ok(found) => found,
                Err(error) => {
                    with_timeout(self.store.release_inquiries(&stale)).await?;
                    return Err(error.into());
                }
            };
            self.apply_responses(&stale, &found, &mut round).await?;
            if stale.len() < usize::from(BATCH) {
                return Ok(round);
            }
        }
    }

    /// Waits for a turn to call Persona; `false` if people need the calls now.
    async fn acquire_slot(&self) -> Result<bool, Error> {
        if self.persona.was_recently_throttled() {
            with_timeout(self.store.postpone_background_slots(THROTTLE_PAUSE)).await?;
            return Ok(false);
        }
        let interval = self.persona.background_interval();
        let slot = self.store.reserve_background_slot(interval, MAX_SLOT_WAIT);
        let Some(wait) = with_timeout(slot).await? else {
            return Ok(false);
        };
        tokio::time::sleep(wait).await;
        Ok(true)
    }

    async fn fetch(
        &self,
        stale: &[(InquiryId, ReferenceId)],
    ) -> Result<Vec<Inquiry>, persona_api::Error> {
        let ids: Vec<_> = stale.iter().map(|(id, _)| id.clone()).collect();
        let filter = InquiryFilter {
            ids: &ids,
            page_size: BATCH,
            ..InquiryFilter::ALL
        };
        let deadline = Instant::now() + CALL_TIMEOUT;
        Ok(self
            .persona
            .list_inquiries(filter, deadline)
            .await?
            .inquiries)
    }

    async fn apply_responses(
        &self,
        stale: &[(InquiryId, ReferenceId)],
        found: &[Inquiry],
        round: &mut Round,
    ) -> Result<(), Error> {
        for (id, owner) in stale {
            round.checked += 1;
            let Some(inquiry) = found.iter().find(|it| it.id == *id) else {
                round.unknown += 1;
                continue;
            };
            let check = OwnerCheck {
                persona: &self.persona,
                store: &self.store,
                user: owner,
                deadline: Instant::now() + CALL_TIMEOUT,
            };
            // Then it is retrieved, which is a call, too.
            if inquiry.reference_id.is_none() && !self.acquire_slot().await? {
                continue;
            }
            let expected = Expected {
                operation: Operation::ListInquiries,
                id: Some(id),
                template: None,
            };
            let retrieved = match check.confirm_owner(inquiry, expected).await {
                Ok(retrieved) => retrieved,
                // Reported. What our copy says stays.
                Err(Error::Foreign(_)) => continue,
                Err(error) => return Err(error),
            };
            let inquiry = retrieved.as_ref().unwrap_or(inquiry);
            let update = StatusUpdate::from_inquiry(inquiry, owner.clone(), Source::Reconciler);
            if let UpdateOutcome::Changed { .. } =
                with_timeout(status_update::apply(&self.store, &update)).await?
            {
                round.drifted += 1;
                metrics::inquiry_drift();
            }
        }
        Ok(())
    }
}
