//! What a click works with, and its calls to Persona: each answer is checked for its owner.

use std::sync::Arc;

use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    Unfinished, is_refusal,
    policy::{InquiryPolicy, is_unfinished},
};
use crate::{
    base::Clock,
    domain::{
        accounts::User,
        error::Error,
        ownership::{Asked, Mismatch, OwnerCheck},
        sync::status_update::{self, Effect, Observation, Source},
    },
    model::{InquiryId, InquiryStatus, SessionToken, TemplateId},
    store::Store,
};
use persona_api::{Client, Inquiry, InquiryFilter, OneTimeLink, Operation, Resumed};

/// How many inquiries a lookup sees: enough to notice that several are open.
const LOOKUP_SIZE: u8 = 10;

/// What get-or-create works with.
#[derive(Debug, Clone)]
pub struct ClickContext {
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
    /// The click's place among those that may be under way at once. It is held for as long as the
    /// work lasts, also if nobody waits for its result any more.
    pub permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl ClickContext {
    /// Asks Persona for the user's inquiries, newest first. "Could not look" is an error, never
    /// "none there".
    ///
    /// `earlier` is the template of the user's newest attempt: an unfinished inquiry of it is still
    /// the user's one, also when the configuration has named another template since.
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
        let asked = Asked {
            operation: Operation::ListInquiries,
            id: None,
            template: Some(template.as_str()),
        };
        self.owner_check(user)
            .confirm_all(page.inquiries, asked)
            .await
    }

    /// Resumes an inquiry of the user's, and keeps a copy of what became of it: no event tells.
    pub(super) async fn resume(
        &self,
        user: &User,
        unfinished: &Unfinished,
    ) -> Result<SessionToken, Error> {
        let Resumed {
            session_token,
            inquiry,
        } = self
            .persona
            .resume_inquiry(&unfinished.id, self.deadline)
            .await?;
        let inquiry = self
            .confirm(user, unfinished, Operation::ResumeInquiry, inquiry)
            .await?;
        self.keep(user, &inquiry).await?;
        Ok(session_token)
    }

    /// Makes a one-time link to an inquiry of the user's.
    pub(super) async fn generate_one_time_link(
        &self,
        user: &User,
        unfinished: &Unfinished,
    ) -> Result<OneTimeLink, Error> {
        let link = self
            .persona
            .generate_one_time_link(&unfinished.id, self.deadline)
            .await?;
        let inquiry = link.inquiry().cloned();
        self.confirm(user, unfinished, Operation::GenerateOneTimeLink, inquiry)
            .await?;
        Ok(link)
    }

    /// The inquiry of an answer that hands something out, once it is known to be this one. An
    /// answer that shows no inquiry is confirmed by a look.
    async fn confirm(
        &self,
        user: &User,
        unfinished: &Unfinished,
        operation: Operation,
        answered: Option<Inquiry>,
    ) -> Result<Inquiry, Error> {
        let (check, template) = (self.owner_check(user), unfinished.template_id.as_deref());
        let Some(inquiry) = answered else {
            return check.retrieve(&unfinished.id, template).await;
        };
        let asked = Asked {
            operation,
            id: Some(&unfinished.id),
            template,
        };
        check.confirm(inquiry, asked).await
    }

    /// Expires an inquiry that Persona gives no further session, so that another one may follow.
    ///
    /// The order keeps the promise that there is one: Persona is asked to expire it, a read confirms
    /// that it has ended, and only then the caller looks again and may begin an attempt. After a
    /// crash the next click repeats what is missing. Two processes may do it at once: expiring twice
    /// does no harm, and the attempt's row lets one of them create.
    pub(super) async fn expire_spent(&self, user: &User, id: &InquiryId) -> Result<(), Error> {
        tracing::warn!(
            reference_id = %user.id,
            "the user's inquiry has used up its sessions: expiring it, another one follows"
        );
        let refusal = match self.persona.expire_inquiry(id, self.deadline).await {
            Ok(()) => None,
            // It may have ended already: the read decides.
            Err(error) if is_refusal(&error) => Some(error),
            Err(error) => return Err(error.into()),
        };
        let inquiry = self.owner_check(user).retrieve(id, None).await?;
        self.keep(user, &inquiry).await?;
        if is_unfinished(&inquiry) {
            tracing::error!(
                reference_id = %user.id,
                "Persona does not expire an inquiry that has used up its sessions: expire it in \
                 Persona's dashboard"
            );
            return Err(refusal.map_or(Error::Busy, Error::from));
        }
        Ok(())
    }

    /// What checks that answers are the user's.
    pub(super) fn owner_check<'a>(&'a self, user: &'a User) -> OwnerCheck<'a> {
        OwnerCheck {
            persona: &self.persona,
            store: &self.store,
            user: &user.id,
            deadline: self.deadline,
        }
    }

    /// Keeps a copy of what Persona said. Refuses what our copy has learned meanwhile to be another
    /// user's.
    pub(super) async fn keep(&self, user: &User, inquiry: &Inquiry) -> Result<(), Error> {
        let observation = Observation::of(inquiry, user.id.clone(), Source::Click);
        if status_update::apply(&self.store, &observation).await? == Effect::OtherOwner {
            let asked = Asked {
                operation: Operation::ListInquiries,
                id: None,
                template: None,
            };
            return Err(self.owner_check(user).refuse(asked, Mismatch::Owner));
        }
        Ok(())
    }
}
