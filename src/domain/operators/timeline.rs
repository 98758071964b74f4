//! One person's whole story, for an operator who wants to know why they are stuck.
//!
//! Clicks, calls to Persona, events, changes of a status and what operators did, merged by time; and
//! what follows from them, at a glance. Nothing personal: a person is a user ID here.

use jiff::Timestamp;

use crate::{
    domain::{
        error::Error,
        results::{InquirySummary, list_inquiry_summaries, time},
    },
    model::{InquiryId, InquiryStatus, ReferenceId},
    store::{ActivityKind, ActivityRow, AuditRow, EventRow, EventState, Store, UserChangeRow},
};

/// How many clicks and calls are read at most, and how many events.
const MAX_ACTIVITY_ROWS: u16 = 300;
const MAX_EVENTS: u32 = 200;

/// All that is known of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Who.
    pub user: ReferenceId,
    /// Since when.
    pub since: Timestamp,
    /// What to know at a glance, the most urgent first.
    pub findings: Vec<Finding>,
    /// Their inquiries, the newest first.
    pub inquiries: Vec<InquirySummary>,
    /// What happened, the newest first.
    pub entries: Vec<TimelineEntry>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When: a change at Persona, all else here.
    pub at: Timestamp,
    /// What.
    pub item: TimelineItem,
}

/// What can happen to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineItem {
    /// They clicked.
    Click(ActivityRow),
    /// Persona was called for a click.
    Call(ActivityRow),
    /// An inquiry's status changed.
    Change(UserChangeRow),
    /// Persona sent an event.
    Event(EventRow),
    /// An operator did something.
    Operator(AuditRow),
}

impl TimelineItem {
    /// What comes first among things of the same moment.
    fn rank(&self) -> u8 {
        match self {
            Self::Click(_) => 0,
            Self::Call(_) => 1,
            Self::Event(_) => 2,
            Self::Change(_) => 3,
            Self::Operator(_) => 4,
        }
    }
}

/// What an operator should know first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An event could not be applied.
    EventParked {
        /// Its ID.
        id: String,
        /// Why.
        reason: String,
    },
    /// An event is tried again and again.
    EventDelayed {
        /// Its ID.
        id: String,
        /// Why the last try failed.
        reason: String,
    },
    /// The last click led to nothing.
    LastClickFailed {
        /// When.
        at: Timestamp,
        /// How, in a word.
        failure: String,
        /// Persona's ID of the request that failed.
        request_id: Option<String>,
    },
    /// They never had an inquiry.
    NotStarted,
    /// Where the newest inquiry stands.
    CurrentStatus {
        /// Which.
        inquiry_id: InquiryId,
        /// Its status.
        status: InquiryStatus,
        /// Since when.
        since: Timestamp,
    },
}

/// Tells a person's story; `None` if there is no such user.
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
    // Stable: the rows of each kind come the newest first already.
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.item.rank())));
    entries
}

/// What is to be known at a glance. All is the newest first.
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
    fn what_blocks_comes_before_where_it_stands() {
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
    fn a_failure_that_a_later_click_made_good_is_no_finding() {
        let activity = [click(30, None), click(5, Some("timeout"))];
        assert_eq!(findings(&[], &activity, &[]), [Finding::NotStarted]);
    }

    #[test]
    fn the_story_is_told_backwards_and_calls_belong_to_their_click() {
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
