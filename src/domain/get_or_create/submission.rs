//! A click while the outcome of a submitted inquiry is unknown here: Persona is asked first.
//!
//! The lookup of a click sees unfinished inquiries only, so a submitted one would be missing from
//! it, and the click would create a second inquiry before the person learns how the first ended.

use super::ClickContext;
use crate::{
    domain::{
        accounts::User,
        error::{Error, PolicyDenial},
        ownership::Expected,
        submission_hint::oldest_valid_hint,
    },
    model::InquiryStatus,
};
use persona_api::{ErrorKind, Inquiry, Operation};

/// Retrieves the inquiry that the user's browser has submitted, if its outcome is unknown here.
///
/// # Errors
/// [`Error::Denied`] if the inquiry is being checked or decided: the person gets to know that
/// instead of another inquiry. Once the decision is stored, the policy alone counts. Other errors
/// if Persona or the database fails: without an answer nothing is created.
pub(super) async fn check_submission(context: &ClickContext, user: &User) -> Result<(), Error> {
    let since = oldest_valid_hint(&context.store);
    let hint = context.store.find_submission_hint(&user.id, since).await?;
    let Some(hint) = hint else { return Ok(()) };
    let retrieved = context
        .owner_check(user)
        .retrieve(&hint.inquiry_id, None)
        .await;
    let inquiry = match retrieved {
        Ok(inquiry) => inquiry,
        Err(Error::Persona(error)) if error.kind == ErrorKind::NotFound => {
            context
                .store
                .clear_submission_hint(&hint.inquiry_id)
                .await?;
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let expected = Expected::from_operation(Operation::RetrieveInquiry);
    context.keep(user, &inquiry, expected).await?;
    if inquiry.status.is_unfinished() {
        // The person did not finish after all, and continues.
        context
            .store
            .clear_submission_hint(&hint.inquiry_id)
            .await?;
    }
    denial(&inquiry).map_or(Ok(()), |denial| Err(Error::Denied(denial)))
}

/// Why a submitted inquiry denies another one.
fn denial(inquiry: &Inquiry) -> Option<PolicyDenial> {
    if inquiry.times.redacted_at.is_some() {
        return None;
    }
    let id = inquiry.id.clone();
    match inquiry.status {
        InquiryStatus::Completed | InquiryStatus::NeedsReview | InquiryStatus::Unknown(_) => {
            Some(PolicyDenial::Waiting(id))
        }
        InquiryStatus::Approved => Some(PolicyDenial::Approved(id)),
        InquiryStatus::Declined => Some(PolicyDenial::Declined(id)),
        InquiryStatus::Created
        | InquiryStatus::Pending
        | InquiryStatus::Failed
        | InquiryStatus::Expired => None,
    }
}
