//! What needs an operator: parked events, and clicks that led to nothing. And one event, to look at.

use crate::{
    domain::error::Error,
    model::{InquiryId, ReferenceId},
    store::{ActivityRow, EventRow, EventState, Store},
};

/// How long each list is at most.
const MAX_LISTED: u16 = 50;

/// What needs somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The events that could not be applied, the newest first.
    pub parked: Vec<EventRow>,
    /// The clicks that led to nothing, the newest first.
    pub failed_clicks: Vec<ActivityRow>,
}

/// Lists what needs somebody.
///
/// # Errors
/// If the database fails.
pub async fn operator_overview(store: &Store) -> Result<Overview, Error> {
    Ok(Overview {
        parked: store
            .list_events(Some(EventState::Parked), MAX_LISTED.into())
            .await?,
        failed_clicks: store.list_failed_clicks(MAX_LISTED).await?,
    })
}

/// One event, to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDetails {
    /// The event.
    pub event: EventRow,
    /// Whose inquiry it is about, if that is known.
    pub owner: Option<ReferenceId>,
    /// What it says.
    pub body: EventBody,
}

/// What may be shown of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventBody {
    /// What is kept of it, as JSON: nothing personal.
    Redacted(String),
    /// It could not be read. It was kept whole, so nobody knows what is in it: it is not shown.
    Unreadable {
        /// How long it is, in bytes.
        length: usize,
    },
    /// It is gone.
    Erased,
}

/// Finds an event.
///
/// # Errors
/// If the database fails.
pub async fn find_event(store: &Store, id: &str) -> Result<Option<EventDetails>, Error> {
    let Some(event) = store.find_event(id).await? else {
        return Ok(None);
    };
    let owner = match event.inquiry_id.as_deref().map(InquiryId::parse) {
        Some(Ok(id)) => store.find_inquiry(&id).await?.map(|it| it.user_id),
        Some(Err(_)) | None => None,
    };
    let body = store.find_event_body(id).await?;
    let body = body.map_or(EventBody::Erased, |body| redacted_body(&event, &body));
    Ok(Some(EventDetails { event, owner, body }))
}

/// Only an event that was read when it came was stripped of what is personal: it has a name.
fn redacted_body(event: &EventRow, body: &[u8]) -> EventBody {
    let unreadable = EventBody::Unreadable { length: body.len() };
    if event.name.is_empty() {
        return unreadable;
    }
    serde_json::from_slice::<serde_json::Value>(body)
        .map_or(unreadable, |json| EventBody::Redacted(format!("{json:#}")))
}
