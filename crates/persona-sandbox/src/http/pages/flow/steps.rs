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
    /// The image that is submitted; `None` if the person enters something.
    pub(super) image: Option<StepImage>,
}

/// An image that is submitted.
pub(super) struct StepImage {
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
    /// Beside the input of a step that asks for one field.
    pub(super) input: &'static str,
    pub(super) image: Option<ImageTexts>,
}

/// The words about an image that is submitted.
pub(super) struct ImageTexts {
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
        input: "",
        image: Some(ImageTexts {
            sample: "Use the sample document",
            camera: "Take a photo",
            upload: Some(UploadTexts {
                choice: "Upload a photo",
                label: "Photo of the document",
            }),
        }),
    },
    spanish: StepTexts {
        heading: "Documento de identidad",
        note: "Envíe una licencia de conducir, un pasaporte o un documento nacional de identidad.",
        button: "Enviar documento de identidad",
        need: "Un documento de identidad",
        input: "",
        image: Some(ImageTexts {
            sample: "Usar el documento de muestra",
            camera: "Tomar una foto",
            upload: Some(UploadTexts {
                choice: "Subir una foto",
                label: "Foto del documento",
            }),
        }),
    },
    image: Some(StepImage {
        sample: art::sample_document,
        subject: "document",
        submit_event: None,
    }),
};

static SELFIE: StepScreen = StepScreen {
    english: StepTexts {
        heading: "Selfie",
        note: "A selfie shows that the ID is yours.",
        button: "Submit selfie",
        need: "A selfie",
        input: "",
        image: Some(ImageTexts {
            sample: "Use the sample selfie",
            camera: "Take a selfie",
            upload: None,
        }),
    },
    spanish: StepTexts {
        heading: "Selfie",
        note: "La selfie demuestra que el documento es suyo.",
        button: "Enviar selfie",
        need: "Una selfie",
        input: "",
        image: Some(ImageTexts {
            sample: "Usar la selfie de muestra",
            camera: "Tomar una selfie",
            upload: None,
        }),
    },
    image: Some(StepImage {
        sample: art::sample_selfie,
        subject: "selfie",
        submit_event: Some("selfie-record-upload"),
    }),
};

static DOCUMENT: StepScreen = StepScreen {
    english: StepTexts {
        heading: "Document",
        note: "Submit a document such as a utility bill or a bank statement.",
        button: "Submit document",
        need: "A document",
        input: "",
        image: Some(ImageTexts {
            sample: "Use the sample document",
            camera: "Take a photo",
            upload: Some(UploadTexts {
                choice: "Upload a file",
                label: "File of the document",
            }),
        }),
    },
    spanish: StepTexts {
        heading: "Documento",
        note: "Envíe un documento, como una factura de servicios o un extracto bancario.",
        button: "Enviar documento",
        need: "Un documento",
        input: "",
        image: Some(ImageTexts {
            sample: "Usar el documento de muestra",
            camera: "Tomar una foto",
            upload: Some(UploadTexts {
                choice: "Subir un archivo",
                label: "Archivo del documento",
            }),
        }),
    },
    image: Some(StepImage {
        sample: art::sample_paper,
        subject: "document",
        submit_event: None,
    }),
};

static FORM: StepScreen = StepScreen {
    english: StepTexts {
        heading: "Your information",
        note: "Please fill in what is missing and check the rest.",
        button: "Submit information",
        need: "Some information about you",
        input: "",
        image: None,
    },
    spanish: StepTexts {
        heading: "Sus datos",
        note: "Complete lo que falta y revise el resto.",
        button: "Enviar datos",
        need: "Algunos datos sobre usted",
        input: "",
        image: None,
    },
    image: None,
};

static PHONE: StepScreen = StepScreen {
    english: StepTexts {
        heading: "Phone number",
        note: "The sandbox sends no message: any number is as good as confirmed.",
        button: "Submit phone number",
        need: "A phone number",
        input: "Phone number",
        image: None,
    },
    spanish: StepTexts {
        heading: "Número de teléfono",
        note: "El sandbox no envía ningún mensaje: cualquier número se da por confirmado.",
        button: "Enviar número de teléfono",
        need: "Un número de teléfono",
        input: "Número de teléfono",
        image: None,
    },
    image: None,
};

static EMAIL: StepScreen = StepScreen {
    english: StepTexts {
        heading: "E-mail address",
        note: "The sandbox sends no message: any address is as good as confirmed.",
        button: "Submit e-mail address",
        need: "An e-mail address",
        input: "E-mail address",
        image: None,
    },
    spanish: StepTexts {
        heading: "Correo electrónico",
        note: "El sandbox no envía ningún mensaje: cualquier dirección se da por confirmada.",
        button: "Enviar correo electrónico",
        need: "Un correo electrónico",
        input: "Correo electrónico",
        image: None,
    },
    image: None,
};

impl StepScreen {
    /// The screen of this step.
    pub(super) fn new(step: SubmissionStep) -> &'static Self {
        match step {
            SubmissionStep::GovernmentId => &GOVERNMENT_ID,
            SubmissionStep::Selfie => &SELFIE,
            SubmissionStep::Document => &DOCUMENT,
            SubmissionStep::Form => &FORM,
            SubmissionStep::Phone => &PHONE,
            SubmissionStep::Email => &EMAIL,
        }
    }

    pub(super) fn texts(&self, language: Language) -> &StepTexts {
        match language {
            Language::English => &self.english,
            Language::Spanish => &self.spanish,
        }
    }
}
