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
pub struct Standing {
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

impl Standing {
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
    pub standing: Standing,
    /// When the person finished.
    pub completed_at: Option<Timestamp>,
    /// When the decision fell.
    pub decided_at: Option<Timestamp>,
    /// When its time runs out.
    pub expires_at: Option<Timestamp>,
    /// When its data was erased at Persona.
    pub redacted_at: Option<Timestamp>,
    /// What happened, in order.
    pub history: Vec<Moment>,
}

/// Something that happened to an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When, at Persona.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What can happen to an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It came to a status.
    Changed {
        /// The status.
        status: InquiryStatus,
        /// How we know.
        source: Source,
    },
    /// Persona told of something that changed no status.
    Told {
        /// The event's name.
        event: String,
    },
}

/// How we know of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It was seen when the person pressed the button.
    Click,
    /// An event told it.
    Event {
        /// The event's name; `None` once it has been cleared away.
        name: Option<String>,
    },
    /// We asked Persona.
    Asked,
    /// It must have been so; nobody told us of it.
    Inferred,
}

/// Where the user's inquiries stand, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn list_standings(store: &Store, user: &ReferenceId) -> Result<Vec<Standing>, Error> {
    let rows = store.list_inquiry_summaries(user).await?;
    Ok(rows.into_iter().map(standing).collect())
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
    let standing = standing(row.summary);
    let changes = store.list_changes(user, &standing.inquiry_id).await?;
    let events = store.list_event_names(user, &standing.inquiry_id).await?;
    let history = history(standing.created_at, changes, events);
    Ok(Some(InquiryResult {
        standing,
        completed_at: row.completed_at.map(time),
        decided_at: row.decided_at.map(time),
        expires_at: row.expires_at.map(time),
        redacted_at: row.redacted_at.map(time),
        history,
    }))
}

fn standing(row: InquirySummaryRow) -> Standing {
    Standing {
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
) -> Vec<Moment> {
    let was_seen_created = changes
        .iter()
        .any(|change| change.status == InquiryStatus::Created);
    let mut moments: Vec<Moment> = changes
        .into_iter()
        .map(|change| {
            let told_by = events
                .iter()
                .position(|event| Some(&event.id) == change.event_id.as_ref())
                .map(|index| events.remove(index).name);
            Moment {
                at: time(change.happened_at),
                what: Happening::Changed {
                    status: change.status,
                    source: match change.source.as_str() {
                        "click" => Source::Click,
                        "event" => Source::Event { name: told_by },
                        _ => Source::Asked,
                    },
                },
            }
        })
        .collect();
    let told = events.into_iter().map(|event| Moment {
        at: time(event.happened_at),
        what: Happening::Told { event: event.name },
    });
    moments.extend(told);
    if !was_seen_created {
        let status = InquiryStatus::Created;
        let source = Source::Inferred;
        moments.push(Moment {
            at: created_at,
            what: Happening::Changed { status, source },
        });
    }
    // Stable: what happened at one time stays in the order in which it was noticed.
    moments.sort_by_key(|moment| moment.at);
    moments
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

    fn told(moments: &[Moment]) -> Vec<String> {
        let lines = moments.iter().map(|moment| match &moment.what {
            Happening::Changed { status, source } => match source {
                Source::Click => format!("{status} by click"),
                Source::Event { name } => format!("{status} by {}", name.as_deref().unwrap_or("?")),
                Source::Asked => format!("{status} by asking"),
                Source::Inferred => format!("{status}, surely"),
            },
            Happening::Told { event } => event.clone(),
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
            told(&history(time(5), changes, events)),
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
            told(&history(time(5), changes, events)),
            ["created, surely", "pending by inquiry.started"]
        );
    }
}
