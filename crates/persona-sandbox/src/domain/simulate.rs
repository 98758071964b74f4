//! Simulated actions, which advance an inquiry without a person.
//!
//! Docs: `integration-testing`. Each action has the effects and events of the person, the reviewer
//! or the schedule. A created verification writes the fields that its submission fills, with the
//! demo person's values.

use std::sync::Arc;

use super::flow::{complete, fail, start};
use super::{DomainError, flow};
use crate::core::clock::Moment;
use crate::core::model::{Decision, EventName, FlowStep, Inquiry, Status, VerificationKind};
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
    /// Applies one simulated action.
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
        let inquiry = self.changeable_inquiry(id)?;
        if inquiry.status != Status::Created {
            return Err(wrong_status("started", &inquiry));
        }
        let template = self.templates.find(&inquiry.template_id);
        let first = template.map_or(FlowStep::Start, |template| template.first_step());
        let is_first_start = inquiry.started_at.is_none();
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            start(inquiry, now);
            if inquiry.next_step == Some(FlowStep::Start) {
                flow::move_to(inquiry, first);
            }
        })?;
        if is_first_start {
            self.emit(EventName::Started, &inquiry, now);
        }
        Ok(inquiry)
    }

    fn simulate_end(
        &mut self,
        id: &str,
        step: FlowStep,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.changeable_inquiry(id)?;
        let (verb, event) = if step == FlowStep::Success {
            ("completed", EventName::Completed)
        } else {
            ("failed", EventName::Failed)
        };
        if !inquiry.status.is_open() {
            return Err(wrong_status(verb, &inquiry));
        }
        let template = self.templates.find(&inquiry.template_id).cloned();
        if inquiry.started_at.is_none() {
            // An event shows the inquiry as it was then: started, and not at its end yet.
            let started = self.inquiry_mut(id, now, |inquiry| start(inquiry, now))?;
            self.emit(EventName::Started, &started, now);
        }
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            flow::move_to(inquiry, step);
            if step == FlowStep::Success {
                complete(inquiry, template.as_deref(), now);
            } else {
                fail(inquiry, template.as_deref(), now);
            }
        })?;
        self.emit(event, &inquiry, now);
        if step == FlowStep::Fail {
            self.open_case_for(&inquiry, now);
        } else if let Some(template) = &template {
            self.run_reports_for(&inquiry, template, now);
        }
        Ok(inquiry)
    }

    fn simulate_verification(
        &mut self,
        id: &str,
        kind: VerificationKind,
        passed: bool,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.changeable_inquiry(id)?;
        if !inquiry.status.is_open() {
            return Err(wrong_status("given a verification", &inquiry));
        }
        let template = self.templates.find(&inquiry.template_id).cloned();
        let template = template.ok_or(DomainError::InactiveTemplate)?;
        let verification = self.new_verification(kind, passed.into(), now);
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            flow::add_verification(inquiry, &template, verification);
        })?;
        Ok(inquiry)
    }
}

fn wrong_status(verb: &'static str, inquiry: &Inquiry) -> DomainError {
    DomainError::WrongStatus {
        verb,
        status: inquiry.status,
    }
}
