//! Applies status updates to the local copy of an inquiry.
//!
//! Updates come from clicks, pages, events, the reconciler and operators: late, repeatedly and in
//! any order. All of them pass [`apply`], and one rule decides: *the newest update wins*. The age
//! of an update is its timestamp at Persona: an event's `created-at`, a response's `updated-at`.
//! Between updates of the same time the later stage wins (decision over done over open), then the
//! event's ID, so that all processes agree. An older update changes nothing, so it cannot revert a
//! decision; a newer one may, as reviewers do (docs.withpersona.com/docs/model-lifecycle). An
//! unknown status is applied like any other.
//!
//! Longer than 400 lines: a third of it is its tests.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::{
    model::{EventId, InquiryId, InquiryStatus, ReferenceId},
    store::{self, InquiryRow, NewChange, Store, SyncTransaction},
};
use persona_api;

/// The source of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A response during a click.
    Click,
    /// A response to a fetch that a page requested when the widget closed.
    Page,
    /// A webhook event.
    Event(EventId),
    /// A response to the reconciler.
    Reconciler,
    /// A response to a fetch that an operator requested.
    Operator,
}

impl Source {
    fn name(&self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Page => "page",
            Self::Event(_) => "event",
            Self::Reconciler => "reconciler",
            Self::Operator => "operator",
        }
    }

    fn event_id(&self) -> Option<&EventId> {
        match self {
            Self::Event(id) => Some(id),
            Self::Click | Self::Page | Self::Reconciler | Self::Operator => None,
        }
    }

    fn is_fetch(&self) -> bool {
        self.event_id().is_none()
    }
}

/// The state of an inquiry at Persona at one time, from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// The inquiry.
    pub inquiry_id: InquiryId,
    /// The owner, by the reference ID. An update without an owner applies to known inquiries only.
    pub owner: Option<ReferenceId>,
    /// The status.
    pub status: InquiryStatus,
    /// The update's timestamp at Persona. An update without one is older than any other.
    pub at: Option<Timestamp>,
    /// The source of the update.
    pub source: Source,
    /// The template version that the inquiry is pinned to.
    pub template_version_id: Option<String>,
    /// The inquiry's timestamps.
    pub times: persona_api::InquiryTimes,
}

impl StatusUpdate {
    /// Creates an update from a response.
    #[must_use]
    pub fn from_inquiry(
        inquiry: &persona_api::Inquiry,
        owner: ReferenceId,
        source: Source,
    ) -> Self {
        Self {
            inquiry_id: inquiry.id.clone(),
            owner: Some(owner),
            status: inquiry.status.clone(),
            at: inquiry.times.updated_at.or(inquiry.times.created_at),
            source,
            template_version_id: inquiry.template_version_id.clone(),
            times: inquiry.times,
        }
    }
}

/// The outcome of applying an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// The status changed.
    Changed {
        /// The previous status; `None` if the inquiry was unknown.
        from: Option<InquiryStatus>,
    },
    /// The inquiry had this status already. A newer update may still have changed its timestamps.
    Confirmed,
    /// A newer update with another status was applied before: nothing changed.
    Outdated,
    /// No user has this reference ID: nothing changed.
    UnknownUser,
    /// The inquiry is unknown and the update has no owner: nothing changed.
    UnknownInquiry,
    /// The inquiry belongs to another user: nothing changed.
    OtherOwner,
}

/// Applies an update: the inquiry, its change and the notification are one transaction.
///
/// # Errors
/// If the database fails: then nothing has changed, or everything.
pub async fn apply(store: &Store, update: &StatusUpdate) -> Result<UpdateOutcome, store::Error> {
    // Most fetches confirm the stored status and need no write lock. An operator's fetch takes it in
    // any case, to set `asked_at`; the reconciler and a page have set it before.
    if let Source::Click | Source::Page | Source::Reconciler = update.source
        && let Some(stored) = store.find_inquiry(&update.inquiry_id).await?
        && is_owner(update, &stored)
        && let Precedence::Older | Precedence::Same = compare(Some(&stored), update)
    {
        return Ok(outcome_without_change(Some(&stored), update));
    }
    let mut transaction = store.begin_sync().await?;
    let outcome = apply_in(&mut transaction, update).await?;
    transaction.commit().await?;
    Ok(outcome)
}

