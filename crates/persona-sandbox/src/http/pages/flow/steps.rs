//! The screens of the steps in which the person submits something: words, sources, picture.
//!
//! One entry for each [`SubmissionStep`]. The English headings and button labels are a contract:
//! people's tests find the steps by them.

use maud::Markup;

use super::art;
use super::texts::Language;
use crate::core::model::SubmissionStep;

/// What the screen of a step shows, in all languages.
pub(super) struct StepScreen {
    english: StepTexts,
    spanish: StepTexts,
    /// What the sample looks like.
    pub(super) sample: fn() -> Markup,
    /// What the SDK's events call the image: `<subject>-camera-capture`.
    pub(super) subject: &'static str,
    /// An event of the SDK that tells of the submission.
    pub(super) submit_event: Option<&'static str>,
}

/// The words of a step's screen, in one language.
pub(super) struct StepTexts {
    pub(super) heading: &'static str,
    pub(super) note: &'static str,
    pub(super) button: &'static str,
    /// The step in the list of what will be needed.
    pub(super) need: &'static str,
    pub(super) sample: &'static str,
    pub(super) camera: &'static str,
    /// A file may be submitted, too.
    pub(super) upload: Option<UploadTexts>,
}

pub(super) struct UploadTexts {
    pub(super) choice: &'static str,
    pub(super) label: &'static str,
}

static GOVERNMENT_ID: StepScreen = StepScreen {
    english: StepTexts {
        heading: "Government ID",
        note: "Submit a driver license, a passport or a national ID card.",
        button: "Submit government ID",
        need: "A government ID",
        sample: "Use the sample document",
        camera: "Take a photo",
        upload: Some(UploadTexts {
            choice: "Upload a photo",
            label: "Photo of the document",
        }),
    },
    spanish: StepTexts {
        heading: "Documento de identidad",
        note: "Envía una licencia de conducir, un pasaporte o un documento nacional de identidad.",
        button: "Enviar documento de identidad",
        need: "Un documento de identidad",
        sample: "Usar el documento de muestra",
        camera: "Tomar una foto",
        upload: Some(UploadTexts {
            choice: "Subir una foto",
            label: "Foto del documento",
        }),
    },
    sample: art::sample_document,
    subject: "document",
    submit_event: None,
};

static SELFIE: StepScreen = StepScreen {
    english: StepTexts {
        heading: "Selfie",
        note: "A look at your face shows that the document is yours.",
        button: "Submit selfie",
        need: "A selfie",
        sample: "Use the sample selfie",
        camera: "Take a selfie",
        upload: None,
    },
    spanish: StepTexts {
        heading: "Selfie",
        note: "Tu rostro demuestra que el documento es tuyo.",
        button: "Enviar selfie",
        need: "Una selfie",
        sample: "Usar la selfie de muestra",
        camera: "Tomar una selfie",
        upload: None,
    },
    sample: art::sample_selfie,
    subject: "selfie",
    submit_event: Some("selfie-record-upload"),
};

impl StepScreen {
    /// The screen of this step.
    pub(super) fn new(step: SubmissionStep) -> &'static Self {
        match step {
            SubmissionStep::GovernmentId => &GOVERNMENT_ID,
            SubmissionStep::Selfie => &SELFIE,
        }
    }

    pub(super) fn texts(&self, language: Language) -> &StepTexts {
        match language {
            Language::English => &self.english,
            Language::Spanish => &self.spanish,
        }
    }
}
