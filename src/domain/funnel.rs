//! The stages of a verification that are counted for operators. Those that Persona reports are counted
//! with the change of the status.

use super::error::Error;
use crate::{
    model::{InquiryId, ReferenceId},
    store::{FunnelStage, Store},
};

/// Counts that the person saw the onboarding page, in this language.
pub fn record_view(store: &Store, user: &ReferenceId, language: &'static str) {
    store.record_stage(user, FunnelStage::Viewed, Some(language), store.now_ms());
}

/// Counts that Persona's window opened, as the person's browser reports; `false` if the user has no such
/// inquiry.
///
/// # Errors
/// If the database fails.
pub async fn record_opening(
    store: &Store,
    user: &ReferenceId,
    id: &InquiryId,
) -> Result<bool, Error> {
    let inquiry = store.find_inquiry(id).await?;
    let is_own = inquiry.is_some_and(|inquiry| inquiry.user_id == *user);
    if is_own {
        store.record_stage(user, FunnelStage::Opened, None, store.now_ms());
    }
    Ok(is_own)
}
