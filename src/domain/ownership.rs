//! Ownership checks: a response of Persona is used only if it names the user.
//!
//! A response may contain another person's inquiry, because of an ignored filter, a cache or proxy
//! that mixes up responses, or a fault at Persona. Its ID and session token would expose that
//! person's data, so no response leaves the server or changes the local copy before it passes these
//! checks:
//!
//! | the response | result |
//! |---|---|
//! | names the user's reference ID | accepted |
//! | names another reference ID, inquiry or template than expected | rejected |
//! | names no reference ID | accepted if the retrieved inquiry names the user, else rejected |
//! | is about an inquiry that the local copy assigns to another user | rejected |
//!
//! A rejection is logged, counted in the metrics and added to the user's timeline. None of them
//! contains the inquiry's ID, because the ID opens the inquiry.

use tokio::time::Instant;

use super::error::Error;
use crate::{
    base::metrics,
    domain::activity,
    model::{InquiryId, ReferenceId},
    store::Store,
};
use persona_api::{Client, Inquiry, Operation};

/// Why a response does not belong to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The response names another reference ID.
    #[error("it names another reference ID")]
    ReferenceId,
    /// Neither the response nor the retrieved inquiry names a reference ID.
    #[error("it names no reference ID")]
    Unnamed,
    /// The response contains another inquiry than the requested one.
    #[error("it carries another inquiry than the one that was asked for")]
    InquiryId,
    /// The inquiry belongs to another template than the requested one.
    #[error("its inquiry has another template than the one that was asked for")]
    Template,
    /// The local copy assigns the inquiry to another user.
    #[error("the inquiry is known here as another user's")]
    Owner,
}

/// A rejected response that is not about the user's inquiry. Contains no ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("refused Persona's answer to `{}`: {mismatch}", operation.name())]
pub struct ForeignResponse {
    /// The operation.
    pub operation: Operation,
    /// The failed check.
    pub mismatch: Mismatch,
}

/// The properties that a response must have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// The operation.
    pub(super) operation: Operation,
    /// The requested inquiry, if there is one.
    pub(super) id: Option<&'a InquiryId>,
    /// The requested template, if there is one.
    pub(super) template: Option<&'a str>,
}

impl Expected<'_> {
    /// A response to an operation, about any inquiry of any template.
    pub(super) fn from_operation(operation: Operation) -> Self {
        Self {
            operation,
            id: None,
            template: None,
        }
    }
}

/// Checks responses for one user.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnerCheck<'a> {
    pub(super) persona: &'a Client,
    pub(super) store: &'a Store,
    pub(super) user: &'a ReferenceId,
    pub(super) deadline: Instant,
}

impl OwnerCheck<'_> {
    /// Returns the inquiry of a response once it is confirmed to be the user's.
    pub(super) async fn confirm(
        &self,
        inquiry: Inquiry,
        expected: Expected<'_>,
    ) -> Result<Inquiry, Error> {
        let confirmed = self.confirm_all(vec![inquiry], expected).await?;
        // `confirm_all` returns as many inquiries as it gets.
        confirmed.into_iter().next().ok_or(Error::Interrupted)
    }

    /// Returns the inquiries of a response once each is confirmed to be the user's. One foreign
    /// inquiry rejects all, because the response cannot be trusted to be complete.
    pub(super) async fn confirm_all(
        &self,
        mut inquiries: Vec<Inquiry>,
        expected: Expected<'_>,
    ) -> Result<Vec<Inquiry>, Error> {
        for inquiry in &mut inquiries {
            if let Some(named) = self.confirm_owner(inquiry, expected).await? {
                *inquiry = named;
            }
        }
        let ids: Vec<_> = inquiries.iter().map(|inquiry| &inquiry.id).collect();
        if self.store.has_other_owner(&ids, self.user).await? {
            return Err(self.refuse(expected, Mismatch::Owner));
        }
        Ok(inquiries)
    }

    /// Checks the owner that a response names. Returns the retrieved inquiry, if retrieving it was
    /// necessary. Does not check the local copy.
    pub(super) async fn confirm_owner(
        &self,
        inquiry: &Inquiry,
        expected: Expected<'_>,
    ) -> Result<Option<Inquiry>, Error> {
        match compare(inquiry, self.user, expected) {
            Ok(NamedOwner::User) => Ok(None),
            Ok(NamedOwner::Unspecified) => {
                Ok(Some(self.retrieve(&inquiry.id, expected.template).await?))
            }
            Err(mismatch) => Err(self.refuse(expected, mismatch)),
        }
    }

    /// Retrieves an inquiry and checks that it names the user.
    pub(super) async fn retrieve(
        &self,
        id: &InquiryId,
        template: Option<&str>,
    ) -> Result<Inquiry, Error> {
        let inquiry = self.persona.retrieve_inquiry(id, self.deadline).await?;
        let expected = Expected {
            operation: Operation::RetrieveInquiry,
            id: Some(id),
            template,
        };
        match compare(&inquiry, self.user, expected) {
            Ok(NamedOwner::User) => Ok(inquiry),
            Ok(NamedOwner::Unspecified) => Err(self.refuse(expected, Mismatch::Unnamed)),
            Err(mismatch) => Err(self.refuse(expected, mismatch)),
        }
    }

    /// Logs, counts and records a rejected response.
    pub(super) fn refuse(&self, expected: Expected<'_>, mismatch: Mismatch) -> Error {
        let foreign = ForeignResponse {
            operation: expected.operation,
            mismatch,
        };
        tracing::error!(
            reference_id = %self.user,
            persona.operation = expected.operation.name(),
            "Persona answered with an inquiry that is not this user's: {mismatch}. Nothing of the \
             answer was used. Look for a cache or proxy on the way to Persona that mixes up \
             responses; if there is none, ask Persona's support, with the request IDs from the \
             user's timeline in /admin"
        );
        metrics::foreign_response(expected.operation.name());
        activity::record_foreign_response(self.store, self.user, expected.id, expected.operation);
        Error::Foreign(foreign)
    }
}

