//! What the person does in the flow: government ID, selfie, the end.
//!
//! Docs: `model-lifecycle`, and `environments` for the "Pass verifications" switch. A verb that
//! comes twice (a double click, a reload) finds its step done and changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::FlowError;
use crate::core::clock::Moment;
use crate::core::model::{
    Decision, EventName, FlowStep, Inquiry, Status, Template, Verification, VerificationKind,
};
use crate::store::{State, Tx};

/// What the sandbox pretends to read from every government ID, as captured from Persona's
/// sandbox: upper case, the middle initial in the first name (help center, "sandbox demo data").
fn demo_fields() -> [(&'static str, Value); 14] {
    [
        ("name_first", json!("ALEXANDER J")),
        ("name_middle", Value::Null),
        ("name_last", json!("SAMPLE")),
        ("birthdate", json!("1977-07-17")),
        ("address_street_1", json!("600 CALIFORNIA STREET")),
        ("address_street_2", Value::Null),
        ("address_city", json!("SAN FRANCISCO")),
        ("address_subdivision", json!("CA")),
        ("address_postal_code", json!("94109")),
        ("address_country_code", json!("US")),
        ("selected_country_code", json!("US")),
        ("selected_id_class", json!("dl")),
        ("identification_class", json!("dl")),
        ("identification_number", json!("I1234562")),
    ]
}

/// How a run through both steps ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The success screen: the inquiry is completed.
    Completed,
    /// The failure screen: the inquiry is failed.
    Failed,
    /// The flow is not over, and continues at the government ID: a verification failed and the
    /// template allows another attempt, or a selfie was submitted before its step.
    Retry,
}

impl Tx {
    /// The person left the first screen. No status changes.
    pub(crate) fn begin_flow(
        &mut self,
        session_token: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let inquiry = self.open_flow_inquiry(session_token, now)?;
        if inquiry.next_step != Some(FlowStep::Start) {
            return Ok(inquiry);
        }
        let inquiry = self.inquiry_mut(&inquiry.id, now, |inquiry| {
            move_to(inquiry, FlowStep::GovernmentId);
        })?;
        self.emit(EventName::Transitioned, &inquiry, now);
        Ok(inquiry)
    }

    /// The person submitted a government ID: the inquiry is pending, and the demo data
    /// overwrites what was prefilled.
    pub(crate) fn submit_government_id(
        &mut self,
        session_token: &str,
        pass: bool,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let inquiry = self.open_flow_inquiry(session_token, now)?;
        if !matches!(
            inquiry.next_step,
            Some(FlowStep::Start | FlowStep::GovernmentId)
        ) {
            return Ok(inquiry);
        }
        let template = self.templates.find(&inquiry.template_id).cloned();
        let verification = self.new_verification(VerificationKind::GovernmentId, pass, now);
        let is_first_start = inquiry.started_at.is_none();
        let inquiry = self.inquiry_mut(&inquiry.id, now, |inquiry| {
            inquiry.pass_verifications = pass;
            add_verification(inquiry, template.as_deref(), verification);
            for (key, value) in demo_fields() {
                set_field(inquiry, template.as_deref(), key, value);
            }
            start(inquiry, now);
            inquiry.next_step = Some(FlowStep::GovernmentId);
            move_to(inquiry, FlowStep::Selfie);
        })?;
        if is_first_start {
            self.emit(EventName::Started, &inquiry, now);
        }
        self.emit(EventName::Transitioned, &inquiry, now);
        Ok(inquiry)
    }

    /// The person submitted a selfie, the last step.
    pub(crate) fn submit_selfie(
        &mut self,
        session_token: &str,
        pass: bool,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Outcome), FlowError> {
        let inquiry = match self.open_flow_inquiry(session_token, now) {
            Ok(inquiry) => inquiry,
            // A repeated click after the end shows the end again.
            Err(FlowError::AlreadyFinished(Status::Completed | Status::Approved)) => {
                return Ok((self.flow_inquiry(session_token, now)?, Outcome::Completed));
            }
            Err(FlowError::AlreadyFinished(Status::Failed | Status::Declined)) => {
                return Ok((self.flow_inquiry(session_token, now)?, Outcome::Failed));
            }
            Err(other) => return Err(other),
        };
        if inquiry.next_step != Some(FlowStep::Selfie) {
            return Ok((inquiry, Outcome::Retry));
        }
        let template = self.templates.find(&inquiry.template_id).cloned();
        let attempts = template.as_ref().map_or(1, |template| template.attempts);
        let verification = self.new_verification(VerificationKind::Selfie, pass, now);
        let mut outcome = Outcome::Retry;
        // An event shows the inquiry as it was then: still pending on its way to the last screen.
        let moved = self.inquiry_mut(&inquiry.id, now, |inquiry| {
            inquiry.pass_verifications = pass;
            add_verification(inquiry, template.as_deref(), verification);
            let selfies = inquiry.verifications.iter();
            let attempts_made = selfies
                .filter(|v| v.kind == VerificationKind::Selfie)
                .count();
            outcome = if both_passed(inquiry) {
                Outcome::Completed
            } else if attempts_made < attempts {
                Outcome::Retry
            } else {
                Outcome::Failed
            };
            let next = match outcome {
                Outcome::Completed => FlowStep::Success,
                Outcome::Failed => FlowStep::Fail,
                Outcome::Retry => FlowStep::GovernmentId,
            };
            move_to(inquiry, next);
        })?;
        self.emit(EventName::Transitioned, &moved, now);
        let (end, event): (fn(&mut Inquiry, Option<&Template>, Moment), _) = match outcome {
            Outcome::Completed => (complete, EventName::Completed),
            Outcome::Failed => (fail, EventName::Failed),
            Outcome::Retry => return Ok((moved, outcome)),
        };
        let ended = self.inquiry_mut(&moved.id, now, |it| end(it, template.as_deref(), now))?;
        self.emit(event, &ended, now);
        Ok((ended, outcome))
    }

