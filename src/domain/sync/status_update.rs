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

    fn has_asked(&self) -> bool {
        self.event_id().is_none()
    }
}

/// What somebody says of an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
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

impl Observation {
    /// What Persona answered when it was asked.
    #[must_use]
    pub fn of(inquiry: &persona_api::Inquiry, owner: ReferenceId, source: Source) -> Self {
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
pub enum Effect {
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
pub async fn apply(store: &Store, observation: &Observation) -> Result<Effect, store::Error> {
    // Most who ask find what is known: they need no turn at writing. An operator's asking is
    // itself worth a note; the reconciler's is noted before it asks.
    if let Source::Click | Source::Page | Source::Reconciler = observation.source
        && let Some(kept) = store.find_inquiry(&observation.inquiry_id).await?
        && is_owner(observation, &kept)
        && let Weighed::Older | Weighed::Known = weigh(Some(&kept), observation)
    {
        return Ok(Effect::Confirmed);
    }
    let mut transaction = store.begin_sync().await?;
    let effect = apply_within(&mut transaction, observation).await?;
    transaction.commit().await?;
    Ok(effect)
}

/// [`apply`] as a part of a transaction.
///
/// # Errors
/// If the database fails: then the transaction cannot go on.
pub(super) async fn apply_within(
    transaction: &mut SyncTransaction,
    observation: &Observation,
) -> Result<Effect, store::Error> {
    let owner = match &observation.owner {
        Some(owner) => owner.clone(),
        None => match transaction.find_inquiry(&observation.inquiry_id).await? {
            Some(kept) => kept.user_id,
            None => return Ok(Effect::UnknownInquiry),
        },
    };
    if !transaction.lock_user(&owner).await? {
        return Ok(Effect::UnknownUser);
    }
    let kept = transaction.find_inquiry(&observation.inquiry_id).await?;
    if let Some(kept) = &kept
        && kept.user_id != owner
    {
        return Ok(Effect::OtherOwner);
    }

    let has_asked = observation.source.has_asked();
    match weigh(kept.as_ref(), observation) {
        Weighed::Older | Weighed::Known if !has_asked => {}
        Weighed::Older | Weighed::Known => {
            if let Some(kept) = &kept {
                transaction.keep_inquiry(kept.clone(), true);
            }
        }
        Weighed::Newer => {
            let row = merged(kept.as_ref(), observation, owner);
            transaction.keep_inquiry(row.clone(), has_asked);
            if kept.as_ref().is_none_or(|kept| kept.status != row.status) {
                transaction.add_change(NewChange {
                    inquiry_id: row.id,
                    user_id: row.user_id,
                    status: row.status,
                    happened_at: row.status_at.unwrap_or_default(),
                    source: observation.source.name(),
                    event_id: observation.source.event_id().cloned(),
                });
                let from = kept.map(|kept| kept.status);
                return Ok(Effect::Changed { from });
            }
        }
    }
    let is_believed = kept.is_none_or(|kept| kept.status == observation.status);
    Ok(if is_believed {
        Effect::Confirmed
    } else {
        Effect::Outdated
    })
}

fn is_owner(observation: &Observation, kept: &InquiryRow) -> bool {
    observation
        .owner
        .as_ref()
        .is_none_or(|owner| *owner == kept.user_id)
}

/// How a word stands against what is believed.
#[derive(Debug, PartialEq, Eq)]
enum Weighed {
    /// It counts.
    Newer,
    /// It is the very word that is believed.
    Known,
    /// It came too late to count.
    Older,
}

fn weigh(kept: Option<&InquiryRow>, said: &Observation) -> Weighed {
    let Some(kept) = kept else {
        return Weighed::Newer;
    };
    let kept_word = (
        // What was written before times were kept: older than any word that has one.
        kept.status_at.or(kept.updated_at).unwrap_or(i64::MIN),
        stage(&kept.status),
        kept.status_event_id.as_ref(),
    );
    let said_word = (
        said.at.map_or(i64::MIN, Timestamp::as_millisecond),
        stage(&said.status),
        said.source.event_id(),
    );
    match said_word.cmp(&kept_word) {
        Ordering::Greater => Weighed::Newer,
        Ordering::Less => Weighed::Older,
        // Two unknown statuses of the same millisecond, or the same thing said again.
        Ordering::Equal if said.status.as_str() > kept.status.as_str() => Weighed::Newer,
        Ordering::Equal if said.status == kept.status => Weighed::Known,
        Ordering::Equal => Weighed::Older,
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
fn merged(kept: Option<&InquiryRow>, said: &Observation, owner: ReferenceId) -> InquiryRow {
    let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let times = &said.times;
    // What the newer word leaves out (a webhook may be told to) stays as it was.
    let before = |read: fn(&InquiryRow) -> Option<i64>| kept.and_then(read);
    InquiryRow {
        id: said.inquiry_id.clone(),
        user_id: owner,
        status: said.status.clone(),
        status_at: ms(said.at),
        status_event_id: said.source.event_id().cloned(),
        template_version_id: said
            .template_version_id
            .clone()
            .or_else(|| kept.and_then(|kept| kept.template_version_id.clone())),
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

    fn word(status: &str, at: i64, event: Option<&str>) -> Observation {
        Observation {
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
    fn believed(words: &[&Observation]) -> InquiryRow {
        let owner = ReferenceId::parse("usr_1").unwrap();
        let mut kept = None;
        for said in words {
            if weigh(kept.as_ref(), said) == Weighed::Newer {
                kept = Some(merged(kept.as_ref(), said, owner.clone()));
            }
        }
        kept.unwrap()
    }

    /// All orders of a few words.
    fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
        if items.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for index in 0..items.len() {
            let mut rest = items.to_vec();
            let first = rest.remove(index);
            for mut order in orders(&rest) {
                order.insert(0, first.clone());
                all.push(order);
            }
        }
        all
    }

    #[test]
    fn whatever_the_order_of_arrival_the_newest_word_counts() {
        for (words, expected) in [
            (
                vec![
                    word("created", 1, Some("evt_1")),
                    word("pending", 2, Some("evt_2")),
                    word("completed", 3, Some("evt_3")),
                    word("approved", 4, Some("evt_4")),
                ],
                "approved",
            ),
            // One millisecond for all: the later stage counts.
            (
                vec![
                    word("created", 1, Some("evt_4")),
                    word("pending", 1, Some("evt_3")),
                    word("completed", 1, Some("evt_2")),
                    word("approved", 1, Some("evt_1")),
                ],
                "approved",
            ),
            // People changed their minds.
            (
                vec![
                    word("completed", 1, Some("evt_1")),
                    word("declined", 2, Some("evt_2")),
                    word("approved", 3, Some("evt_3")),
                ],
                "approved",
            ),
            // The same stage at the same time: the event's ID.
            (
                vec![
                    word("declined", 5, Some("evt_2")),
                    word("approved", 5, Some("evt_1")),
                ],
                "declined",
            ),
            // Resumed after it had expired, and a snapshot in between.
            (
                vec![
                    word("expired", 5, Some("evt_1")),
                    word("expired", 6, None),
                    word("pending", 7, Some("evt_2")),
                ],
                "pending",
            ),
            // Nobody here knows these.
            (
                vec![
                    word("pending", 1, Some("evt_1")),
                    word("paused", 2, None),
                    word("frozen", 2, None),
                ],
                "paused",
            ),
        ] {
            let words: Vec<&Observation> = words.iter().collect();
            for order in orders(&words) {
                let twice: Vec<_> = order.iter().chain(&order).copied().collect();
                assert_eq!(believed(&order).status.as_str(), expected, "{order:?}");
                assert_eq!(believed(&twice), believed(&order), "said twice");
            }
        }
    }

    #[test]
    fn a_word_without_a_time_changes_nothing_that_is_known() {
        let mut timeless = word("approved", 1, None);
        timeless.at = None;
        let known = word("created", 1, None);
        assert_eq!(believed(&[&known, &timeless]).status.as_str(), "created");
        assert_eq!(believed(&[&timeless]).status.as_str(), "approved");
    }

    #[test]
    fn times_that_a_newer_word_leaves_out_stay_but_the_end_of_its_time_does_not() {
        let at = |ms| Some(Timestamp::from_millisecond(ms).unwrap());
        let mut completed = word("completed", 2, Some("evt_1"));
        completed.times.completed_at = at(2);
        completed.times.expires_at = at(9);
        let row = believed(&[&completed, &word("approved", 3, Some("evt_2"))]);
        assert_eq!((row.completed_at, row.expires_at), (Some(2), None));
    }
}
