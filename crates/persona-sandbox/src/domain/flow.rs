//! The flow: the person submits the steps of the template in order, then the inquiry ends.
//!
//! Docs: `model-lifecycle`, and `environments` for the "Pass verifications" switch. What a step
//! submits is data ([`SubmissionStep`]). A repeated submission (a double click, a reload) finds its
//! step done and changes nothing.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fields::checked_value;
use super::{EnteredProblem, FlowError};
use crate::core::clock::Moment;
use crate::core::model::{
    Decision, DocumentData, EventName, FlowStep, Inquiry, Status, SubmissionStep, Template,
    Verification, VerificationKind,
};
use crate::store::{State, Tx};

/// The result of submitting a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The flow continues at the next step of the inquiry.
    Continue,
    /// The success screen: the inquiry is completed.
    Completed,
    /// The failure screen: the inquiry is failed.
    Failed,
    /// The flow is not over, and continues at the first step: a verification failed and the
    /// template allows another attempt, or the last step was submitted before its turn.
    Retry,
}

/// The result of the check of a submission.
#[derive(Clone, Debug)]
pub(crate) struct CheckResult {
    pub(crate) passed: bool,
    /// The names of the checks that fail. If it is not passed and none is named, the one that
    /// usually fails.
    pub(crate) failed_checks: Vec<String>,
    /// What a submitted government ID says; the demo person's values where it says nothing.
    pub(crate) document: DocumentData,
}

/// The "Pass verifications" switch decides alone.
impl From<bool> for CheckResult {
    fn from(passed: bool) -> Self {
        Self {
            passed,
            failed_checks: Vec::new(),
            document: DocumentData::default(),
        }
    }
}

impl Tx {
    /// The person left the first screen. No status changes.
    pub(crate) fn begin_flow(
        &mut self,
        session_token: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let inquiry = self.flow_inquiry(session_token, now)?;
        check_may_submit(&inquiry)?;
        if inquiry.next_step != Some(FlowStep::Start) {
            return Ok(inquiry);
        }
        let first = self.flow_template(&inquiry)?.first_step();
        let inquiry = self.inquiry_mut(&inquiry.id, now, |inquiry| move_to(inquiry, first))?;
        self.emit(EventName::Transitioned, &inquiry, now);
        Ok(inquiry)
    }

    /// The person submitted a step. The first one makes the inquiry pending, the last one ends it
    /// or leads to another attempt; the demo data of the step overwrites prefilled fields.
    pub(crate) fn submit_step(
        &mut self,
        session_token: &str,
        step: SubmissionStep,
        result: impl Into<CheckResult>,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Outcome), FlowError> {
        self.submit_entered(session_token, step, None, result, now)
    }

    /// Like [`Tx::submit_step`], with what the person entered: the fields that the step asks for get
    /// these values, and those that are absent are emptied.
    pub(crate) fn submit_entered(
        &mut self,
        session_token: &str,
        step: SubmissionStep,
        entered: Option<Map<String, Value>>,
        result: impl Into<CheckResult>,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Outcome), FlowError> {
        let result = result.into();
        let passed = result.passed;
        let inquiry = self.flow_inquiry(session_token, now)?;
        let template = self.flow_template(&inquiry)?;
        let is_last = template.steps.last() == Some(&step);
        match check_may_submit(&inquiry) {
            // A repeated click after the end shows the end again.
            Err(FlowError::AlreadyFinished(Status::Completed | Status::Approved)) if is_last => {
                return Ok((inquiry, Outcome::Completed));
            }
            Err(FlowError::AlreadyFinished(Status::Failed | Status::Declined)) if is_last => {
                return Ok((inquiry, Outcome::Failed));
            }
            checked => checked?,
        }
        if !is_step_due(&template, &inquiry, step) {
            let outcome = if is_last {
                Outcome::Retry
            } else {
                Outcome::Continue
            };
            return Ok((inquiry, outcome));
        }
        let fields = match entered {
            Some(entered) => entered_fields(&template, step, entered)?,
            None => fields_left_blank(&template, &inquiry, step),
        };
        let verification = step
            .submission()
            .check
            .map(|kind| self.new_verification(kind, result, now));
        let is_first_start = inquiry.started_at.is_none();
        let mut outcome = Outcome::Continue;
        // An event shows the inquiry as it was then: still pending on its way to the last screen.
        let moved = self.inquiry_mut(&inquiry.id, now, |inquiry| {
            inquiry.pass_verifications = passed;
            for (key, value) in fields {
                set_field(inquiry, &template, &key, value);
            }
            if let Some(verification) = verification {
                add_verification(inquiry, &template, verification);
            }
            start(inquiry, now);
            inquiry.next_step = Some(FlowStep::Submission(step));
            let next = template.step_after(step).map(FlowStep::Submission);
            let next = next.unwrap_or_else(|| {
                outcome = outcome_of_checks(&template, inquiry);
                match outcome {
                    Outcome::Completed => FlowStep::Success,
                    Outcome::Failed => FlowStep::Fail,
                    Outcome::Continue | Outcome::Retry => template.first_step(),
                }
            });
            move_to(inquiry, next);
        })?;
        if is_first_start {
            self.emit(EventName::Started, &moved, now);
        }
        self.emit(EventName::Transitioned, &moved, now);
        let (end, event): (fn(&mut Inquiry, Option<&Template>, Moment), _) = match outcome {
            Outcome::Completed => (complete, EventName::Completed),
            Outcome::Failed => (fail, EventName::Failed),
            Outcome::Continue | Outcome::Retry => return Ok((moved, outcome)),
        };
        let ended = self.inquiry_mut(&moved.id, now, |it| end(it, Some(&template), now))?;
        self.emit(event, &ended, now);
        if outcome == Outcome::Failed {
            self.open_case_for(&ended, now);
        } else {
            self.run_reports_for(&ended, &template, now);
        }
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

    /// The verification with this result, with an ID for the object that it looked at.
    pub(super) fn new_verification(
        &mut self,
        kind: VerificationKind,
        result: CheckResult,
        now: Moment,
    ) -> Verification {
        let object = kind.submitted_object();
        let submitted_id = object.map(|object| self.entropy().id(object.id_prefix));
        let mut failed_checks = result.failed_checks;
        if !result.passed && failed_checks.is_empty() {
            failed_checks.push(kind.default_failure().to_owned());
        }
        let has_document = kind == VerificationKind::GovernmentId;
        Verification {
            id: self.entropy().id("ver"),
            kind,
            passed: result.passed,
            created_at: now,
            submitted_id,
            failed_checks,
            document: has_document.then(|| Box::new(result.document.or_demo(now))),
            redacted_at: None,
            is_locked: false,
        }
    }
}

impl State {
    /// Whether a browser may submit this step now.
    pub(crate) fn is_step_due(&self, inquiry: &Inquiry, step: SubmissionStep) -> bool {
        let template = self.templates.find(&inquiry.template_id);
        template.is_some_and(|template| is_step_due(template, inquiry, step))
    }

