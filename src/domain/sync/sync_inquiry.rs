//! Refresh: ask Persona about one inquiry now.
//!
//! For a page whose SDK has told it that something happened (a hint, never a status), and for an
//! operator. What Persona answers goes the way of every other word ([`mirror`]).

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

/// How long Persona is left alone about an inquiry that it has just been asked about.
const MIN_INTERVAL: Duration = Duration::from_secs(5);
/// How long the asking may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What came of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Persona has answered, and this is what its answer did.
    Applied(UpdateOutcome),
    /// Persona was asked a moment ago: it was not asked again.
    Recent,
    /// Persona does not know the inquiry.
    NotFound,
}

/// Asks Persona about an inquiry that we know, for its owner: not if it was asked a moment ago.
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

/// Asks Persona about an inquiry that we know, for an operator: whenever they want.
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

/// It goes on when the caller goes away: what was asked for is worth keeping.
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
            deadline: Instant::now() + TIMEOUT,
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
                // Nothing was learned: the next who asks need not wait.
                let claimed = [(inquiry.id, inquiry.user_id)];
                with_timeout(store.release_inquiries(&claimed)).await?;
                Err(error)
            }
        }
    };
    tracker
        .run_to_completion(work)
        .await
        .ok_or(Error::Interrupted)?
}
