//! A person corrects the name and birthdate that inquiries are prefilled with.
//!
//! A submitted or approved inquiry was compared with the former data, so a correction after it is
//! refused: the account would bear a name that nobody checked. An unfinished inquiry gets the new
//! data at Persona: at once, and at each click until that has succeeded ([`update_prefill`]), which
//! also covers an attempt that creates its inquiry with a body of before.

use super::{ClickContext, policy::is_unfinished};
use crate::{
    base::error_chain,
    domain::{
        accounts::{Birthdate, BirthdateProblem, NameProblem, PersonNames, User},
        activity::record_account_change,
        error::Error,
        ownership::Expected,
        submission_hint::oldest_valid_hint,
    },
    model::{InquiryId, InquiryStatus, ReferenceId},
    store::Store,
};
use persona_api::{ErrorKind, Operation, Prefill};

/// The submitted fields, unvalidated. No `Debug`, because they contain personal data.
#[derive(Clone, Default)]
pub struct ProfileFields {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Birthdate.
    pub birthdate: String,
}

/// The problem of each field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProfileProblems {
    /// The first name's.
    pub first_name: Option<NameProblem>,
    /// The last name's.
    pub last_name: Option<NameProblem>,
    /// The birthdate's.
    pub birthdate: Option<BirthdateProblem>,
}

/// Why a correction failed.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// A field is invalid.
    #[error("a field is not valid")]
    Invalid(ProfileProblems),
    /// A submitted inquiry is being compared with the present data.
    #[error("a verification with the present data is being checked")]
    BeingChecked,
    /// The person is verified under the present data.
    #[error("a verification with the present data is approved")]
    Approved,
    /// An internal failure.
    #[error(transparent)]
    Failed(Error),
}

impl<E: Into<Error>> From<E> for CorrectionError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Replaces the user's name and birthdate, also in an unfinished inquiry.
///
/// # Errors
/// See [`CorrectionError`]. After [`CorrectionError::Failed`] nothing has changed.
pub async fn correct_profile(
    context: &ClickContext,
    user: &User,
    fields: &ProfileFields,
    minimum_age: u8,
) -> Result<(), CorrectionError> {
    let corrected = parse(context, user, fields, minimum_age).map_err(CorrectionError::Invalid)?;
    if corrected == *user {
        return Ok(());
    }
    let unfinished = fetch_unfinished(context, user).await?;

    let mut transaction = context.store.begin_sync().await?;
    transaction.lock_user(&user.id).await?;
    let statuses = transaction.list_statuses(&user.id).await?;
    if let Some(refusal) = refusal(&statuses, oldest_valid_hint(&context.store)) {
        transaction.rollback().await?;
        return Err(refusal);
    }
    if !transaction
        .replace_profile(&corrected.clone().into_row())
        .await?
    {
        transaction.rollback().await?;
        return Err(CorrectionError::Failed(Error::Busy));
    }
    transaction.commit().await?;
    record_account_change(&context.store, &user.id, "profile corrected");
    tracing::info!(user.id = %user.id, "corrected name or birthdate");

    let corrected = User {
        profile_version: user.profile_version + 1,
        ..corrected
    };
    if let Some(id) = unfinished
        && let Err(error) = update_prefill(context, &corrected, &id).await
    {
        tracing::warn!(
            reference_id = %user.id,
            error = error_chain(&error),
            "could not update the fields of an unfinished inquiry: the next click does"
        );
    }
    Ok(())
}

/// Why the user can correct nothing, as far as it is known without asking Persona.
///
/// # Errors
/// If the database fails.
pub async fn find_correction_refusal(
    store: &Store,
    user: &ReferenceId,
) -> Result<Option<CorrectionError>, Error> {
    let statuses = store.list_statuses(user).await?;
    Ok(refusal(&statuses, oldest_valid_hint(store)))
}

