//! The timeline of one user, for diagnosing why verification does not proceed.
//!
//! Merges clicks, calls to Persona, events, status changes and operators' actions by time, and
//! derives findings. It contains no personal data: a person is a user ID.

use jiff::Timestamp;

use crate::{
    domain::{
        error::Error,
        results::{InquirySummary, list_inquiry_summaries, time},
    },
    model::{InquiryId, InquiryStatus, ReferenceId},
    store::{ActivityKind, ActivityRow, AuditRow, EventRow, EventState, Store, UserChangeRow},
};

/// The maximum number of clicks and calls, and of events.
const MAX_ACTIVITY_ROWS: u16 = 300;
const MAX_EVENTS: u32 = 200;

/// The timeline of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The user.
    pub user: ReferenceId,
    /// When the user was created.
    pub since: Timestamp,
    /// The findings, the most urgent first.
    pub findings: Vec<Finding>,
    /// The user's inquiries, newest first.
    pub inquiries: Vec<InquirySummary>,
    /// The entries, newest first.
    pub entries: Vec<TimelineEntry>,
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When it happened: at Persona for a status change, here for all others.
    pub at: Timestamp,
    /// What happened.
    pub item: TimelineItem,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineItem {
    /// A click.
    Click(ActivityRow),
    /// A call to Persona.
    Call(ActivityRow),
    /// A change of the account by its owner.
    Account(ActivityRow),
    /// A status change.
    Change(UserChangeRow),
    /// A received event.
    Event(EventRow),
    /// An operator's action.
    Operator(AuditRow),
}

impl TimelineItem {
    /// The order of items of the same time.
    fn rank(&self) -> u8 {
        match self {
            Self::Click(_) | Self::Account(_) => 0,
            Self::Call(_) => 1,
            Self::Event(_) => 2,
            Self::Change(_) => 3,
            Self::Operator(_) => 4,
        }
    }
}

/// A finding, for display at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An event is parked.
    EventParked {
        /// Its ID.
        id: String,
        /// Why.
        reason: String,
    },
    /// An event failed and will be retried.
    EventDelayed {
        /// Its ID.
        id: String,
        /// Why the last try failed.
        reason: String,
    },
    /// The last click failed.
    LastClickFailed {
        /// When.
        at: Timestamp,
        /// The name of the failure.
        failure: String,
        /// Persona's request ID of the failed request.
        request_id: Option<String>,
    },
    /// The user has no inquiry.
    NotStarted,
    /// The status of the newest inquiry.
    CurrentStatus {
        /// The inquiry.
        inquiry_id: InquiryId,
        /// Its status.
        status: InquiryStatus,
        /// Since when.
        since: Timestamp,
    },
}

/// Loads the timeline of a user; `None` if there is no such user.
///
/// # Errors
/// If the database fails.
pub async fn find_timeline(store: &Store, user: &ReferenceId) -> Result<Option<Timeline>, Error> {
    let Some(since) = store.user_created_at(user).await? else {
        return Ok(None);
    };
    let inquiries = list_inquiry_summaries(store, user).await?;
    let activity = store.list_activity(user, MAX_ACTIVITY_ROWS).await?;
    let changes = store.list_user_changes(user).await?;
    let events = store.list_user_events(user, MAX_EVENTS).await?;
    let audit = store.list_user_audit(user).await?;
    let findings = findings(&inquiries, &activity, &events);
    Ok(Some(Timeline {
        user: user.clone(),
        since: time(since),
        findings,
        inquiries,
        entries: merge(activity, changes, events, audit),
    }))
}