/// The owner that a response names.
#[derive(Debug, PartialEq, Eq)]
enum NamedOwner {
    User,
    Unspecified,
}

fn compare(
    inquiry: &Inquiry,
    user: &ReferenceId,
    expected: Expected<'_>,
) -> Result<NamedOwner, Mismatch> {
    let template = inquiry.template_id.as_deref();
    if expected.id.is_some_and(|id| *id != inquiry.id) {
        return Err(Mismatch::InquiryId);
    }
    match inquiry.reference_id.as_deref() {
        Some(reference_id) if reference_id != user.as_str() => Err(Mismatch::ReferenceId),
        _ if expected
            .template
            .is_some_and(|expected| template.is_some_and(|it| it != expected)) =>
        {
            Err(Mismatch::Template)
        }
        Some(_) => Ok(NamedOwner::User),
        None => Ok(NamedOwner::Unspecified),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use persona_api::InquiryTimes;

    #[test]
    fn an_answer_must_name_the_user_and_what_was_asked_for() {
        let user = ReferenceId::parse("usr_1").unwrap();
        let id = |text: &str| InquiryId::parse(text).unwrap();
        let own = id("inq_1");
        for (answered, reference_id, template_id, expected) in [
            (
                "inq_1",
                Some("usr_1"),
                Some("itmpl_1"),
                Ok(NamedOwner::User),
            ),
            ("inq_1", Some("usr_1"), None, Ok(NamedOwner::User)),
            ("inq_1", None, Some("itmpl_1"), Ok(NamedOwner::Unspecified)),
            ("inq_1", Some("usr_2"), None, Err(Mismatch::ReferenceId)),
            ("inq_1", Some("USR_1"), None, Err(Mismatch::ReferenceId)),
            ("inq_1", Some(""), None, Err(Mismatch::ReferenceId)),
            ("inq_2", Some("usr_1"), None, Err(Mismatch::InquiryId)),
            ("inq_2", None, None, Err(Mismatch::InquiryId)),
            (
                "inq_1",
                Some("usr_1"),
                Some("itmpl_2"),
                Err(Mismatch::Template),
            ),
            ("inq_1", None, Some("itmpl_2"), Err(Mismatch::Template)),
        ] {
            let inquiry = Inquiry {
                id: id(answered),
                status: "pending".to_owned().into(),
                reference_id: reference_id.map(ToOwned::to_owned),
                template_id: template_id.map(ToOwned::to_owned),
                template_version_id: None,
                session_count: 0,
                times: InquiryTimes::default(),
            };
            let asked = Expected {
                operation: Operation::ResumeInquiry,
                id: Some(&own),
                template: Some("itmpl_1"),
            };
            let case = format!("{answered} {reference_id:?} {template_id:?}");
            assert_eq!(compare(&inquiry, &user, asked), expected, "{case}");
        }
    }
}