/// Like [`apply`], within a transaction.
///
/// # Errors
/// If the database fails: then the transaction must be dropped.
pub(super) async fn apply_in(
    transaction: &mut SyncTransaction,
    update: &StatusUpdate,
) -> Result<UpdateOutcome, store::Error> {
    let owner = match &update.owner {
        Some(owner) => owner.clone(),
        None => match transaction.find_inquiry(&update.inquiry_id).await? {
            Some(stored) => stored.user_id,
            None => return Ok(UpdateOutcome::UnknownInquiry),
        },
    };
    if !transaction.lock_user(&owner).await? {
        return Ok(UpdateOutcome::UnknownUser);
    }
    let stored = transaction.find_inquiry(&update.inquiry_id).await?;
    if let Some(stored) = &stored
        && stored.user_id != owner
    {
        return Ok(UpdateOutcome::OtherOwner);
    }

    let is_fetch = update.source.is_fetch();
    match compare(stored.as_ref(), update) {
        Precedence::Older | Precedence::Same if !is_fetch => {}
        Precedence::Older | Precedence::Same => {
            if let Some(stored) = &stored {
                transaction.queue_upsert(stored.clone(), true);
            }
        }
        Precedence::Newer => {
            let row = merge(stored.as_ref(), update, owner);
            transaction.queue_upsert(row.clone(), is_fetch);
            if stored
                .as_ref()
                .is_none_or(|stored| stored.status != row.status)
            {
                transaction.add_change(NewChange {
                    inquiry_id: row.id,
                    user_id: row.user_id,
                    status: row.status,
                    happened_at: row.status_at.unwrap_or_default(),
                    source: update.source.name(),
                    event_id: update.source.event_id().cloned(),
                });
                let from = stored.map(|stored| stored.status);
                return Ok(UpdateOutcome::Changed { from });
            }
        }
    }
    Ok(outcome_without_change(stored.as_ref(), update))
}

/// The outcome of an update that left the stored status as it was.
fn outcome_without_change(stored: Option<&InquiryRow>, update: &StatusUpdate) -> UpdateOutcome {
    if stored.is_none_or(|stored| stored.status == update.status) {
        UpdateOutcome::Confirmed
    } else {
        UpdateOutcome::Outdated
    }
}

fn is_owner(update: &StatusUpdate, stored: &InquiryRow) -> bool {
    update
        .owner
        .as_ref()
        .is_none_or(|owner| *owner == stored.user_id)
}

/// How an update compares with the stored state.
#[derive(Debug, PartialEq, Eq)]
enum Precedence {
    /// The update is newer and applies.
    Newer,
    /// The update equals the stored state.
    Same,
    /// The update is older and does not apply.
    Older,
}

fn compare(stored: Option<&InquiryRow>, update: &StatusUpdate) -> Precedence {
    let Some(stored) = stored else {
        return Precedence::Newer;
    };
    let stored_key = (
        // Rows from before timestamps were stored are older than any update with one.
        stored.status_at.or(stored.updated_at).unwrap_or(i64::MIN),
        stage(&stored.status),
        stored.status_event_id.as_ref(),
    );
    let update_key = (
        update.at.map_or(i64::MIN, Timestamp::as_millisecond),
        stage(&update.status),
        update.source.event_id(),
    );
    match update_key.cmp(&stored_key) {
        Ordering::Greater => Precedence::Newer,
        Ordering::Less => Precedence::Older,
        // Either two unknown statuses of the same millisecond, or a repeated update.
        Ordering::Equal if update.status.as_str() > stored.status.as_str() => Precedence::Newer,
        Ordering::Equal if update.status == stored.status => Precedence::Same,
        Ordering::Equal => Precedence::Older,
    }
}

/// The stage of an inquiry, which orders updates of the same time.
fn stage(status: &InquiryStatus) -> u8 {
    match status {
        InquiryStatus::Created => 0,
        InquiryStatus::Pending | InquiryStatus::Unknown(_) => 1,
        InquiryStatus::Completed | InquiryStatus::Failed | InquiryStatus::Expired => 2,
        InquiryStatus::NeedsReview => 3,
        InquiryStatus::Approved | InquiryStatus::Declined => 4,
    }
}