fn merge(
    activity: Vec<ActivityRow>,
    changes: Vec<UserChangeRow>,
    events: Vec<EventRow>,
    audit: Vec<AuditRow>,
) -> Vec<TimelineEntry> {
    let entry = |at: i64, item| TimelineEntry { at: time(at), item };
    let activity = activity.into_iter().map(|row| {
        entry(
            row.at,
            match row.kind {
                ActivityKind::Click => TimelineItem::Click(row),
                ActivityKind::Call => TimelineItem::Call(row),
                ActivityKind::Account => TimelineItem::Account(row),
            },
        )
    });
    let mut entries: Vec<TimelineEntry> = activity
        .chain(
            changes
                .into_iter()
                .map(|row| entry(row.happened_at, TimelineItem::Change(row))),
        )
        .chain(
            events
                .into_iter()
                .map(|row| entry(row.received_at, TimelineItem::Event(row))),
        )
        .chain(
            audit
                .into_iter()
                .map(|row| entry(row.at, TimelineItem::Operator(row))),
        )
        .collect();
    // A stable sort: the rows of each kind are ordered newest first.
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.item.rank())));
    entries
}

/// Derives the findings. All inputs are ordered newest first.
fn findings(
    inquiries: &[InquirySummary],
    activity: &[ActivityRow],
    events: &[EventRow],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let reason = |event: &EventRow| event.reason.clone().unwrap_or_default();
    findings.extend(
        events
            .iter()
            .filter(|event| event.state == EventState::Parked)
            .map(|event| Finding::EventParked {
                id: event.id.clone(),
                reason: reason(event),
            }),
    );
    findings.extend(
        events
            .iter()
            .filter(|event| event.state == EventState::Waiting && event.tries > 0)
            .map(|event| Finding::EventDelayed {
                id: event.id.clone(),
                reason: reason(event),
            }),
    );
    let last_click = activity.iter().find(|row| row.kind == ActivityKind::Click);
    if let Some(click) = last_click
        && let Some(failure) = &click.failure
    {
        findings.push(Finding::LastClickFailed {
            at: time(click.at),
            failure: failure.clone(),
            request_id: click.request_id.clone(),
        });
    }
    findings.push(
        inquiries
            .first()
            .map_or(Finding::NotStarted, |newest| Finding::CurrentStatus {
                inquiry_id: newest.inquiry_id.clone(),
                status: newest.status.clone(),
                since: newest.at,
            }),
    );
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(at: i64, failure: Option<&str>) -> ActivityRow {
        ActivityRow {
            user_id: ReferenceId::parse("usr_1").unwrap(),
            inquiry_id: None,
            at,
            kind: ActivityKind::Click,
            what: "get or create".to_owned(),
            failure: failure.map(ToOwned::to_owned),
            http_status: None,
            request_id: failure.map(|_| "req_1".to_owned()),
            elapsed_ms: 3,
        }
    }

    fn event(id: &str, at: i64, state: EventState) -> EventRow {
        EventRow {
            id: id.to_owned(),
            name: "inquiry.started".to_owned(),
            inquiry_id: Some("inq_1".to_owned()),
            happened_at: Some(at),
            received_at: at,
            state,
            reason: Some("because".to_owned()),
            tries: 1,
            settled_at: None,
            has_body: true,
        }
    }

    #[test]
    fn blocking_findings_precede_the_status() {
        let events = [
            event("evt_2", 20, EventState::Applied),
            event("evt_1", 10, EventState::Parked),
        ];
        let activity = [click(30, Some("timeout")), click(5, None)];
        assert_eq!(
            findings(&[], &activity, &events),
            [
                Finding::EventParked {
                    id: "evt_1".to_owned(),
                    reason: "because".to_owned()
                },
                Finding::LastClickFailed {
                    at: time(30),
                    failure: "timeout".to_owned(),
                    request_id: Some("req_1".to_owned())
                },
                Finding::NotStarted,
            ]
        );
    }

    #[test]
    fn a_failed_click_before_a_successful_one_is_not_a_finding() {
        let activity = [click(30, None), click(5, Some("timeout"))];
        assert_eq!(findings(&[], &activity, &[]), [Finding::NotStarted]);
    }

    #[test]
    fn entries_are_newest_first_and_calls_belong_to_their_click() {
        let mut call = click(10, None);
        call.kind = ActivityKind::Call;
        let entries = merge(
            vec![call, click(10, None)],
            Vec::new(),
            vec![event("evt_1", 20, EventState::Applied)],
            Vec::new(),
        );
        let ranks: Vec<_> = entries.iter().map(|entry| entry.item.rank()).collect();
        assert_eq!(ranks, [2, 1, 0]);
    }
}
