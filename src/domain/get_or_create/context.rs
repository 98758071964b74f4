//! The click's context, and its calls to Persona. Each response is checked for its owner.

use std::sync::Arc;

use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    OpenInquiry, is_refusal,
    policy::{InquiryPolicy, is_unfinished},
};
use crate::{
    base::Clock,
    domain::{
        accounts::User,
        error::Error,
        ownership::{Expected, Mismatch, OwnerCheck},
        sync::status_update::{self, Source, StatusUpdate, UpdateOutcome},
    },
    model::{InquiryId, InquiryStatus, SessionToken, TemplateId},
    store::Store,
};
use persona_api::{Client, Inquiry, InquiryFilter, OneTimeLink, Operation, ResumedInquiry};

/// How many inquiries a lookup sees: enough to notice that several are open.
const LOOKUP_SIZE: u8 = 10;

/// What one click needs.
#[derive(Debug, Clone)]
pub struct ClickContext {
    /// The client of Persona's API.
    pub persona: Client,
    /// Our own database.
    pub store: Store,
    /// The time of day.
    pub clock: Clock,
    /// The template to look for, and to create from.
    pub template: TemplateId,
    /// What finished inquiries mean.
    pub policy: InquiryPolicy,
    /// When the click must have its result.
    pub deadline: Instant,
    /// The click's place among the clicks that may run at once. It is held until the work ends,
    /// even if the caller has disconnected.
    pub permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl ClickContext {
    /// Lists the user's inquiries at Persona, newest first. A failed lookup is an error, never an
    /// empty list.
    ///
    /// `earlier` is the template of the user's newest attempt: its unfinished inquiry is still the
    /// user's one, even if the configuration names another template by now.
    pub(super) async fn look_up(
        &self,
        user: &User,
        earlier: Option<&TemplateId>,
    ) -> Result<Vec<Inquiry>, Error> {
        let statuses = self.policy.statuses_asked_for();
        let mut found = self.list(user, &self.template, statuses).await?;
        if let Some(earlier) = earlier.filter(|earlier| **earlier != self.template) {
            let unfinished = &[InquiryStatus::Created, InquiryStatus::Pending];
            found.extend(self.list(user, earlier, unfinished).await?);
        }
        let open = found
            .iter()
            .filter(|inquiry| is_unfinished(inquiry))
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

    async fn list(
        &self,
        user: &User,
        template: &TemplateId,
        statuses: &[InquiryStatus],
    ) -> Result<Vec<Inquiry>, Error> {
        let filter = InquiryFilter {
            reference_id: Some(user.id.as_str()),
            statuses,
            template: Some(template),
            page_size: LOOKUP_SIZE,
            ..InquiryFilter::ALL
        };
        let page = self.persona.list_inquiries(filter, self.deadline).await?;
        let expected = Expected {
            operation: Operation::ListInquiries,
            id: None,
            template: Some(template.as_str()),
        };
        self.owner_check(user)
            .confirm_all(page.inquiries, expected)
            .await
    }

    /// Resumes an inquiry of the user's, and keeps a copy of its status, because Persona sends no
    /// event about it.
    pub(super) async fn resume(
        &self,
        user: &User,
        unfinished: &OpenInquiry,
    ) -> Result<SessionToken, Error> {
        let ResumedInquiry {
            session_token,
            inquiry,
        } = self
            .persona
            .resume_inquiry(&unfinished.id, self.deadline)
            .await?;
        let check = self.owner_check(user);
        let expected = Expected {
            operation: Operation::ResumeInquiry,
            id: Some(&unfinished.id),
            template: unfinished.template_id.as_deref(),
        };
        let inquiry = match inquiry {
            Some(inquiry) => check
                .confirm_owner(&inquiry, expected)
                .await?
                .unwrap_or(inquiry),
            None => check.retrieve(&unfinished.id, expected.template).await?,
        };
        // Which also compares the owner with that of the local copy.
        self.keep(user, &inquiry, expected).await?;
        Ok(session_token)
    }

    /// Makes a one-time link to an inquiry of the user's.
    pub(super) async fn generate_one_time_link(
        &self,
        user: &User,
        unfinished: &OpenInquiry,
    ) -> Result<OneTimeLink, Error> {
        let link = self
            .persona
            .generate_one_time_link(&unfinished.id, self.deadline)
            .await?;
        let (check, template) = (self.owner_check(user), unfinished.template_id.as_deref());
        match link.inquiry().cloned() {
            Some(inquiry) => {
                let expected = Expected {
                    operation: Operation::GenerateOneTimeLink,
                    id: Some(&unfinished.id),
                    template,
                };
                check.confirm(inquiry, expected).await?;
            }
            // A response without an inquiry is confirmed by retrieving it.
            None => {
                check.retrieve(&unfinished.id, template).await?;
            }
        }
        Ok(link)
    }

    /// Expires an inquiry that has used up its sessions, so that another one can be created.
    ///
    /// The order prevents a second open inquiry: Persona expires it, a read confirms that it has
    /// ended, and only then the caller looks again and may begin an attempt. After a crash the next
    /// click does what is missing. Two processes may do it at once: expiring twice does no harm,
    /// and the attempt's row lets one of them create.
    pub(super) async fn expire_spent(&self, user: &User, id: &InquiryId) -> Result<(), Error> {
        tracing::warn!(
            reference_id = %user.id,
            "expiring the user's inquiry, because it has used up its sessions; another one is created"
        );
        let refusal = match self.persona.expire_inquiry(id, self.deadline).await {
            Ok(()) => None,
            // It may have ended already: the read below decides.
            Err(error) if is_refusal(&error) => Some(error),
            Err(error) => return Err(error.into()),
        };
        let inquiry = self.owner_check(user).retrieve(id, None).await?;
        let expected = Expected::from_operation(Operation::RetrieveInquiry);
        self.keep(user, &inquiry, expected).await?;
        if is_unfinished(&inquiry) {
            tracing::error!(
                reference_id = %user.id,
                "Persona did not expire the user's inquiry, which has used up its sessions, so the \
                 user cannot continue: expire it in Persona's dashboard"
            );
            return Err(refusal.map_or(Error::Busy, Error::from));
        }
        Ok(())
    }

    /// Checks that responses are about this user.
    pub(super) fn owner_check<'a>(&'a self, user: &'a User) -> OwnerCheck<'a> {
        OwnerCheck {
            persona: &self.persona,
            store: &self.store,
            user: &user.id,
            deadline: self.deadline,
        }
    }

    /// Updates the local copy of the inquiry. Rejects the response that it is from if the local copy
    /// assigns the inquiry to another user.
    pub(super) async fn keep(
        &self,
        user: &User,
        inquiry: &Inquiry,
        expected: Expected<'_>,
    ) -> Result<(), Error> {
        let update = StatusUpdate::from_inquiry(inquiry, user.id.clone(), Source::Click);
        if status_update::apply(&self.store, &update).await? == UpdateOutcome::OtherOwner {
            return Err(self.owner_check(user).refuse(expected, Mismatch::Owner));
        }
        Ok(())
    }
}
