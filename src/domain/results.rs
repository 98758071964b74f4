//! A user's results: where their inquiries stand, and how each got there.
//!
//! Read from our own copy alone; Persona is not asked. Nobody sees another's.

use jiff::Timestamp;

use super::error::Error;
use crate::{
    model::{ChangeNumber, InquiryId, InquiryStatus, InquirySummaryView, ReferenceId, ResultId},
    store::{ChangeRow, EventNameRow, InquirySummaryRow, Store},
};

/// Where an inquiry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquirySummary {
    /// Its ID.
    pub inquiry_id: InquiryId,
    /// The ID of its result, for addresses.
    pub result_id: ResultId,
    /// Its status.
    pub status: InquiryStatus,
    /// The number of its newest change, which grows with each; 0 if none is known.
    pub number: i64,
    /// When it came to its status.
    pub at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl InquirySummary {
    /// What a page is told.
    #[must_use]
    pub fn into_view(self) -> InquirySummaryView {
        InquirySummaryView {
            number: ChangeNumber(self.number),
            inquiry_id: self.inquiry_id,
            result_id: Some(self.result_id),
            status: self.status,
        }
    }
}

/// One inquiry's result, as its owner may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryResult {
    /// Where it stands.
    pub summary: InquirySummary,
    /// When the person finished.
    pub completed_at: Option<Timestamp>,
    /// When the decision fell.
    pub decided_at: Option<Timestamp>,
    /// When its time runs out.
    pub expires_at: Option<Timestamp>,
    /// When its data was erased at Persona.
    pub redacted_at: Option<Timestamp>,
    /// What happened, in order.
    pub history: Vec<HistoryEntry>,
}

/// Something that happened to an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When, at Persona.
    pub at: Timestamp,
    /// What.
    pub item: HistoryItem,
}

/// What can happen to an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryItem {
    /// It came to a status.
    StatusChange {
        /// The status.
        status: InquiryStatus,
        /// How we know.
        source: HistorySource,
    },
    /// Persona told of something that changed no status.
    Event {
        /// The event's name.
        name: String,
    },
}

/// How we know of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistorySource {
    /// It was seen when the person pressed the button.
    Click,
    /// An event told it.
    Event {
        /// The event's name; `None` once it has been cleared away.
        name: Option<String>,
    },
    /// We asked Persona.
    Fetched,
    /// It must have been so; nobody told us of it.
    Inferred,
}

/// Where the user's inquiries stand, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn list_inquiry_summaries(
    store: &Store,
    user: &ReferenceId,
) -> Result<Vec<InquirySummary>, Error> {
    let rows = store.list_inquiry_summaries(user).await?;
    Ok(rows.into_iter().map(summary).collect())
}

/// The result with this ID, if it is the user's.
///
/// # Errors
/// If the database fails.
pub async fn find_result(
    store: &Store,
    user: &ReferenceId,
    id: &ResultId,
) -> Result<Option<InquiryResult>, Error> {
    let Some(row) = store.find_result(user, id).await? else {
        return Ok(None);
    };
    let summary = summary(row.summary);
    let changes = store.list_changes(user, &summary.inquiry_id).await?;
    let events = store.list_event_names(user, &summary.inquiry_id).await?;
    let history = history(summary.created_at, changes, events);
    Ok(Some(InquiryResult {
        summary,
        completed_at: row.completed_at.map(time),
        decided_at: row.decided_at.map(time),
        expires_at: row.expires_at.map(time),
        redacted_at: row.redacted_at.map(time),
        history,
    }))
}

fn summary(row: InquirySummaryRow) -> InquirySummary {
    InquirySummary {
        inquiry_id: row.id,
        result_id: row.result_id,
        status: row.status,
        number: row.number,
        at: time(row.status_at),
        created_at: time(row.created_at),
    }
}

/// Puts changes and events in order. An event that told a change is named there, and not again.
fn history(
    created_at: Timestamp,
    changes: Vec<ChangeRow>,
    mut events: Vec<EventNameRow>,
) -> Vec<HistoryEntry> {
    let was_seen_created = changes
        .iter()
        .any(|change| change.status == InquiryStatus::Created);
    let mut entries: Vec<HistoryEntry> = changes
        .into_iter()
        .map(|change| {
            let event_name = events
                .iter()
                .position(|event| Some(&event.id) == change.event_id.as_ref())
                .map(|index| events.remove(index).name);
            HistoryEntry {
                at: time(change.happened_at),
                item: HistoryItem::StatusChange {
                    status: change.status,
                    source: match change.source.as_str() {
                        "click" => HistorySource::Click,
                        "event" => HistorySource::Event { name: event_name },
                        _ => HistorySource::Fetched,
                    },
                },
            }
        })
        .collect();
    let others = events.into_iter().map(|event| HistoryEntry {
        at: time(event.happened_at),
        item: HistoryItem::Event { name: event.name },
    });
    entries.extend(others);
    if !was_seen_created {
        let status = InquiryStatus::Created;
        let source = HistorySource::Inferred;
        entries.push(HistoryEntry {
            at: created_at,
            item: HistoryItem::StatusChange { status, source },
        });
    }
    // Stable: what happened at one time stays in the order in which it was noticed.
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// A time of our tables. One that no calendar holds becomes the first of all.
pub(super) fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(number: i64, status: &str, at: i64, event: Option<&str>) -> ChangeRow {
        ChangeRow {
            number,
            status: status.to_owned().into(),
            happened_at: at,
            source: if event.is_some() { "event" } else { "click" }.to_owned(),
            event_id: event.map(ToOwned::to_owned),
        }
    }

    fn event(id: &str, name: &str, at: i64) -> EventNameRow {
        EventNameRow {
            id: id.to_owned(),
            name: name.to_owned(),
            happened_at: at,
        }
    }

    fn lines(entries: &[HistoryEntry]) -> Vec<String> {
        let lines = entries.iter().map(|entry| match &entry.item {
            HistoryItem::StatusChange { status, source } => match source {
                HistorySource::Click => format!("{status} by click"),
                HistorySource::Event { name } => {
                    format!("{status} by {}", name.as_deref().unwrap_or("?"))
                }
                HistorySource::Fetched => format!("{status} by asking"),
                HistorySource::Inferred => format!("{status}, surely"),
            },
            HistoryItem::Event { name } => name.clone(),
        });
        lines.collect()
    }

    #[test]
    fn an_event_that_told_a_change_is_named_once() {
        let changes = vec![
            change(1, "created", 10, None),
            change(2, "pending", 20, Some("evt_1")),
            change(3, "approved", 40, Some("evt_gone")),
        ];
        let events = vec![
            event("evt_1", "inquiry.started", 20),
            event("evt_2", "inquiry-session.started", 30),
        ];
        assert_eq!(
            lines(&history(time(5), changes, events)),
            [
                "created by click",
                "pending by inquiry.started",
                "inquiry-session.started",
                "approved by ?",
            ]
        );
    }

    #[test]
    fn the_beginning_is_told_even_if_nobody_saw_it() {
        let changes = vec![change(7, "pending", 20, Some("evt_1"))];
        let events = vec![event("evt_1", "inquiry.started", 20)];
        assert_eq!(
            lines(&history(time(5), changes, events)),
            ["created, surely", "pending by inquiry.started"]
        );
    }
}
