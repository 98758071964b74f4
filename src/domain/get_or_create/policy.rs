//! The policy: a pure function from the inquiries found to the next step of a click.
//!
//! | newest first, what is found | `repeat` | `once` |
//! |---|---|---|
//! | one that is created | open it | open it |
//! | one that is pending | resume it | resume it |
//! | an unknown status | wait | wait |
//! | approved | create | done |
//! | completed, `needs_review` | create | wait |
//! | declined | create | the end: support |
//! | expired | create | resume it, or create if its sessions are used up |
//! | failed | create | create, up to [`MAX_FAILURES`] failures in [`COOL_DOWN`] |
//! | nothing | create | create |
//!
//! An unfinished inquiry is always continued, even if a newer template version is published,
//! because a user must not have two open inquiries. A redacted inquiry cannot be continued; a
//! decision about it stands.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::{domain::error::PolicyDenial, model::InquiryStatus};
use persona_api::Inquiry;

/// How many failures `once` allows within [`COOL_DOWN`].
pub const MAX_FAILURES: usize = 3;
/// How many sessions Persona gives an inquiry (docs.withpersona.com/docs/inquiry-sessions).
pub const SESSION_CAP: usize = 25;
/// How long a failure counts.
pub const COOL_DOWN: SignedDuration = SignedDuration::from_hours(24);

/// What finished inquiries mean for the next click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InquiryPolicy {
    /// They never block: the next click creates a new one, as in Persona's tutorial.
    Repeat,
    /// A person is verified once; a decision is final.
    Once,
}

impl FromStr for InquiryPolicy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "repeat" => Ok(Self::Repeat),
            "once" => Ok(Self::Once),
            _ => Err("use `repeat` or `once`"),
        }
    }
}

impl InquiryPolicy {
    /// The statuses that a lookup must ask for. Empty means all, including unknown ones.
    pub(super) fn statuses_asked_for(self) -> &'static [InquiryStatus] {
        match self {
            Self::Repeat => &[InquiryStatus::Created, InquiryStatus::Pending],
            Self::Once => &[],
        }
    }
}

/// What to do for a click.
#[derive(Debug, PartialEq, Eq)]
pub enum NextStep<'a> {
    /// Continue this inquiry.
    Continue(&'a Inquiry),
    /// There is none to continue, and a new one is allowed.
    Create,
    /// There is none to continue, and a new one is not allowed.
    Deny(PolicyDenial),
}

/// Decides by the inquiries that Persona listed, newest first.
#[must_use]
pub fn next_step(policy: InquiryPolicy, found: &[Inquiry], now: Timestamp) -> NextStep<'_> {
    if let Some(unfinished) = found.iter().find(|inquiry| is_unfinished(inquiry)) {
        return NextStep::Continue(unfinished);
    }
    match policy {
        InquiryPolicy::Repeat => found
            .iter()
            .find(|inquiry| matches!(inquiry.status, InquiryStatus::Unknown(_)))
            .map_or(NextStep::Create, |inquiry| {
                NextStep::Deny(PolicyDenial::Waiting(inquiry.id.clone()))
            }),
        InquiryPolicy::Once => next_step_once(found, now),
    }
}

fn next_step_once(found: &[Inquiry], now: Timestamp) -> NextStep<'_> {
    let approved = found
        .iter()
        .find(|inquiry| inquiry.status == InquiryStatus::Approved);
    let Some(decisive) = approved.or_else(|| found.first()) else {
        return NextStep::Create;
    };
    let id = || decisive.id.clone();
    match &decisive.status {
        InquiryStatus::Approved => NextStep::Deny(PolicyDenial::Approved(id())),
        InquiryStatus::Declined => NextStep::Deny(PolicyDenial::Declined(id())),
        InquiryStatus::Completed | InquiryStatus::NeedsReview | InquiryStatus::Unknown(_) => {
            NextStep::Deny(PolicyDenial::Waiting(id()))
        }
        InquiryStatus::Expired if decisive.times.redacted_at.is_none() && !is_spent(decisive) => {
            NextStep::Continue(decisive)
        }
        InquiryStatus::Failed if recent_failures(found, now) >= MAX_FAILURES => {
            NextStep::Deny(PolicyDenial::TooManyAttempts(id()))
        }
        // An unfinished inquiry reaches this arm only if it is redacted.
        InquiryStatus::Expired
        | InquiryStatus::Failed
        | InquiryStatus::Created
        | InquiryStatus::Pending => NextStep::Create,
    }
}

/// Whether the person can continue it.
pub(super) fn is_unfinished(inquiry: &Inquiry) -> bool {
    inquiry.times.redacted_at.is_none()
        && matches!(
            inquiry.status,
            InquiryStatus::Created | InquiryStatus::Pending
        )
}

