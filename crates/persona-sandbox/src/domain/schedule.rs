//! Scheduled changes: expiry of inquiries and sessions, decisions of workflows.

use super::DomainError;
use crate::core::clock::Moment;
use crate::core::model::{Decision, Inquiry, Workflow};
use crate::store::{Due, Tx};

impl Tx {
    /// Applies all scheduled changes that are due at `now`, in order, each with the time at which
    /// it was due.
    pub(crate) fn catch_up(&mut self, now: Moment) -> Result<(), DomainError> {
        while let Some((at, due)) = self.next_due().cloned() {
            if at > now {
                break;
            }
            match due {
                Due::Session(id) => {
                    self.expire_session(&id, at)?;
                }
                Due::Inquiry(id) => self.apply_due_change(&id, at)?,
            }
        }
        Ok(())
    }

    fn apply_due_change(&mut self, id: &str, at: Moment) -> Result<(), DomainError> {
        let inquiry = self.inquiry(id)?;
        match inquiry.decision_due {
            Some((due, decision)) if due <= at => self.decide_by_workflow(&inquiry, decision, at),
            _ => self.expire_inquiry(id, at).map(|_| ()),
        }
    }

    pub(super) fn decide_by_workflow(
        &mut self,
        inquiry: &Inquiry,
        decision: Decision,
        at: Moment,
    ) -> Result<(), DomainError> {
        let workflow = match decision {
            Decision::Approve => Workflow::ApproveCompleted,
            Decision::Decline => Workflow::DeclineFailed,
        };
        let reviewer = self.run_workflow(workflow, &inquiry.id, at);
        self.decide_inquiry(&inquiry.id, decision, Some(reviewer), None, at)
            .map(|_| ())
    }
}
