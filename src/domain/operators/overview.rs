//! The overview of parked events and failed clicks, and the details of one event.

use crate::{
    domain::error::Error,
    model::{InquiryId, ReferenceId},
    store::{ActivityRow, EventRow, EventState, Store},
};

/// The maximum length of each list.
const MAX_LISTED: u16 = 50;

/// The conditions that need an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Parked events, newest first.
    pub parked: Vec<EventRow>,
    /// Failed clicks, newest first.
    pub failed_clicks: Vec<ActivityRow>,
}

/// Loads the overview.
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

/// The details of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDetails {
    /// The event.
    pub event: EventRow,
    /// The owner of the event's inquiry, if known.
    pub owner: Option<ReferenceId>,
    /// The body.
    pub body: EventBody,
}

/// The displayable body of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventBody {
    /// The redacted body, as JSON without personal data.
    Redacted(String),
    /// An undecodable body. It is stored unredacted, so it is not displayed.
    Unreadable {
        /// The length, in bytes.
        length: usize,
    },
    /// The body was erased.
    Erased,
}

/// Finds an event with its owner and body.
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

/// Only a decoded event, which has a name, was redacted on arrival.
fn redacted_body(event: &EventRow, body: &[u8]) -> EventBody {
    let unreadable = EventBody::Unreadable { length: body.len() };
    if event.name.is_empty() {
        return unreadable;
    }
    serde_json::from_slice::<serde_json::Value>(body)
        .map_or(unreadable, |json| EventBody::Redacted(format!("{json:#}")))
}
