//! What an operator can do. Each action is written to the audit before it is done: what cannot be
//! written is not done.

use crate::{
    domain::{
        accounts::Email,
        error::Error,
        sync::{SyncOutcome, sync_inquiry_for_operator},
    },
    model::{InquiryId, ReferenceId},
    store::{AuditAction, EventState, InquiryRow, NewAudit, Store},
};
use persona_api;

/// How many parked events one action replays at most.
const MAX_REPLAYED: u32 = 1_000;
/// What the audit names where there is nothing to name.
const NO_SUBJECT: &str = "-";

/// An operator at work.
#[derive(Debug, Clone)]
pub struct Operator {
    id: ReferenceId,
    store: Store,
    persona: persona_api::Client,
}

/// Whom or what a search has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchResult {
    /// A person.
    User(ReferenceId),
    /// An event.
    Event(String),
    /// Nothing.
    NotFound,
}

impl Operator {
    /// The operator with this user ID. Whether they are one, the caller has checked.
    #[must_use]
    pub fn new(id: ReferenceId, store: Store, persona: persona_api::Client) -> Self {
        Self { id, store, persona }
    }

    async fn audit(
        &self,
        action: AuditAction,
        subject: &str,
        user_id: Option<&ReferenceId>,
    ) -> Result<(), Error> {
        let entry = NewAudit {
            operator: &self.id,
            action,
            subject,
            user_id,
        };
        self.store.add_audit(&entry).await?;
        tracing::info!(operator.id = %self.id, action = action.name(), "an operator acts");
        Ok(())
    }

    /// Looks for a person by reference ID, inquiry ID or e-mail, or for an event by its ID. What was
    /// looked for is not written down, since it may be an e-mail; who was found is.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn search(&self, term: &str) -> Result<SearchResult, Error> {
        let found = self.find(term.trim()).await?;
        let (subject, user_id) = match &found {
            SearchResult::User(id) => (id.as_str(), Some(id)),
            SearchResult::Event(id) => (id.as_str(), None),
            SearchResult::NotFound => (NO_SUBJECT, None),
        };
        self.audit(AuditAction::Search, subject, user_id).await?;
        Ok(found)
    }

    async fn find(&self, term: &str) -> Result<SearchResult, Error> {
        if let Ok(id) = ReferenceId::parse(term) {
            let since = self.store.user_created_at(&id).await?;
            return Ok(since.map_or(SearchResult::NotFound, |_| SearchResult::User(id)));
        }
        if let Ok(email) = Email::parse(term) {
            let account = self.store.find_credentials(email.as_str()).await?;
            return Ok(account.map_or(SearchResult::NotFound, |it| SearchResult::User(it.user_id)));
        }
        if let Ok(id) = InquiryId::parse(term)
            && let Some(inquiry) = self.store.find_inquiry(&id).await?
        {
            return Ok(SearchResult::User(inquiry.user_id));
        }
        let event = self.store.find_event(term).await?;
        Ok(event.map_or(SearchResult::NotFound, |it| SearchResult::Event(it.id)))
    }

    /// Asks Persona about an inquiry. Says what came of it, and whose the inquiry is; `None` if it is
    /// not known here.
    ///
    /// # Errors
    /// If the database fails; what Persona answers is in the result.
    pub async fn sync_inquiry(
        &self,
        id: &InquiryId,
    ) -> Result<Option<(ReferenceId, Result<SyncOutcome, Error>)>, Error> {
        let Some(inquiry) = self.store.find_inquiry(id).await? else {
            return Ok(None);
        };
        let InquiryRow { user_id, .. } = &inquiry;
        let user_id = user_id.clone();
        self.audit(AuditAction::SyncInquiry, id.as_str(), Some(&user_id))
            .await?;
        let outcome = sync_inquiry_for_operator(&self.persona, &self.store, inquiry).await;
        Ok(Some((user_id, outcome)))
    }

    /// Lets an event be applied again; `false` if it waits already or its body is gone, `None` if
    /// there is no such event.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn replay(&self, event_id: &str) -> Result<Option<bool>, Error> {
        let Some(event) = self.store.find_event(event_id).await? else {
            return Ok(None);
        };
        let inquiry_id = event.inquiry_id.and_then(|id| InquiryId::parse(id).ok());
        let inquiry = match inquiry_id {
            Some(id) => self.store.find_inquiry(&id).await?,
            None => None,
        };
        let user_id = inquiry.map(|inquiry| inquiry.user_id);
        self.audit(AuditAction::Replay, event_id, user_id.as_ref())
            .await?;
        Ok(Some(self.store.replay_event(event_id).await?))
    }

    /// Lets all parked events be applied again, and says how many they were.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn replay_parked(&self) -> Result<usize, Error> {
        self.audit(AuditAction::ReplayAll, "parked events", None)
            .await?;
        let parked = self
            .store
            .list_events(Some(EventState::Parked), MAX_REPLAYED)
            .await?;
        let mut replayed = 0;
        // In the order in which they came.
        for event in parked.into_iter().rev() {
            replayed += usize::from(self.store.replay_event(&event.id).await?);
        }
        Ok(replayed)
    }
}
