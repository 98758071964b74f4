//! Fetches one inquiry from Persona on demand.
//!
//! Requested by a page whose SDK reported an event, which is only a hint, and by operators. The
//! response is applied like every other update ([`status_update`]).

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        activity::{StartTime, record_calls},
        error::Error,
        ownership::OwnerCheck,
        sync::status_update::{self, Source, StatusUpdate, UpdateOutcome},
    },
    store::{InquiryRow, Store, with_timeout},
};
use persona_api::{CallLog, ErrorKind};

/// The minimum interval between two fetches of the same inquiry that pages request.
const MIN_INTERVAL: Duration = Duration::from_secs(5);
/// The timeout of a fetch.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The outcome of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Persona responded, and the update was applied with this outcome.
    Applied(UpdateOutcome),
    /// The inquiry was fetched a moment ago and was not fetched again.
    Recent,
    /// Persona does not know the inquiry.
    NotFound,
}

/// Fetches a known inquiry for its owner, at most once per `MIN_INTERVAL`.
///
/// # Errors
/// If Persona or the database fails.
pub async fn sync_inquiry(
    persona: &persona_api::Client,
    store: &Store,
    inquiry: InquiryRow,
) -> Result<SyncOutcome, Error> {
    if !store.claim_inquiry(&inquiry.id, MIN_INTERVAL).await? {
        return Ok(SyncOutcome::Recent);
    }
    fetch_and_apply(persona.clone(), store.clone(), inquiry, Source::Page).await
}

/// Fetches a known inquiry for an operator, without a minimum interval.
///
/// # Errors
/// If Persona or the database fails.
pub async fn sync_inquiry_for_operator(
    persona: &persona_api::Client,
    store: &Store,
    inquiry: InquiryRow,
) -> Result<SyncOutcome, Error> {
    fetch_and_apply(persona.clone(), store.clone(), inquiry, Source::Operator).await
}

/// Fetches a known inquiry for its owner, without a minimum interval.
pub(super) async fn sync_inquiry_now(
    persona: &persona_api::Client,
    store: &Store,
    inquiry: InquiryRow,
) -> Result<SyncOutcome, Error> {
    fetch_and_apply(persona.clone(), store.clone(), inquiry, Source::Page).await
}

/// Completes even if the caller is cancelled, so that the response is applied.
async fn fetch_and_apply(
    persona: persona_api::Client,
    store: Store,
    inquiry: InquiryRow,
    source: Source,
) -> Result<SyncOutcome, Error> {
    let tracker = store.clone();
    let work = async move {
        let (log, started) = (CallLog::default(), StartTime::now(&store));
        let persona = persona.with_log(&log);
        let check = OwnerCheck {
            persona: &persona,
            store: &store,
            user: &inquiry.user_id,
            deadline: Instant::now() + FETCH_TIMEOUT,
        };
        let response = check.retrieve(&inquiry.id, None).await;
        record_calls(&store, started, &log, &inquiry.user_id, &inquiry.id);
        match response {
            Ok(response) => {
                let update = StatusUpdate::from_inquiry(&response, inquiry.user_id, source);
                Ok(SyncOutcome::Applied(
                    with_timeout(status_update::apply(&store, &update)).await?,
                ))
            }
            Err(Error::Persona(error)) if error.kind == ErrorKind::NotFound => {
                Ok(SyncOutcome::NotFound)
            }
            Err(error) => {
                // The claim is released, so that the next request fetches immediately.
                let claimed = [(inquiry.id, inquiry.user_id)];
                with_timeout(store.release_inquiries(&claimed)).await?;
                Err(error)
            }
        }
    };
    tracker.run_to_completion(work).await
}