/// Merges a newer update into the stored row.
fn merge(stored: Option<&InquiryRow>, update: &StatusUpdate, owner: ReferenceId) -> InquiryRow {
    let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let times = &update.times;
    // Values that the update lacks, for example because a webhook excludes them, are kept.
    let before = |read: fn(&InquiryRow) -> Option<i64>| stored.and_then(read);
    InquiryRow {
        id: update.inquiry_id.clone(),
        user_id: owner,
        status: update.status.clone(),
        status_at: ms(update.at),
        status_event_id: update.source.event_id().cloned(),
        template_version_id: update
            .template_version_id
            .clone()
            .or_else(|| stored.and_then(|stored| stored.template_version_id.clone())),
        created_at: ms(times.created_at).or(before(|it| it.created_at)),
        updated_at: ms(times.updated_at).or(before(|it| it.updated_at)),
        // A finished inquiry does not expire, so a missing time is significant here.
        expires_at: ms(times.expires_at),
        completed_at: ms(times.completed_at).or(before(|it| it.completed_at)),
        failed_at: ms(times.failed_at).or(before(|it| it.failed_at)),
        decided_at: ms(times.decisioned_at).or(before(|it| it.decided_at)),
        expired_at: ms(times.expired_at).or(before(|it| it.expired_at)),
        redacted_at: ms(times.redacted_at).or(before(|it| it.redacted_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(status: &str, at: i64, event: Option<&str>) -> StatusUpdate {
        StatusUpdate {
            inquiry_id: InquiryId::parse("inq_1").unwrap(),
            owner: None,
            status: status.to_owned().into(),
            at: Some(Timestamp::from_millisecond(at).unwrap()),
            source: event.map_or(Source::Reconciler, |id| {
                Source::Event(EventId::parse(id).unwrap())
            }),
            template_version_id: None,
            times: persona_api::InquiryTimes::default(),
        }
    }

    /// Applies updates in this order.
    fn apply_all(updates: &[&StatusUpdate]) -> InquiryRow {
        let owner = ReferenceId::parse("usr_1").unwrap();
        let mut stored = None;
        for update in updates {
            if compare(stored.as_ref(), update) == Precedence::Newer {
                stored = Some(merge(stored.as_ref(), update, owner.clone()));
            }
        }
        stored.unwrap()
    }

    /// All permutations.
    fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
        if items.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for index in 0..items.len() {
            let mut rest = items.to_vec();
            let first = rest.remove(index);
            for mut order in permutations(&rest) {
                order.insert(0, first.clone());
                all.push(order);
            }
        }
        all
    }

    #[test]
    fn the_newest_update_wins_in_any_order_of_arrival() {
        for (updates, expected) in [
            (
                vec![
                    update("created", 1, Some("evt_1")),
                    update("pending", 2, Some("evt_2")),
                    update("completed", 3, Some("evt_3")),
                    update("approved", 4, Some("evt_4")),
                ],
                "approved",
            ),
            // Within one millisecond, the later stage wins.
            (
                vec![
                    update("created", 1, Some("evt_4")),
                    update("pending", 1, Some("evt_3")),
                    update("completed", 1, Some("evt_2")),
                    update("approved", 1, Some("evt_1")),
                ],
                "approved",
            ),
            // A reviewer changed the decision.
            (
                vec![
                    update("completed", 1, Some("evt_1")),
                    update("declined", 2, Some("evt_2")),
                    update("approved", 3, Some("evt_3")),
                ],
                "approved",
            ),
            // Within the same stage and time, the event's ID decides.
            (
                vec![
                    update("declined", 5, Some("evt_2")),
                    update("approved", 5, Some("evt_1")),
                ],
                "declined",
            ),
            // Resumed after expiry, with a response in between.
            (
                vec![
                    update("expired", 5, Some("evt_1")),
                    update("expired", 6, None),
                    update("pending", 7, Some("evt_2")),
                ],
                "pending",
            ),
            // Unknown statuses.
            (
                vec![
                    update("pending", 1, Some("evt_1")),
                    update("paused", 2, None),
                    update("frozen", 2, None),
                ],
                "paused",
            ),
        ] {
            let updates: Vec<&StatusUpdate> = updates.iter().collect();
            for order in permutations(&updates) {
                let twice: Vec<_> = order.iter().chain(&order).copied().collect();
                assert_eq!(apply_all(&order).status.as_str(), expected, "{order:?}");
                assert_eq!(apply_all(&twice), apply_all(&order), "applied twice");
            }
        }
    }

    #[test]
    fn an_update_without_a_time_does_not_change_a_known_status() {
        let mut timeless = update("approved", 1, None);
        timeless.at = None;
        let known = update("created", 1, None);
        assert_eq!(apply_all(&[&known, &timeless]).status.as_str(), "created");
        assert_eq!(apply_all(&[&timeless]).status.as_str(), "approved");
    }

    #[test]
    fn times_missing_in_a_newer_update_are_kept_except_the_expiry() {
        let at = |ms| Some(Timestamp::from_millisecond(ms).unwrap());
        let mut completed = update("completed", 2, Some("evt_1"));
        completed.times.completed_at = at(2);
        completed.times.expires_at = at(9);
        let row = apply_all(&[&completed, &update("approved", 3, Some("evt_2"))]);
        assert_eq!((row.completed_at, row.expires_at), (Some(2), None));
    }
}
