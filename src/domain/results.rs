//! A user's inquiries: current states and histories.
//!
//! Reads the local copy only. Every query filters by user.

use jiff::Timestamp;

use super::error::Error;
use crate::{
    domain::submission_hint::oldest_valid_hint,
    model::{ChangeNumber, InquiryId, InquiryStatus, InquirySummaryView, ReferenceId, ResultId},
    store::{ChangeRow, EventNameRow, InquirySummaryRow, Store},
};

/// The current state of an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquirySummary {
    /// The inquiry's ID.
    pub inquiry_id: InquiryId,
    /// The ID of the inquiry's result page.
    pub result_id: ResultId,
    /// The status.
    pub status: InquiryStatus,
    /// The number of its newest change, which increases with each; 0 if there is none.
    pub number: i64,
    /// When the inquiry entered its status.
    pub at: Timestamp,
    /// When the inquiry was created.
    pub created_at: Timestamp,
    /// Whether the person's browser reported a submission that Persona has not confirmed yet.
    pub is_submitted: bool,
}

impl InquirySummary {
    /// Converts the summary for display.
    #[must_use]
    pub fn into_view(self) -> InquirySummaryView {
        InquirySummaryView {
            number: ChangeNumber(self.number),
            inquiry_id: self.inquiry_id,
            result_id: Some(self.result_id),
            status: self.status,
            is_submitted: self.is_submitted,
        }
    }
}

/// An inquiry with timestamps and history, for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryResult {
    /// The current state.
    pub summary: InquirySummary,
    /// When the person completed the flow.
    pub completed_at: Option<Timestamp>,
    /// When the inquiry was approved or declined.
    pub decided_at: Option<Timestamp>,
    /// When the inquiry expires.
    pub expires_at: Option<Timestamp>,
    /// When the inquiry was redacted at Persona.
    pub redacted_at: Option<Timestamp>,
    /// The history, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// An entry of an inquiry's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When it happened at Persona.
    pub at: Timestamp,
    /// What happened.
    pub item: HistoryItem,
}

/// What happened to an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryItem {
    /// The status changed.
    StatusChange {
        /// The new status.
        status: InquiryStatus,
        /// The source of the update.
        source: HistorySource,
    },
    /// Persona sent an event that changed no status.
    Event {
        /// The event's name.
        name: String,
    },
}

/// The source of a status change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistorySource {
    /// A response during a click.
    Click,
    /// A webhook event.
    Event {
        /// The event's name; `None` if the event was deleted.
        name: Option<String>,
    },
    /// A response to the reconciler, a page or an operator.
    Fetched,
    /// Inferred: every inquiry starts in this status.
    Inferred,
}

/// Lists the user's inquiries, newest first.
///
/// # Errors
/// If the database fails.
pub async fn list_inquiry_summaries(
    store: &Store,
    user: &ReferenceId,
) -> Result<Vec<InquirySummary>, Error> {
    let rows = store.list_inquiry_summaries(user).await?;
    let since = oldest_valid_hint(store);
    Ok(rows.into_iter().map(|row| summary(row, since)).collect())
}

/// Finds the user's result with this ID.
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
    let summary = summary(row.summary, oldest_valid_hint(store));
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

/// Converts a row. Submission hints from before `since` have expired.
fn summary(row: InquirySummaryRow, since: i64) -> InquirySummary {
    let has_hint = row.submission_hint_at.is_some_and(|at| at >= since);
    InquirySummary {
        is_submitted: has_hint && row.status.is_unfinished(),
        inquiry_id: row.id,
        result_id: row.result_id,
        status: row.status,
        number: row.number,
        at: time(row.status_at),
        created_at: time(row.created_at),
    }
}

/// Merges changes and events by time. An event that caused a change appears in that change only.
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
    // A stable sort keeps entries of the same time in the order of recording.
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// Converts a time of the tables. An invalid one becomes the epoch.
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
    fn an_event_that_caused_a_change_is_listed_once() {
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
    fn the_creation_is_listed_even_if_it_was_not_recorded() {
        let changes = vec![change(7, "pending", 20, Some("evt_1"))];
        let events = vec![event("evt_1", "inquiry.started", 20)];
        assert_eq!(
            lines(&history(time(5), changes, events)),
            ["created, surely", "pending by inquiry.started"]
        );
    }
}