/// Replaces the data that an inquiry was prefilled with, unless it contains the user's present data.
pub(super) async fn update_prefill(
    context: &ClickContext,
    user: &User,
    id: &InquiryId,
) -> Result<(), Error> {
    if user.profile_version == 0 || context.store.prefill_version(id).await? >= user.profile_version
    {
        return Ok(());
    }
    let birthdate = user.birthdate.to_string();
    let person = Prefill {
        name_first: &user.first_name,
        name_last: &user.last_name,
        birthdate: &birthdate,
    };
    context
        .persona
        .update_prefill(id, person, context.deadline)
        .await?;
    context
        .store
        .set_prefill_version(id, user.profile_version)
        .await?;
    Ok(())
}

fn parse(
    context: &ClickContext,
    user: &User,
    fields: &ProfileFields,
    minimum_age: u8,
) -> Result<User, ProfileProblems> {
    let names = PersonNames::parse(&fields.first_name, &fields.last_name);
    let birthdate = Birthdate::parse(&fields.birthdate, context.clock.now(), minimum_age);
    match (names, birthdate) {
        (Ok(names), Ok(birthdate)) => Ok(User {
            first_name: names.first().to_owned(),
            last_name: names.last().to_owned(),
            birthdate: birthdate.date(),
            ..user.clone()
        }),
        (names, birthdate) => {
            let names = names.err().unwrap_or_default();
            Err(ProfileProblems {
                first_name: names.first,
                last_name: names.last,
                birthdate: birthdate.err(),
            })
        }
    }
}

/// Fetches the user's unfinished inquiry, which may have been submitted since the last update.
async fn fetch_unfinished(context: &ClickContext, user: &User) -> Result<Option<InquiryId>, Error> {
    let Some(id) = context.store.find_unfinished_inquiry(&user.id).await? else {
        return Ok(None);
    };
    let inquiry = match context.owner_check(user).retrieve(&id, None).await {
        Ok(inquiry) => inquiry,
        Err(Error::Persona(error)) if error.kind == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let expected = Expected::from_operation(Operation::RetrieveInquiry);
    context.keep(user, &inquiry, expected).await?;
    Ok(is_unfinished(&inquiry).then_some(id))
}

/// Why these inquiries forbid a correction. Submission hints from before `since` have expired.
fn refusal(statuses: &[(InquiryStatus, Option<i64>)], since: i64) -> Option<CorrectionError> {
    let is_approved = |(status, _): &&(InquiryStatus, _)| *status == InquiryStatus::Approved;
    let is_checked = |(status, hint_at): &&(InquiryStatus, Option<i64>)| match status {
        InquiryStatus::Completed | InquiryStatus::NeedsReview | InquiryStatus::Unknown(_) => true,
        InquiryStatus::Created | InquiryStatus::Pending => hint_at.is_some_and(|at| at >= since),
        InquiryStatus::Approved
        | InquiryStatus::Declined
        | InquiryStatus::Failed
        | InquiryStatus::Expired => false,
    };
    if statuses.iter().any(|it| is_approved(&it)) {
        Some(CorrectionError::Approved)
    } else if statuses.iter().any(|it| is_checked(&it)) {
        Some(CorrectionError::BeingChecked)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compared_with_the_present_data_forbids_a_correction() {
        for (statuses, expected) in [
            (&[][..], "allowed"),
            (&[("created", None)], "allowed"),
            (&[("pending", Some(1))], "allowed"),
            (&[("pending", Some(10))], "being checked"),
            (&[("created", Some(10))], "being checked"),
            (&[("failed", Some(10))], "allowed"),
            (&[("expired", None), ("declined", None)], "allowed"),
            (&[("created", None), ("completed", None)], "being checked"),
            (&[("needs_review", None)], "being checked"),
            (&[("paused", None)], "being checked"),
            (&[("completed", None), ("approved", None)], "approved"),
        ] {
            let known: Vec<_> = statuses
                .iter()
                .map(|(status, hint_at)| ((*status).to_owned().into(), *hint_at))
                .collect();
            let outcome = match refusal(&known, 5) {
                None => "allowed",
                Some(CorrectionError::BeingChecked) => "being checked",
                Some(CorrectionError::Approved) => "approved",
                Some(_) => "another",
            };
            assert_eq!(outcome, expected, "{statuses:?}");
        }
    }
}
