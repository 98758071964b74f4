//! Changes to an inquiry from outside the flow: decisions, expiry, edits, redaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::DomainError;
use super::case::without_personal_data_of_case;
use super::fields::checked_fields;
use super::tags::tag_change;
use crate::core::clock::Moment;
use crate::core::model::{
    Decision, Event, EventName, Inquiry, Reviewer, Session, Status, Subject, Verification,
};
use crate::store::{State, Tx};

/// Changes to an inquiry's attributes; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct InquiryUpdate {
    pub(crate) note: Option<Option<String>>,
    pub(crate) redirect_uri: Option<Option<String>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) fields: Map<String, Value>,
}

impl Tx {
    /// Approves or declines an inquiry of any status. An open one is closed to the person.
    pub(crate) fn decide_inquiry(
        &mut self,
        id: &str,
        decision: Decision,
        reviewer: Option<Reviewer>,
        comment: Option<String>,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.changeable_inquiry(id)?;
        let (status, verb, event) = match decision {
            Decision::Approve => (Status::Approved, "approved", EventName::Approved),
            Decision::Decline => (Status::Declined, "declined", EventName::Declined),
        };
        if inquiry.status == status {
            return Err(DomainError::WrongStatus { verb, status });
        }
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            stop(inquiry);
            inquiry.status = status;
            inquiry.decisioned_at = Some(now);
            inquiry.reviewer = reviewer;
            inquiry.reviewer_comment = comment;
        })?;
        self.emit(event, &inquiry, now);
        Ok(inquiry)
    }

    /// Marks an inquiry for review, unless it has a decision. An open one is closed to the person.
    pub(crate) fn mark_inquiry_for_review(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.changeable_inquiry(id)?;
        if matches!(inquiry.status, Status::Approved | Status::Declined) {
            return Err(DomainError::WrongStatus {
                verb: "marked for review",
                status: inquiry.status,
            });
        }
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            stop(inquiry);
            inquiry.status = Status::NeedsReview;
            inquiry.marked_for_review_at = Some(now);
        })?;
        self.emit(EventName::MarkedForReview, &inquiry, now);
        self.open_case_for(&inquiry, now);
        Ok(inquiry)
    }

    /// Expires an open inquiry and its sessions, which also ends its one-time links.
    pub(crate) fn expire_inquiry(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.changeable_inquiry(id)?;
        if !inquiry.status.is_open() {
            return Err(DomainError::WrongStatus {
                verb: "expired",
                status: inquiry.status,
            });
        }
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            inquiry.status = Status::Expired;
            inquiry.expired_at = Some(now);
            inquiry.expires_at = None;
        })?;
        self.emit(EventName::Expired, &inquiry, now);
        self.end_sessions(id, now);
        Ok(inquiry)
    }

    /// Changes attributes.
    pub(crate) fn update_inquiry(
        &mut self,
        id: &str,
        update: InquiryUpdate,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let before = self.changeable_inquiry(id)?;
        let fields = match self.templates.find(&before.template_id) {
            Some(template) => checked_fields(template, update.fields)?,
            None => BTreeMap::new(),
        };
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            for (key, value) in fields {
                if value.is_null() {
                    inquiry.fields.remove(&key);
                } else {
                    inquiry.fields.insert(key, value);
                }
            }
            if let Some(note) = update.note {
                inquiry.note = note;
            }
            if let Some(redirect_uri) = update.redirect_uri {
                inquiry.redirect_uri = redirect_uri;
            }
            if let Some(tags) = update.tags {
                inquiry.tags = tags;
            }
        })?;
        self.emit_tag_change(&before.tags, &inquiry, now);
        Ok(inquiry)
    }

    /// Gives an inquiry exactly these tags.
    pub(crate) fn set_inquiry_tags(
        &mut self,
        id: &str,
        tags: Vec<String>,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let before = self.changeable_inquiry(id)?;
        if before.tags == tags {
            return Ok(before);
        }
        let inquiry = self.inquiry_mut(id, now, |inquiry| inquiry.tags = tags)?;
        self.emit_tag_change(&before.tags, &inquiry, now);
        Ok(inquiry)
    }

    /// Emits `inquiry.updated-tags`, unless the tags are unchanged.
    fn emit_tag_change(&mut self, before: &[String], inquiry: &Arc<Inquiry>, now: Moment) {
        let Some((_, _, context)) = tag_change(before, &inquiry.tags) else {
            return;
        };
        self.emit_with_context(EventName::UpdatedTags, inquiry, now, Some(context));
    }

    /// Deletes the personal data of an inquiry, also from its events and sessions. The status stays
    /// (API specification, `DELETE /inquiries/{id}`).
    pub(crate) fn redact_inquiry(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let account_id = self.changeable_inquiry(id)?.account_id.clone();
        let sessions: Vec<_> = self
            .sessions
            .in_group(id)
            .map(|(_, it)| it.clone())
            .collect();
        for session in sessions {
            self.put_session(Arc::new(without_personal_data_of_session(&session)));
        }
        self.redact_reports_of_inquiry(id, now)?;
        self.redact_events(id);
        if let Some(account_id) = account_id {
            self.redact_events(&account_id);
        }
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            *inquiry = without_personal_data(inquiry);
            inquiry.redacted_at = Some(now);
            stop(inquiry);
        })?;
        self.emit(EventName::Redacted, &inquiry, now);
        self.end_sessions(id, now);
        Ok(inquiry)
    }
}