/// Whether it has used up its sessions, so that Persona grants no further one.
pub(super) fn is_spent(inquiry: &Inquiry) -> bool {
    inquiry.session_count >= SESSION_CAP
}

fn recent_failures(found: &[Inquiry], now: Timestamp) -> usize {
    let is_recent = |inquiry: &&Inquiry| {
        // A failure without a time counts.
        let times = &inquiry.times;
        times
            .updated_at
            .or(times.created_at)
            .is_none_or(|at| at > now - COOL_DOWN)
    };
    let failures = found
        .iter()
        .filter(|inquiry| inquiry.status == InquiryStatus::Failed);
    failures.filter(is_recent).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InquiryId;
    use persona_api::InquiryTimes;

    const NOW: &str = "2026-01-05T10:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    /// `status`, then optionally `redacted`, `spent` or `old`, the newest inquiry first.
    fn found(statuses: &[&str]) -> Vec<Inquiry> {
        let newest = statuses.len();
        let inquiries = statuses.iter().enumerate().map(|(index, text)| {
            let mut words = text.split(' ');
            let status = words.next().unwrap().to_owned();
            let rest: Vec<_> = words.collect();
            let age = SignedDuration::from_hours(if rest.contains(&"old") { 25 } else { 1 });
            Inquiry {
                id: InquiryId::parse(format!("inq_{}", newest - index)).unwrap(),
                status: InquiryStatus::from(status),
                reference_id: None,
                template_id: None,
                template_version_id: None,
                session_count: if rest.contains(&"spent") {
                    SESSION_CAP
                } else {
                    0
                },
                times: InquiryTimes {
                    created_at: Some(now() - age),
                    updated_at: Some(now() - age),
                    redacted_at: rest.contains(&"redacted").then(now),
                    ..InquiryTimes::default()
                },
            }
        });
        inquiries.collect()
    }

    fn step(policy: InquiryPolicy, statuses: &[&str]) -> String {
        match next_step(policy, &found(statuses), now()) {
            NextStep::Continue(inquiry) => format!("continue {}", inquiry.id),
            NextStep::Create => "create".to_owned(),
            NextStep::Deny(PolicyDenial::Waiting(id)) => format!("wait for {id}"),
            NextStep::Deny(PolicyDenial::Approved(id)) => format!("done by {id}"),
            NextStep::Deny(PolicyDenial::Declined(id)) => format!("declined by {id}"),
            NextStep::Deny(PolicyDenial::TooManyAttempts(id)) => format!("too many, last {id}"),
        }
    }

    #[test]
    fn the_table_of_the_policy() {
        let table: &[(&[&str], &str, &str)] = &[
            // found, newest first         repeat             once
            (&[], "create", "create"),
            (&["created"], "continue inq_1", "continue inq_1"),
            (&["pending"], "continue inq_1", "continue inq_1"),
            (&["completed"], "create", "wait for inq_1"),
            (&["needs_review"], "create", "wait for inq_1"),
            (&["approved"], "create", "done by inq_1"),
            (&["declined"], "create", "declined by inq_1"),
            (&["expired"], "create", "continue inq_1"),
            (&["expired spent"], "create", "create"),
            (&["pending spent"], "continue inq_1", "continue inq_1"),
            (&["failed"], "create", "create"),
            (&["paused"], "wait for inq_1", "wait for inq_1"),
            // several
            (&["pending", "created"], "continue inq_2", "continue inq_2"),
            (&["created", "pending"], "continue inq_2", "continue inq_2"),
            (&["failed", "created"], "continue inq_1", "continue inq_1"),
            (&["paused", "created"], "continue inq_1", "continue inq_1"),
            (&["failed", "approved"], "create", "done by inq_1"),
            (&["expired", "approved"], "create", "done by inq_1"),
            (&["failed", "declined"], "create", "create"),
            (&["failed", "failed"], "create", "create"),
            (
                &["failed", "failed", "failed"],
                "create",
                "too many, last inq_3",
            ),
            (&["failed", "failed", "failed old"], "create", "create"),
            (
                &["expired", "failed", "failed", "failed"],
                "create",
                "continue inq_4",
            ),
            // redacted
            (&["created redacted"], "create", "create"),
            (&["pending redacted"], "create", "create"),
            (&["expired redacted"], "create", "create"),
            (&["approved redacted"], "create", "done by inq_1"),
            (
                &["created redacted", "pending"],
                "continue inq_1",
                "continue inq_1",
            ),
        ];
        for (statuses, repeat, once) in table {
            assert_eq!(
                step(InquiryPolicy::Repeat, statuses),
                *repeat,
                "repeat: {statuses:?}"
            );
            assert_eq!(
                step(InquiryPolicy::Once, statuses),
                *once,
                "once: {statuses:?}"
            );
        }
    }
}
