//! What the person does in the flow: government ID, selfie, the end.
//!
//! Docs: `model-lifecycle`, and `environments` for the "Pass verifications" switch. A verb that
//! comes twice (a double click, a reload) finds its step done and changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::FlowError;
use crate::core::clock::Moment;
use crate::core::model::{
    Decision, EventName, FlowStep, Inquiry, Status, Subject, Template, Verification,
    VerificationKind,
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
        let mut inquiry = Inquiry::clone(&inquiry);
        move_to(&mut inquiry, FlowStep::GovernmentId);
        Ok(self.change_inquiry(inquiry, &[EventName::Transitioned], now))
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
        let mut inquiry = Inquiry::clone(&inquiry);
        inquiry.pass_verifications = pass;
        self.verify(&mut inquiry, VerificationKind::GovernmentId, pass, now);
        self.fill_in_demo_data(&mut inquiry);
        let mut events = start(&mut inquiry, now);
        inquiry.next_step = Some(FlowStep::GovernmentId);
        move_to(&mut inquiry, FlowStep::Selfie);
        events.push(EventName::Transitioned);
        Ok(self.change_inquiry(inquiry, &events, now))
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
        let mut inquiry = Inquiry::clone(&inquiry);
        inquiry.pass_verifications = pass;
        self.verify(&mut inquiry, VerificationKind::Selfie, pass, now);
        let template = self.templates.find(&inquiry.template_id).cloned();
        let attempts_made = inquiry
            .verifications
            .iter()
            .filter(|v| v.kind == VerificationKind::Selfie)
            .count();
        let attempts = template.as_ref().map_or(1, |template| template.attempts);
        let outcome = if both_passed(&inquiry) {
            Outcome::Completed
        } else if attempts_made < attempts {
            Outcome::Retry
        } else {
            Outcome::Failed
        };
        move_to(
            &mut inquiry,
            match outcome {
                Outcome::Completed => FlowStep::Success,
                Outcome::Failed => FlowStep::Fail,
                Outcome::Retry => FlowStep::GovernmentId,
            },
        );
        // An event shows the inquiry as it was then: still pending on its way to the last screen.
        let moved = self.change_inquiry(inquiry, &[EventName::Transitioned], now);
        let mut inquiry = Inquiry::clone(&moved);
        let event = match outcome {
            Outcome::Completed => complete(&mut inquiry, template.as_deref(), now),
            Outcome::Failed => fail(&mut inquiry, template.as_deref(), now),
            Outcome::Retry => return Ok((moved, outcome)),
        };
        Ok((self.change_inquiry(inquiry, &[event], now), outcome))
    }

    /// The person closed the flow. The session stays good for reopening.
    pub(crate) fn cancel_flow(
        &mut self,
        session_token: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let inquiry = self.flow_inquiry(session_token, now)?;
        if let Some(session) = self.session_by_token(session_token, now) {
            self.emit(EventName::SessionCanceled, Subject::Session(session), now);
        }
        Ok(inquiry)
    }

    /// Adds the result of a verification, and the document or selfie that it looked at.
    fn verify(&mut self, inquiry: &mut Inquiry, kind: VerificationKind, passed: bool, now: Moment) {
        let submitted = match kind {
            VerificationKind::GovernmentId => Some(("doc", "current_government_id")),
            VerificationKind::Selfie => Some(("self", "current_selfie")),
            VerificationKind::Document | VerificationKind::Database => None,
        };
        let submitted_id = submitted.map(|(prefix, _)| self.entropy().id(prefix));
        if let (Some((_, field)), Some(id)) = (submitted, &submitted_id) {
            self.set_field(inquiry, field, submitted_value(kind, id));
        }
        let id = self.entropy().id("ver");
        let verification = Verification {
            id,
            kind,
            passed,
            created_at: now,
            submitted_id,
        };
        inquiry.verifications.push(verification);
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

    fn fill_in_demo_data(&self, inquiry: &mut Inquiry) {
        for (key, value) in demo_fields() {
            self.set_field(inquiry, key, value);
        }
    }

    fn set_field(&self, inquiry: &mut Inquiry, key: &str, value: Value) {
        let template = self.templates.find(&inquiry.template_id);
        let Some(field) = template.and_then(|template| template.find_field(key)) else {
            return;
        };
        if value.is_null() {
            inquiry.fields.remove(&field.key);
        } else {
            inquiry.fields.insert(field.key.clone(), value);
        }
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

/// The inquiry becomes pending; the events that this causes.
pub(super) fn start(inquiry: &mut Inquiry, now: Moment) -> Vec<EventName> {
    inquiry.status = Status::Pending;
    if inquiry.started_at.is_some() {
        return Vec::new();
    }
    inquiry.started_at = Some(now);
    if let Some(seconds) = inquiry.expiry.after_start {
        inquiry.expires_at = Some(now.plus_seconds(seconds));
    }
    vec![EventName::Started]
}

/// The inquiry is completed, and the approving workflow is set going.
pub(super) fn complete(
    inquiry: &mut Inquiry,
    template: Option<&Template>,
    now: Moment,
) -> EventName {
    inquiry.status = Status::Completed;
    inquiry.completed_at = Some(now);
    inquiry.expires_at = None;
    inquiry.decision_due = template
        .filter(|template| template.approve_completed)
        .map(|template| (decision_time(template, now), Decision::Approve));
    EventName::Completed
}

/// The inquiry is failed, and the declining workflow, if the template has it, is set going.
pub(super) fn fail(inquiry: &mut Inquiry, template: Option<&Template>, now: Moment) -> EventName {
    inquiry.status = Status::Failed;
    inquiry.failed_at = Some(now);
    inquiry.expires_at = None;
    inquiry.decision_due = template
        .filter(|template| template.decline_failed)
        .map(|template| (decision_time(template, now), Decision::Decline));
    EventName::Failed
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
