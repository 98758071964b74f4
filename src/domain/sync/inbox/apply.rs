//! Applies decoded events in a transaction.

use crate::{
    domain::sync::{
        inbox::event_effect::EventEffect,
        status_update::{self, StatusUpdate, UpdateOutcome},
    },
    model::TemplateId,
    store::{self, EventState, SyncTransaction},
};

/// The final state of an event, and the reason.
pub(super) type Settlement = (EventState, Option<String>);

/// A decoded event that updates an inquiry.
pub(super) struct PendingUpdate {
    pub(super) event_id: String,
    update: Box<StatusUpdate>,
    template: Option<TemplateId>,
}

impl PendingUpdate {
    /// The update that this event makes.
    ///
    /// # Errors
    /// The final state of an event that updates nothing.
    pub(super) fn new(event_id: String, effect: EventEffect) -> Result<Self, Settlement> {
        match effect {
            EventEffect::Update { update, template } => Ok(Self {
                event_id,
                update,
                template,
            }),
            EventEffect::Ignore(reason) => Err(ignored(reason)),
            EventEffect::Park(reason) => Err(parked(reason)),
        }
    }
}

/// Applies updates. Returns the final state of each event.
///
/// # Errors
/// If the database fails: then the transaction must be dropped.
pub(super) async fn apply_updates(
    transaction: &mut SyncTransaction,
    template: &TemplateId,
    mut pending: Vec<PendingUpdate>,
) -> Result<Vec<(String, Settlement)>, store::Error> {
    // Locks and loads in bulk, because these would be most of a batch's statements.
    let updates = pending.iter().map(|pending| &pending.update);
    let owners = updates.clone().filter_map(|it| it.owner.clone());
    transaction.lock_users(&owners.collect()).await?;
    let inquiries = updates.map(|it| it.inquiry_id.clone());
    transaction.load_inquiries(&inquiries.collect()).await?;
    // By user, because that is the locking order; then by time.
    pending.sort_by(|a, b| {
        let key = |pending: &PendingUpdate| (pending.update.owner.clone(), pending.update.at);
        key(a).cmp(&key(b))
    });
    let mut settled = Vec::with_capacity(pending.len());
    for pending in pending {
        let settlement = apply_update(transaction, template, &pending).await?;
        settled.push((pending.event_id, settlement));
    }
    Ok(settled)
}

async fn apply_update(
    transaction: &mut SyncTransaction,
    used: &TemplateId,
    pending: &PendingUpdate,
) -> Result<Settlement, store::Error> {
    let PendingUpdate {
        update, template, ..
    } = pending;
    if template.as_ref().is_some_and(|it| it != used)
        && transaction
            .find_inquiry(&update.inquiry_id)
            .await?
            .is_none()
    {
        return Ok(ignored(
            "its inquiry was created from another template than PERSONA_INQUIRY_TEMPLATE_ID",
        ));
    }
    let effect = status_update::apply_in(transaction, update).await?;
    Ok(match effect {
        UpdateOutcome::Changed { .. } | UpdateOutcome::Confirmed => (EventState::Applied, None),
        UpdateOutcome::Outdated => (EventState::Outdated, None),
        UpdateOutcome::UnknownUser => parked("no user has the reference ID of its inquiry"),
        UpdateOutcome::UnknownInquiry => {
            parked("its inquiry is unknown, and it has no reference ID that names the owner")
        }
        UpdateOutcome::OtherOwner => parked(
            "the local copy of its inquiry belongs to another user than its reference ID names",
        ),
    })
}

/// Tells operators about events that wait for them.
pub(super) fn warn_of_parked(events: usize, reason: Option<&str>) {
    tracing::warn!(events, reason, "parked events");
}

fn ignored(reason: &str) -> Settlement {
    (EventState::Ignored, Some(reason.to_owned()))
}

pub(super) fn parked(reason: &str) -> Settlement {
    (EventState::Parked, Some(reason.to_owned()))
}
