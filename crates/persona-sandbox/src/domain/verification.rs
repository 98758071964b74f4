//! Changes to verifications by the API: redaction, and the lock that prevents it.

use std::sync::Arc;

use super::DomainError;
use crate::core::clock::Moment;
use crate::core::model::{Event, Inquiry, Subject, Verification};
use crate::store::{Tx, UnknownInquiry};

impl Tx {
    /// Deletes the personal data of a verification, also from events. The fields of the inquiry
    /// stay (API specification, `DELETE /verifications/{verification-id}`).
    pub(crate) fn redact_verification(&mut self, id: &str, now: Moment) -> Result<(), DomainError> {
        let (inquiry, verification) = self.owner_of(id)?;
        if inquiry.redacted_at.is_some() || verification.redacted_at.is_some() {
            return Ok(());
        }
        if verification.is_locked {
            return Err(DomainError::Locked);
        }
        let events: Vec<_> = self.events.in_group(&inquiry.id).collect();
        let events: Vec<_> = events
            .into_iter()
            .map(|(_, event)| Arc::clone(event))
            .collect();
        for event in events {
            let subject = match &event.subject {
                Subject::Inquiry(inquiry) => Subject::Inquiry(without_document(inquiry, id)),
                Subject::Verification { inquiry, id: of } => Subject::Verification {
                    inquiry: without_document(inquiry, id),
                    id: of.clone(),
                },
                Subject::Submitted { inquiry, id: of } => Subject::Submitted {
                    inquiry: without_document(inquiry, id),
                    id: of.clone(),
                },
                Subject::Session(_)
                | Subject::Account(_)
                | Subject::Case(_)
                | Subject::Report(_) => continue,
            };
            self.rewrite_event(Event {
                subject,
                ..Event::clone(&event)
            });
        }
        self.change_verification(&inquiry.id, id, now, |verification| {
            verification.document = None;
            verification.redacted_at = Some(now);
        })?;
        Ok(())
    }

    /// Locks a verification, so that it cannot be redacted, or unlocks it.
    pub(crate) fn lock_verification(
        &mut self,
        id: &str,
        is_locked: bool,
        now: Moment,
    ) -> Result<(), DomainError> {
        let (inquiry, _) = self.owner_of(id)?;
        self.change_verification(&inquiry.id, id, now, |verification| {
            verification.is_locked = is_locked;
        })?;
        Ok(())
    }

    fn owner_of(&self, id: &str) -> Result<(Arc<Inquiry>, Verification), DomainError> {
        let found = self.verification(id);
        let (inquiry, verification) = found.ok_or(DomainError::NotFound {
            what: "verification",
        })?;
        Ok((Arc::clone(inquiry), verification.clone()))
    }

    fn change_verification(
        &mut self,
        inquiry_id: &str,
        id: &str,
        now: Moment,
        change: impl FnOnce(&mut Verification),
    ) -> Result<Arc<Inquiry>, UnknownInquiry> {
        self.inquiry_mut(inquiry_id, now, |inquiry| {
            let mut verifications = inquiry.verifications.iter_mut();
            if let Some(verification) = verifications.find(|it| it.id == id) {
                change(verification);
            }
        })
    }
}

fn without_document(inquiry: &Arc<Inquiry>, id: &str) -> Arc<Inquiry> {
    let mut inquiry = Inquiry::clone(inquiry);
    for verification in &mut inquiry.verifications {
        if verification.id == id {
            verification.document = None;
        }
    }
    Arc::new(inquiry)
}
