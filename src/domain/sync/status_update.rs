//! The mirror of an inquiry: what we believe of it, by all that we have been told.
//!
//! Word comes from four sides (a click that asked, an event, the reconciler, an operator), late,
//! twice and in any order. All of it ends in [`apply`], and one rule decides: *the newest word
//! counts*. A word's age is the time at which it was spoken at Persona: an event's `created-at`, a
//! snapshot's `updated-at`. Between words of the same time the later stage of an inquiry's life
//! counts (decision over done over open), then the event's ID, so that all processes agree. A word
//! that is older than what is believed changes nothing, and so a decision is never undone by it;
//! a newer one may undo it, as people do (docs.withpersona.com/docs/model-lifecycle).
//! A status that we do not know is believed like any other.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::{
    model::{EventId, InquiryId, InquiryStatus, ReferenceId},
    store::{self, InquiryRow, NewChange, Store, SyncTransaction},
};
use persona_api;

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A click asked Persona.
    Click,
    /// A page prompted us to ask Persona, since its window had closed.
    Page,
    /// Persona sent an event.
    Event(EventId),
    /// The reconciler asked Persona.
    Reconciler,
    /// An operator asked Persona.
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

/// What somebody says of an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// Of which inquiry.
    pub inquiry_id: InquiryId,
    /// Whose it is, by its reference ID. What nobody owns can only be said of an inquiry that we
    /// know.
    pub owner: Option<ReferenceId>,
    /// Where it stands.
    pub status: InquiryStatus,
    /// When the word was spoken, at Persona. Without a time it is older than any other.
    pub at: Option<Timestamp>,
    /// Who says so.
    pub source: Source,
    /// The template version it is pinned to.
    pub template_version_id: Option<String>,
    /// Its times at Persona.
    pub times: persona_api::InquiryTimes,
}

impl StatusUpdate {
    /// What Persona answered when it was asked.
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

/// What came of an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// The status is another one now.
    Changed {
        /// What it was before; `None` if the inquiry was not known.
        from: Option<InquiryStatus>,
    },
    /// The status is what we believed.
    Confirmed,
    /// A newer word is known: nothing changed.
    Outdated,
    /// Nobody has this reference ID: nothing changed.
    UnknownUser,
    /// The inquiry is not known, and it was not said whose it is: nothing changed.
    UnknownInquiry,
    /// The inquiry is known as somebody else's: nothing changed.
    OtherOwner,
}

/// Takes an observation into account: the mirror, the log of changes and the notice to those who
/// follow are one.
///
/// # Errors
/// If the database fails: then nothing has changed, or all of it.
pub async fn apply(store: &Store, update: &StatusUpdate) -> Result<UpdateOutcome, store::Error> {
    // Most who ask find what is known: they need no turn at writing. An operator's asking is
    // itself worth a note; the reconciler's is noted before it asks.
    if let Source::Click | Source::Page | Source::Reconciler = update.source
        && let Some(stored) = store.find_inquiry(&update.inquiry_id).await?
        && is_owner(update, &stored)
        && let Precedence::Older | Precedence::Same = compare(Some(&stored), update)
    {
        return Ok(UpdateOutcome::Confirmed);
    }
    let mut transaction = store.begin_sync().await?;
    let outcome = apply_in(&mut transaction, update).await?;
    transaction.commit().await?;
    Ok(outcome)
}

/// [`apply`] as a part of a transaction.
///
/// # Errors
/// If the database fails: then the transaction cannot go on.
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
                transaction.keep_inquiry(stored.clone(), true);
            }
        }
        Precedence::Newer => {
            let row = merge(stored.as_ref(), update, owner);
            transaction.keep_inquiry(row.clone(), is_fetch);
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
    let is_stored = stored.is_none_or(|stored| stored.status == update.status);
    Ok(if is_stored {
        UpdateOutcome::Confirmed
    } else {
        UpdateOutcome::Outdated
    })
}