    /// The person closed the flow. The session stays good for reopening.
    pub(crate) fn cancel_flow(
        &mut self,
        session_token: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let inquiry = self.flow_inquiry(session_token, now)?;
        if let Some(session) = self.session_by_token(session_token, now) {
            self.emit(EventName::SessionCanceled, &session, now);
        }
        Ok(inquiry)
    }

    /// The result of a check, with an ID for the document or selfie that it looked at.
    fn new_verification(
        &mut self,
        kind: VerificationKind,
        passed: bool,
        now: Moment,
    ) -> Verification {
        let submitted_id = submitted_object(kind).map(|(prefix, _)| self.entropy().id(prefix));
        Verification {
            id: self.entropy().id("ver"),
            kind,
            passed,
            created_at: now,
            submitted_id,
        }
    }
}

impl State {
    /// The inquiry of a browser that may still submit something.
    fn open_flow_inquiry(
        &self,
        session_token: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let inquiry = self.flow_inquiry(session_token, now)?;
        match inquiry.status {
            _ if inquiry.redacted_at.is_some() => Err(FlowError::NotFound("inquiry")),
            Status::Created | Status::Pending => Ok(inquiry),
            Status::Expired => Err(FlowError::Expired),
            finished => Err(FlowError::AlreadyFinished(finished)),
        }
    }
}

/// What a check of this kind looks at: the prefix of its ID, and the field that names it.
fn submitted_object(kind: VerificationKind) -> Option<(&'static str, &'static str)> {
    match kind {
        VerificationKind::GovernmentId => Some(("doc", "current_government_id")),
        VerificationKind::Selfie => Some(("self", "current_selfie")),
        VerificationKind::Document | VerificationKind::Database => None,
    }
}

/// Adds the result of a check, and names what it looked at in its field.
fn add_verification(
    inquiry: &mut Inquiry,
    template: Option<&Template>,
    verification: Verification,
) {
    let submitted = submitted_object(verification.kind);
    if let (Some((_, field)), Some(id)) = (submitted, &verification.submitted_id) {
        set_field(
            inquiry,
            template,
            field,
            submitted_value(verification.kind, id),
        );
    }
    inquiry.verifications.push(verification);
}

fn set_field(inquiry: &mut Inquiry, template: Option<&Template>, key: &str, value: Value) {
    let Some(field) = template.and_then(|template| template.find_field(key)) else {
        return;
    };
    if value.is_null() {
        inquiry.fields.remove(&field.key);
    } else {
        inquiry.fields.insert(field.key.clone(), value);
    }
}

/// A field of type government ID or selfie names the object that was submitted.
fn submitted_value(kind: VerificationKind, id: &str) -> Value {
    let resource_type = match kind {
        VerificationKind::Selfie => "Selfie::ProfileAndCenter",
        _ => "Document::GovernmentId",
    };
    json!({ "id": id, "type": resource_type })
}

/// The inquiry becomes pending.
pub(super) fn start(inquiry: &mut Inquiry, now: Moment) {
    inquiry.status = Status::Pending;
    if inquiry.started_at.is_some() {
        return;
    }
    inquiry.started_at = Some(now);
    if let Some(seconds) = inquiry.expiry.after_start {
        inquiry.expires_at = Some(now.plus_seconds(seconds));
    }
}

/// The inquiry is completed, and the approving workflow, if the template has it, is scheduled.
pub(super) fn complete(inquiry: &mut Inquiry, template: Option<&Template>, now: Moment) {
    inquiry.status = Status::Completed;
    inquiry.completed_at = Some(now);
    inquiry.expires_at = None;
    inquiry.decision_due = template
        .filter(|template| template.approve_completed)
        .map(|template| (decision_time(template, now), Decision::Approve));
}

/// The inquiry is failed, and the declining workflow, if the template has it, is scheduled.
pub(super) fn fail(inquiry: &mut Inquiry, template: Option<&Template>, now: Moment) {
    inquiry.status = Status::Failed;
    inquiry.failed_at = Some(now);
    inquiry.expires_at = None;
    inquiry.decision_due = template
        .filter(|template| template.decline_failed)
        .map(|template| (decision_time(template, now), Decision::Decline));
}

fn decision_time(template: &Template, now: Moment) -> Moment {
    now.plus(std::time::Duration::from_millis(template.decide_after_ms))
}

pub(super) fn move_to(inquiry: &mut Inquiry, step: FlowStep) {
    inquiry.previous_step = inquiry.next_step;
    inquiry.next_step = Some(step);
}

/// Whether the latest verification of each kind passed.
fn both_passed(inquiry: &Inquiry) -> bool {
    let latest = |kind| inquiry.verifications.iter().rev().find(|v| v.kind == kind);
    [VerificationKind::GovernmentId, VerificationKind::Selfie]
        .into_iter()
        .all(|kind| latest(kind).is_some_and(|verification| verification.passed))
}
