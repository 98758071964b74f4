//! Submissions that the person's browser reports: recorded as hints, and checked with Persona.
//!
//! Webhooks may be late or lost. Without the hint the page would invite a person who has just
//! submitted everything to start, and the next click would create a second inquiry.

use std::time::Duration;

use super::sync_inquiry::{sync_inquiry, sync_inquiry_now};
use crate::{
    domain::{error::Error, submission_hint::oldest_valid_hint, sync::sync_inquiry::SyncOutcome},
    model::{InquiryId, ReferenceId},
    store::{FunnelStage, Store, SubmissionHint},
};

/// How long a page waits for Persona. The fetch itself continues, and its result is applied.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long Persona may call a submitted inquiry unfinished before the hint is dropped.
const PROCESSING_TIME: Duration = Duration::from_secs(60);
/// The minimum interval between two fetches for returns from the hosted flow: its URL is a plain
/// link, which anybody can follow again and again.
const MIN_RETURN_INTERVAL: Duration = Duration::from_secs(5);

/// Records that the user's browser reported the submission of this inquiry; `false` if the user has
/// no such inquiry.
///
/// # Errors
/// If the database fails.
pub async fn record_submission(
    store: &Store,
    user: &ReferenceId,
    id: &InquiryId,
) -> Result<bool, Error> {
    let is_own = store.record_submission_hint(user, id).await?;
    if is_own {
        store.record_stage(user, FunnelStage::Submitted, None, store.now_ms());
    }
    Ok(is_own)
}

/// Fetches the inquiry that the user's browser has submitted, if its outcome is unknown here, within
/// `TIMEOUT`: when the person loads the page again.
///
/// # Errors
/// If Persona or the database fails.
pub async fn sync_submitted_inquiry(
    persona: &persona_api::Client,
    store: &Store,
    user: &ReferenceId,
) -> Result<(), Error> {
    let Some(hint) = find_hint(store, user).await? else {
        return Ok(());
    };
    let Some(inquiry) = store.find_inquiry(&hint.inquiry_id).await? else {
        return Ok(());
    };
    let fetch = sync_inquiry(persona, store, inquiry);
    let outcome = tokio::time::timeout(TIMEOUT, fetch).await;
    if let Ok(outcome) = outcome
        && outcome? != SyncOutcome::Recent
        && hint.at.saturating_add(ms(PROCESSING_TIME)) < store.now_ms()
    {
        drop_contradicted_hint(store, &hint.inquiry_id).await?;
    }
    Ok(())
}

/// Fetches the user's unfinished inquiry when Persona's hosted flow has led back, within `TIMEOUT`.
///
/// The hosted flow leads back from its last screen. If Persona does not answer, that is all there is
/// to know, and it is kept as a hint; the request's query proves nothing and is ignored.
///
/// # Errors
/// If Persona or the database fails.
pub async fn sync_after_hosted_flow(
    persona: &persona_api::Client,
    store: &Store,
    user: &ReferenceId,
) -> Result<(), Error> {
    let Some(id) = store.find_unfinished_inquiry(user).await? else {
        return Ok(());
    };
    let previous = find_hint(store, user).await?;
    let is_repeated = previous.is_some_and(|hint| {
        hint.inquiry_id == id && hint.at.saturating_add(ms(MIN_RETURN_INTERVAL)) > store.now_ms()
    });
    if is_repeated {
        return Ok(());
    }
    record_submission(store, user, &id).await?;
    let Some(inquiry) = store.find_inquiry(&id).await? else {
        return Ok(());
    };
    let fetch = sync_inquiry_now(persona, store, inquiry);
    if let Ok(outcome) = tokio::time::timeout(TIMEOUT, fetch).await {
        outcome?;
        drop_contradicted_hint(store, &id).await?;
    }
    Ok(())
}

async fn find_hint(store: &Store, user: &ReferenceId) -> Result<Option<SubmissionHint>, Error> {
    let since = oldest_valid_hint(store);
    Ok(store.find_submission_hint(user, since).await?)
}

/// Drops the hint if Persona, asked after it, still calls the inquiry unfinished.
async fn drop_contradicted_hint(store: &Store, id: &InquiryId) -> Result<(), Error> {
    let stored = store.find_inquiry(id).await?;
    if stored.is_some_and(|inquiry| inquiry.status.is_unfinished()) {
        store.clear_submission_hint(id).await?;
    }
    Ok(())
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