    fn flow_template(&self, inquiry: &Inquiry) -> Result<Arc<Template>, FlowError> {
        let template = self.templates.find(&inquiry.template_id).cloned();
        template.ok_or(FlowError::InactiveTemplate)
    }
}

/// The first step may be submitted from the start screen too.
fn is_step_due(template: &Template, inquiry: &Inquiry, step: SubmissionStep) -> bool {
    match inquiry.next_step {
        Some(FlowStep::Start) => template.first_step() == FlowStep::Submission(step),
        next => next == Some(FlowStep::Submission(step)),
    }
}

/// Whether something may be submitted to an inquiry.
fn check_may_submit(inquiry: &Inquiry) -> Result<(), FlowError> {
    match inquiry.status {
        _ if inquiry.redacted_at.is_some() => Err(FlowError::NotFound("inquiry")),
        Status::Created | Status::Pending => Ok(()),
        Status::Expired => Err(FlowError::Expired),
        finished => Err(FlowError::AlreadyFinished(finished)),
    }
}

/// Adds a verification, names the submitted object in its field, and writes the fields that the
/// submission fills: with the document's values, else with the demo person's.
pub(super) fn add_verification(
    inquiry: &mut Inquiry,
    template: &Template,
    verification: Verification,
) {
    if let Some(submission) = verification.kind.submission() {
        if let Some(object) = &submission.object {
            let submitted = json!({ "id": verification.submitted_id, "type": object.field_type });
            set_field(inquiry, template, object.field, submitted);
        }
        let document = verification.document.as_deref();
        for (key, demo) in submission.demo_fields {
            let value = document.and_then(|document| document.field(key)).or(*demo);
            set_field(inquiry, template, key, json!(value));
        }
    }
    inquiry.verifications.push(verification);
}

fn set_field(inquiry: &mut Inquiry, template: &Template, key: &str, value: Value) {
    let Some(field) = template.find_field(key) else {
        return;
    };
    if value.is_null() {
        inquiry.fields.remove(&field.key);
    } else {
        inquiry.fields.insert(field.key.clone(), value);
    }
}

/// The values that a person entered in a step, by the template's keys; null for a field that was left
/// blank.
fn entered_fields(
    template: &Template,
    step: SubmissionStep,
    mut entered: Map<String, Value>,
) -> Result<Vec<(String, Value)>, FlowError> {
    let schemas = template.entered_fields(step).into_iter();
    schemas
        .map(|schema| {
            let refuse = |reason| FlowError::Entered {
                label: schema.label.clone(),
                reason,
            };
            let value = entered.remove(&schema.key).unwrap_or_default();
            let must_be_entered = schema.is_required || step != SubmissionStep::Form;
            if value.is_null() && must_be_entered {
                return Err(refuse(EnteredProblem::Missing));
            }
            let value = checked_value(schema, value)
                .map_err(|reason| refuse(EnteredProblem::Invalid(reason)))?;
            Ok((schema.key.clone(), value))
        })
        .collect()
}

/// The values of a step that nobody fills in, as in a scenario: what is there, else the demo data.
fn fields_left_blank(
    template: &Template,
    inquiry: &Inquiry,
    step: SubmissionStep,
) -> Vec<(String, Value)> {
    let demo = step.submission().entered;
    let field = demo.and_then(|(key, demo)| Some((template.find_field(key)?, demo)));
    let blank = field.filter(|(field, _)| !inquiry.fields.contains_key(&field.key));
    let filled = blank.map(|(field, demo)| (field.key.clone(), json!(demo)));
    filled.into_iter().collect()
}

/// What the checks come to when the last step is submitted: the latest of each step counts.
fn outcome_of_checks(template: &Template, inquiry: &Inquiry) -> Outcome {
    let checks = |kind: VerificationKind| {
        let verifications = inquiry.verifications.iter().rev();
        verifications.filter(move |verification| verification.kind == kind)
    };
    let steps = template.steps.iter();
    let kinds = steps.filter_map(|step| step.submission().check);
    let passed = |kind| checks(kind).next().is_some_and(|latest| latest.passed);
    let attempts = kinds.clone().map(|kind| checks(kind).count()).max();
    if kinds.clone().all(passed) {
        Outcome::Completed
    } else if attempts.unwrap_or_default() < template.attempts {
        Outcome::Retry
    } else {
        Outcome::Failed
    }
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