impl Tx {
    /// Deletes personal data from the events of a group: an inquiry, or an account.
    pub(super) fn redact_events(&mut self, group: &str) {
        let events = self.events.in_group(group);
        let events: Vec<_> = events.map(|(_, event)| Arc::clone(event)).collect();
        for event in events {
            self.rewrite_event(Event {
                subject: subject_without_personal_data(&event.subject),
                ..Event::clone(&event)
            });
        }
    }
}

impl State {
    /// The inquiry with this ID, if it may change: a redacted one may not.
    pub(super) fn changeable_inquiry(&self, id: &str) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.inquiry(id)?;
        if inquiry.redacted_at.is_some() {
            return Err(DomainError::AlreadyRedacted);
        }
        Ok(inquiry)
    }
}

/// Cancels expiry and the scheduled decision of a workflow.
fn stop(inquiry: &mut Inquiry) {
    inquiry.expires_at = None;
    inquiry.decision_due = None;
}

fn without_personal_data(inquiry: &Inquiry) -> Inquiry {
    Inquiry {
        fields: BTreeMap::new(),
        note: None,
        reviewer_comment: None,
        redirect_uri: None,
        verifications: inquiry
            .verifications
            .iter()
            .map(|verification| Verification {
                document: None,
                ..verification.clone()
            })
            .collect(),
        ..inquiry.clone()
    }
}

fn without_personal_data_of_session(session: &Session) -> Session {
    Session {
        user_agent: None,
        ..session.clone()
    }
}

fn subject_without_personal_data(subject: &Subject) -> Subject {
    match subject {
        Subject::Inquiry(inquiry) => Subject::Inquiry(Arc::new(without_personal_data(inquiry))),
        Subject::Session(session) => {
            Subject::Session(Arc::new(without_personal_data_of_session(session)))
        }
        Subject::Verification { inquiry, id } => Subject::Verification {
            inquiry: Arc::new(without_personal_data(inquiry)),
            id: id.clone(),
        },
        Subject::Submitted { inquiry, id } => Subject::Submitted {
            inquiry: Arc::new(without_personal_data(inquiry)),
            id: id.clone(),
        },
        Subject::Account(account) => Subject::Account(Arc::new(account.without_personal_data())),
        Subject::Case(case) => Subject::Case(Arc::new(without_personal_data_of_case(case))),
        Subject::Report(report) => Subject::Report(Arc::new(report.without_personal_data())),
    }
}
