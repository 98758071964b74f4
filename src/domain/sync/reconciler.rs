//! The reconciler: fetches stale inquiries from Persona, so that a lost webhook delays a status by
//! minutes only.
//!
//! Each call fetches up to [`MAX_BATCH`] inquiries, the longest overdue first, and applies the
//! responses ([`status_update`]). Its calls use at most a quarter of Persona's rate limit, evenly
//! spread over time and all processes. It pauses while interactive calls are throttled, and below
//! the reserve of the limit it waits for the next window. Several processes share the work, because
//! each claims inquiries before it fetches them. It runs at startup, to catch up after a downtime,
//! and then every [`ROUND_INTERVAL`].

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    base::{error_chain, metrics},
    domain::{
        error::Error,
        ownership::{Expected, OwnerCheck},
        sync::status_update::{self, Source, StatusUpdate, UpdateOutcome},
    },
    model::{InquiryId, ReferenceId},
    store::{Store, with_timeout},
};
use persona_api::{Inquiry, InquiryFilter, Operation};

/// The interval between rounds.
const ROUND_INTERVAL: Duration = Duration::from_secs(15);
/// The number of inquiries per call: the maximum page size
/// (docs.withpersona.com/reference/pagination).
const MAX_BATCH: u8 = 100;
/// The timeout of one call, including waits and retries.
const CALL_TIMEOUT: Duration = Duration::from_secs(90);
/// The maximum wait for a slot. A later slot is not reserved.
const MAX_SLOT_WAIT: Duration = Duration::from_secs(30);
/// How long all processes pause after interactive calls were throttled.
const THROTTLE_PAUSE: Duration = Duration::from_secs(30);

/// The reconciler of one process.
#[derive(Debug, Clone)]
pub struct Reconciler {
    persona: persona_api::Client,
    store: Store,
}

/// The counts of a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// The number of inquiries fetched.
    pub checked: usize,
    /// How many of them had changed without an event (drift).
    pub drifted: usize,
    /// How many of them Persona does not know.
    pub unknown: usize,
}

impl Reconciler {
    /// Creates a reconciler.
    #[must_use]
    pub fn new(persona: &persona_api::Client, store: Store) -> Self {
        Self {
            persona: persona.in_background(),
            store,
        }
    }

    /// Runs rounds until `shutdown`. Failures are logged, and the next round retries.
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
                        error = error_chain(&error),
                        "could not reconcile stale inquiries; retrying in the next round"
                    ),
                }
                tokio::time::sleep(ROUND_INTERVAL).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    /// Fetches every stale inquiry once.
    ///
    /// # Errors
    /// If Persona or the database fails. The updates applied before are kept.
    pub async fn round(&self) -> Result<Round, Error> {
        let mut round = Round::default();
        loop {
            let stale = with_timeout(self.store.claim_stale_inquiries(MAX_BATCH)).await?;
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
            if stale.len() < usize::from(MAX_BATCH) {
                return Ok(round);
            }
        }
    }

    /// Waits for a slot for a call to Persona; `false` if interactive calls need the rate limit.
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
            page_size: MAX_BATCH,
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
            // The ownership check then retrieves the inquiry, which is a further call.
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
                // The check has reported it. The local copy stays as it is.
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
