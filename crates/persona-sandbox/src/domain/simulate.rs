//! Simulated actions: an inquiry moved along without a person.
//!
//! Docs: `integration-testing`. Each action does what the person, the reviewer or time would
//! have done, with the same events; but nothing is entered, so no field is written.

use std::sync::Arc;

use super::flow::{complete, fail, start};
use super::{DomainError, flow};
use crate::core::clock::Moment;
use crate::core::model::{Decision, FlowStep, Inquiry, Status, Verification, VerificationKind};
use crate::store::Tx;

/// One simulated action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SimulatedAction {
    Start,
    Complete,
    Fail,
    Expire,
    MarkForReview,
    Approve,
    Decline,
    Verify {
        kind: VerificationKind,
        passed: bool,
    },
}

impl Tx {
    /// Does one simulated action.
    pub(crate) fn simulate(
        &mut self,
        id: &str,
        action: SimulatedAction,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        match action {
            SimulatedAction::Start => self.simulate_start(id, now),
            SimulatedAction::Complete => self.simulate_end(id, FlowStep::Success, now),
            SimulatedAction::Fail => self.simulate_end(id, FlowStep::Fail, now),
            SimulatedAction::Expire => self.expire_inquiry(id, now),
            SimulatedAction::MarkForReview => self.mark_inquiry_for_review(id, now),
            SimulatedAction::Approve => self.decide_inquiry(id, Decision::Approve, None, None, now),
            SimulatedAction::Decline => self.decide_inquiry(id, Decision::Decline, None, None, now),
            SimulatedAction::Verify { kind, passed } => {
                self.simulate_verification(id, kind, passed, now)
            }
        }
    }

    fn simulate_start(&mut self, id: &str, now: Moment) -> Result<Arc<Inquiry>, DomainError> {
        let mut inquiry = self.editable(id)?;
        if inquiry.status != Status::Created {
            return Err(wrong_status("started", &inquiry));
        }
        let events = start(&mut inquiry, now);
        if inquiry.next_step == Some(FlowStep::Start) {
            flow::move_to(&mut inquiry, FlowStep::GovernmentId);
        }
        Ok(self.change_inquiry(inquiry, &events, now))
    }

    fn simulate_end(
        &mut self,
        id: &str,
        step: FlowStep,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let mut inquiry = self.editable(id)?;
        let verb = if step == FlowStep::Success {
            "completed"
        } else {
            "failed"
        };
        if !inquiry.status.is_open() {
            return Err(wrong_status(verb, &inquiry));
        }
        let template = self.templates.find(&inquiry.template_id).cloned();
        let events = start(&mut inquiry, now);
        if !events.is_empty() {
            // An event shows the inquiry as it was then.
            inquiry = Inquiry::clone(&self.change_inquiry(inquiry, &events, now));
        }
        flow::move_to(&mut inquiry, step);
        let event = if step == FlowStep::Success {
            complete(&mut inquiry, template.as_deref(), now)
        } else {
            fail(&mut inquiry, template.as_deref(), now)
        };
        Ok(self.change_inquiry(inquiry, &[event], now))
    }

    fn simulate_verification(
        &mut self,
        id: &str,
        kind: VerificationKind,
        passed: bool,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let mut inquiry = self.editable(id)?;
        if !inquiry.status.is_open() {
            return Err(wrong_status("given a verification", &inquiry));
        }
        let verification = Verification {
            id: self.entropy().id("ver"),
            kind,
            passed,
            created_at: now,
            submitted_id: None,
        };
        inquiry.verifications.push(verification);
        Ok(self.change_inquiry(inquiry, &[], now))
    }
}

fn wrong_status(verb: &'static str, inquiry: &Inquiry) -> DomainError {
    DomainError::WrongStatus {
        verb,
        status: inquiry.status,
    }
}
