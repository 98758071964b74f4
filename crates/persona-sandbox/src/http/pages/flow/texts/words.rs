//! What the flow says: the same for each language.

use crate::core::model::SubmissionStep;
use crate::domain::EnteredProblem;

/// The words of the flow, in one language.
pub(crate) struct Texts {
    pub(crate) sandbox: &'static str,
    pub(crate) sandbox_note: &'static str,
    pub(crate) close: &'static str,
    pub(crate) leave_heading: &'static str,
    pub(crate) leave_note: &'static str,
    pub(crate) leave: &'static str,
    pub(crate) stay: &'static str,
    /// The place of a step among all steps, counted from one.
    pub(crate) progress: fn(usize, usize) -> String,
    pub(crate) start_heading: &'static str,
    pub(crate) start_note: &'static str,
    pub(crate) start_button: &'static str,
    pub(crate) source_legend: &'static str,
    pub(crate) camera_start: &'static str,
    pub(crate) camera_capture: &'static str,
    pub(crate) camera_captured: &'static str,
    pub(crate) camera_refused: &'static str,
    pub(crate) stays_here: &'static str,
    pub(crate) pass_switch: &'static str,
    pub(crate) pass_note: &'static str,
    pub(crate) checking: &'static str,
    pub(crate) unreachable: &'static str,
    pub(crate) success_heading: &'static str,
    pub(crate) success_note: &'static str,
    pub(crate) failed_heading: &'static str,
    pub(crate) failed_note: &'static str,
    pub(crate) retry_note: &'static str,
    pub(crate) retry_button: &'static str,
    pub(crate) handoff_button: &'static str,
    pub(crate) handoff_heading: &'static str,
    pub(crate) handoff_note: &'static str,
    pub(crate) handoff_waiting: &'static str,
    pub(crate) handoff_started: &'static str,
    pub(crate) handoff_exit: &'static str,
    /// On the other device, at the end.
    pub(crate) handoff_done: &'static str,
    pub(crate) done: &'static str,
    pub(crate) may_close: &'static str,
    pub(crate) session_heading: &'static str,
    pub(crate) session_note: &'static str,
    pub(crate) expired_heading: &'static str,
    pub(crate) expired_note: &'static str,
    pub(crate) finished_heading: &'static str,
    pub(crate) finished_note: &'static str,
    pub(crate) link_heading: &'static str,
    pub(crate) link_used: &'static str,
    pub(crate) link_expired: &'static str,
    pub(crate) refused_heading: &'static str,
    pub(crate) refused_note: &'static str,
    pub(crate) needs_script: &'static str,
    /// The field with this label was left empty.
    pub(super) entered_nothing: fn(&str) -> String,
    /// The field with this label was filled in wrongly. The reason is English.
    pub(super) entered_wrongly: fn(&str, &str) -> String,
    pub(super) government_id: StepTexts,
    pub(super) selfie: StepTexts,
    pub(super) document: StepTexts,
    pub(super) form: StepTexts,
    pub(super) phone: StepTexts,
    pub(super) email: StepTexts,
}

impl Texts {
    /// What is wrong with what was entered for a field.
    pub(crate) fn problem(&self, label: &str, problem: EnteredProblem) -> String {
        match problem {
            EnteredProblem::Missing => (self.entered_nothing)(label),
            EnteredProblem::Invalid(reason) => (self.entered_wrongly)(label, reason),
        }
    }

    /// The words of a step in which the person submits something.
    pub(crate) fn step(&self, step: SubmissionStep) -> &StepTexts {
        match step {
            SubmissionStep::GovernmentId => &self.government_id,
            SubmissionStep::Selfie => &self.selfie,
            SubmissionStep::Document => &self.document,
            SubmissionStep::Form => &self.form,
            SubmissionStep::Phone => &self.phone,
            SubmissionStep::Email => &self.email,
        }
    }
}

/// The words of a step's screen, in one language.
pub(crate) struct StepTexts {
    pub(crate) heading: &'static str,
    pub(crate) note: &'static str,
    pub(crate) button: &'static str,
    /// The step in the list of what will be needed.
    pub(crate) need: &'static str,
    /// Beside the input of a step that asks for one field.
    pub(crate) input: &'static str,
    pub(crate) image: Option<ImageTexts>,
}

/// The words about an image that is submitted.
pub(crate) struct ImageTexts {
    pub(crate) sample: &'static str,
    pub(crate) camera: &'static str,
    /// A file may be submitted, too.
    pub(crate) upload: Option<UploadTexts>,
}

pub(crate) struct UploadTexts {
    pub(crate) choice: &'static str,
    pub(crate) label: &'static str,
}