fn is_owner(update: &StatusUpdate, stored: &InquiryRow) -> bool {
    update
        .owner
        .as_ref()
        .is_none_or(|owner| *owner == stored.user_id)
}

/// How a word stands against what is believed.
#[derive(Debug, PartialEq, Eq)]
enum Precedence {
    /// It counts.
    Newer,
    /// It is the very word that is believed.
    Same,
    /// It came too late to count.
    Older,
}

fn compare(stored: Option<&InquiryRow>, update: &StatusUpdate) -> Precedence {
    let Some(stored) = stored else {
        return Precedence::Newer;
    };
    let stored_key = (
        // What was written before times were kept: older than any word that has one.
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
        // Two unknown statuses of the same millisecond, or the same thing said again.
        Ordering::Equal if update.status.as_str() > stored.status.as_str() => Precedence::Newer,
        Ordering::Equal if update.status == stored.status => Precedence::Same,
        Ordering::Equal => Precedence::Older,
    }
}

/// How far along an inquiry is: what counts between words of the same time.
fn stage(status: &InquiryStatus) -> u8 {
    match status {
        InquiryStatus::Created => 0,
        InquiryStatus::Pending | InquiryStatus::Unknown(_) => 1,
        InquiryStatus::Completed | InquiryStatus::Failed | InquiryStatus::Expired => 2,
        InquiryStatus::NeedsReview => 3,
        InquiryStatus::Approved | InquiryStatus::Declined => 4,
    }
}

/// What is believed once the newer word counts.
fn merge(stored: Option<&InquiryRow>, update: &StatusUpdate, owner: ReferenceId) -> InquiryRow {
    let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let times = &update.times;
    // What the newer word leaves out (a webhook may be told to) stays as it was.
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
        // Nothing runs out once the inquiry is finished: here a missing time is a fact.
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

    /// What is believed after these words, told in this order.
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

    /// All orders of a few words.
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
    fn whatever_the_order_of_arrival_the_newest_word_counts() {
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
            // One millisecond for all: the later stage counts.
            (
                vec![
                    update("created", 1, Some("evt_4")),
                    update("pending", 1, Some("evt_3")),
                    update("completed", 1, Some("evt_2")),
                    update("approved", 1, Some("evt_1")),
                ],
                "approved",
            ),
            // People changed their minds.
            (
                vec![
                    update("completed", 1, Some("evt_1")),
                    update("declined", 2, Some("evt_2")),
                    update("approved", 3, Some("evt_3")),
                ],
                "approved",
            ),
            // The same stage at the same time: the event's ID.
            (
                vec![
                    update("declined", 5, Some("evt_2")),
                    update("approved", 5, Some("evt_1")),
                ],
                "declined",
            ),
            // Resumed after it had expired, and a snapshot in between.
            (
                vec![
                    update("expired", 5, Some("evt_1")),
                    update("expired", 6, None),
                    update("pending", 7, Some("evt_2")),
                ],
                "pending",
            ),
            // Nobody here knows these.
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
    fn a_word_without_a_time_changes_nothing_that_is_known() {
        let mut timeless = update("approved", 1, None);
        timeless.at = None;
        let known = update("created", 1, None);
        assert_eq!(apply_all(&[&known, &timeless]).status.as_str(), "created");
        assert_eq!(apply_all(&[&timeless]).status.as_str(), "approved");
    }

    #[test]
    fn times_that_a_newer_word_leaves_out_stay_but_the_end_of_its_time_does_not() {
        let at = |ms| Some(Timestamp::from_millisecond(ms).unwrap());
        let mut completed = update("completed", 2, Some("evt_1"));
        completed.times.completed_at = at(2);
        completed.times.expires_at = at(9);
        let row = apply_all(&[&completed, &update("approved", 3, Some("evt_2"))]);
        assert_eq!((row.completed_at, row.expires_at), (Some(2), None));
    }
}
