//! What a click works with.

use tokio::time::Instant;

use super::{
    error::Error,
    mirror::{self, Effect, Observation, Source},
    policy::InquiryPolicy,
    user::User,
};
use crate::{
    clock::Clock,
    model::{InquiryId, SessionToken, TemplateId},
    persona::{Client, Inquiry, InquiryFilter, Resumed},
    store::Store,
};

/// How many inquiries a lookup sees: enough to notice that several are open.
const LOOKUP_SIZE: u8 = 10;

/// What get-or-create works with.
#[derive(Debug, Clone)]
pub struct GetOrCreate {
    /// The client to ask.
    pub persona: Client,
    /// Our own database.
    pub store: Store,
    /// The time of day.
    pub clock: Clock,
    /// The template to look for, and to create from.
    pub template: TemplateId,
    /// What finished inquiries mean.
    pub policy: InquiryPolicy,
    /// When the click must have its answer.
    pub deadline: Instant,
}

impl GetOrCreate {
    /// Asks Persona for the user's inquiries, newest first. "Could not look" is an error, never
    /// "none there".
    pub(super) async fn look_up(&self, user: &User) -> Result<Vec<Inquiry>, Error> {
        let filter = InquiryFilter {
            reference_id: Some(&user.id),
            statuses: self.policy.statuses_asked_for(),
            template: Some(&self.template),
            page_size: LOOKUP_SIZE,
            ..InquiryFilter::ALL
        };
        let found = self
            .persona
            .list_inquiries(filter, self.deadline)
            .await?
            .inquiries;
        let open = found
            .iter()
            .filter(|inquiry| super::policy::is_unfinished(inquiry))
            .count();
        if open > 1 {
            tracing::warn!(
                reference_id = %user.id,
                open,
                "several unfinished inquiries found, continuing with the newest"
            );
        }
        Ok(found)
    }

    /// Resumes an inquiry of the user's, and keeps a copy of what became of it: no event tells.
    pub(super) async fn resume(&self, user: &User, id: &InquiryId) -> Result<SessionToken, Error> {
        let Resumed {
            session_token,
            inquiry,
        } = self.persona.resume_inquiry(id, self.deadline).await?;
        if let Some(inquiry) = inquiry {
            self.keep(user, &inquiry).await?;
        }
        Ok(session_token)
    }

    /// Keeps a copy of what Persona said.
    pub(super) async fn keep(&self, user: &User, inquiry: &Inquiry) -> Result<(), Error> {
        let observation = Observation::of(inquiry, user.id.clone(), Source::Click);
        if mirror::apply(&self.store, &observation).await? == Effect::OtherOwner {
            tracing::error!(
                inquiry.id = %inquiry.id,
                reference_id = %user.id,
                "Persona lists this inquiry for another user than before"
            );
        }
        Ok(())
    }

    /// Whether there is time left to wait and then still do something.
    pub(super) fn has_time_for(&self, wait: std::time::Duration) -> bool {
        self.deadline.saturating_duration_since(Instant::now()) > wait
    }
}
