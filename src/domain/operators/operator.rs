//! Operators' actions. Each action is written to the audit log before it is executed; if that
//! fails, it is not executed. A search is written with its result, before the result is returned.

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

/// The maximum number of parked events that one action replays.
const MAX_REPLAYED: u32 = 1_000;
/// The audit log's subject of a search without a result.
const NO_SUBJECT: &str = "-";

/// An operator, with access to store and API.
#[derive(Debug, Clone)]
pub struct Operator {
    id: ReferenceId,
    store: Store,
    persona: persona_api::Client,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchResult {
    /// A user.
    User(ReferenceId),
    /// An event.
    Event(String),
    /// Nothing.
    NotFound,
}

impl Operator {
    /// Creates an operator. The caller has checked that this user is one.
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
        tracing::info!(operator.id = %self.id, action = action.name(), "operator action");
        Ok(())
    }

    /// Searches for a user by reference ID, inquiry ID or e-mail, or for an event by its ID. The
    /// audit log contains the result and not the search term, because the term may be an e-mail.
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

    /// Fetches an inquiry from Persona. Returns the owner and the outcome; `None` if the inquiry is
    /// unknown.
    ///
    /// # Errors
    /// If the database fails; an error of Persona is part of the outcome.
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

    /// Replays an event; `false` if it is waiting or its body is erased, `None` if there is no such
    /// event.
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

    /// Replays the parked events, at most [`MAX_REPLAYED`] of the newest, and returns their number.
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
        // Oldest first.
        for event in parked.into_iter().rev() {
            replayed += usize::from(self.store.replay_event(&event.id).await?);
        }
        Ok(replayed)
    }
}
