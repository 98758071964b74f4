//! The images that a person submits: what the sample of each looks like, and how the SDK's
//! events call it.

use maud::Markup;

use super::art;
use crate::core::model::SubmissionStep;

/// An image that is submitted.
pub(super) struct StepImage {
    /// What the sample looks like.
    pub(super) sample: fn() -> Markup,
    /// What the SDK's events call the image: `<subject>-camera-capture`.
    pub(super) subject: &'static str,
    /// An event of the SDK that tells of the submission.
    pub(super) submit_event: Option<&'static str>,
}

static GOVERNMENT_ID: StepImage = StepImage {
    sample: art::sample_document,
    subject: "document",
    submit_event: None,
};

static SELFIE: StepImage = StepImage {
    sample: art::sample_selfie,
    subject: "selfie",
    submit_event: Some("selfie-record-upload"),
};

static DOCUMENT: StepImage = StepImage {
    sample: art::sample_paper,
    subject: "document",
    submit_event: None,
};

impl StepImage {
    /// The image of this step; `None` if the person enters something.
    pub(super) fn for_step(step: SubmissionStep) -> Option<&'static Self> {
        match step {
            SubmissionStep::GovernmentId => Some(&GOVERNMENT_ID),
            SubmissionStep::Selfie => Some(&SELFIE),
            SubmissionStep::Document => Some(&DOCUMENT),
            SubmissionStep::Form | SubmissionStep::Phone | SubmissionStep::Email => None,
        }
    }
}
