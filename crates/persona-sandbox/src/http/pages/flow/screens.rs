//! The screens of the flow, as HTML.
//!
//! One set of screens serves the widget, whose script swaps them in place, and the hosted flow,
//! whose plain forms load them as pages. A screen depends on [`Screen`] alone; `progress` decides
//! which one is due. The design is our own and must not use Persona's marks or artwork.

use std::iter;

use maud::{Markup, html};

use super::art;
use super::inputs::Input;
use super::progress::{FieldProblem, HAND_OVER};
use super::step_image::StepImage;
use super::texts::{ImageTexts, Texts, texts};
use crate::core::model::{FlowStep, Language, SubmissionStep};

/// What the flow shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    Start,
    Submission(SubmissionStep),
    /// A check failed and another attempt is allowed.
    Retry,
    /// The link for another device; the person may go on here, too.
    Handoff,
    Success,
    Failed,
    /// Pending, and the caller has no valid session token.
    SessionExpired,
    InquiryExpired,
    /// Completed, failed or decided before this visit.
    AlreadyFinished,
    LinkUsed,
    LinkExpired,
    /// The parameters are invalid; the reason is for the developer of the calling page.
    Refused(String),
}

impl Screen {
    /// The name of the step, as forms and `page-change` messages carry it.
    pub(super) fn step(&self) -> &'static str {
        match self {
            Self::Start => FlowStep::Start.as_str(),
            Self::Submission(step) => step.as_str(),
            Self::Retry => "retry",
            Self::Handoff => "handoff",
            Self::Success => FlowStep::Success.as_str(),
            Self::Failed => FlowStep::Fail.as_str(),
            Self::SessionExpired => "session_expired",
            Self::InquiryExpired => "inquiry_expired",
            Self::AlreadyFinished => "finished",
            Self::LinkUsed | Self::LinkExpired => "link_invalid",
            Self::Refused(_) => "error",
        }
    }

    /// Whether the flow is unfinished on this screen.
    pub(super) fn in_progress(&self) -> bool {
        matches!(
            self,
            Self::Start | Self::Submission(_) | Self::Retry | Self::Handoff
        )
    }

    /// Whether this is the last screen of the flow, with a result to report.
    pub(super) fn reports_result(&self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }

    pub(super) fn heading(&self, language: Language) -> &'static str {
        let texts = texts(language);
        match self {
            Self::Start => texts.start_heading,
            Self::Submission(step) => texts.step(*step).heading,
            Self::Success => texts.success_heading,
            Self::Retry | Self::Failed => texts.failed_heading,
            Self::Handoff => texts.handoff_heading,
            Self::SessionExpired => texts.session_heading,
            Self::InquiryExpired => texts.expired_heading,
            Self::AlreadyFinished => texts.finished_heading,
            Self::LinkUsed | Self::LinkExpired => texts.link_heading,
            Self::Refused(_) => texts.refused_heading,
        }
    }

    fn note(&self, language: Language) -> &'static str {
        let texts = texts(language);
        match self {
            Self::Start => texts.start_note,
            Self::Submission(step) => texts.step(*step).note,
            Self::Retry => texts.retry_note,
            Self::Handoff => texts.handoff_note,
            Self::Success => texts.success_note,
            Self::Failed => texts.failed_note,
            Self::SessionExpired => texts.session_note,
            Self::InquiryExpired => texts.expired_note,
            Self::AlreadyFinished => texts.finished_note,
            Self::LinkUsed => texts.link_used,
            Self::LinkExpired => texts.link_expired,
            Self::Refused(_) => texts.refused_note,
        }
    }
}

/// A screen with everything its forms need.
pub(super) struct ScreenView<'a> {
    pub(super) screen: &'a Screen,
    pub(super) language: Language,
    /// The steps of the template.
    pub(super) steps: &'a [SubmissionStep],
    /// Where the step's form goes.
    pub(super) action: &'a str,
    /// The hidden fields of the form: the inquiry, the session and the presentation.
    pub(super) carried: &'a [(String, String)],
    /// The position of the switch.
    pub(super) pass: bool,
    /// Whether the last screen has its button. The hosted flow without a return URL has none.
    pub(super) may_finish: bool,
    /// What the step asks the person to enter.
    pub(super) inputs: &'a [Input],
    /// The address for another device, on the screen that shows it.
    pub(super) handoff_link: Option<String>,
    /// Whether the flow may be handed over to another device.
    pub(super) may_hand_over: bool,
    /// Whether it was, to this device.
    pub(super) is_other_device: bool,
    /// What is wrong with what was entered.
    pub(super) problem: Option<&'a FieldProblem>,
    /// The data for the script, as JSON.
    pub(super) data: String,
}

impl ScreenView<'_> {
    fn texts(&self) -> &'static Texts {
        texts(self.language)
    }

    /// The screen as the page's `main` element.
    pub(super) fn render(&self) -> Markup {
        html! {
            main #flow data-test="flow" data-step=(self.screen.step()) data-flow=(self.data) {
                (self.progress())
                h1 #heading tabindex="-1" { (self.screen.heading(self.language)) }
                p .note { (self.screen.note(self.language)) }
                (self.body())
            }
        }
    }

    fn progress(&self) -> Markup {
        let Screen::Submission(step) = self.screen else {
            return Markup::default();
        };
        let place = self.steps.iter().take_while(|other| *other != step).count() + 1;
        html! {
            p .progress {
                span .bar aria-hidden="true" {
                    @for other in 0..self.steps.len() { i .done[other < place] {} }
                }
                ((self.texts().progress)(place, self.steps.len()))
            }
        }
    }

    fn body(&self) -> Markup {
        let texts = self.texts();
        match self.screen {
            Screen::Start => self.form(
                None,
                &html! {
                    (art::welcome())
                    ul .needs {
                        @for step in self.steps {
                            li { (texts.step(*step).need) }
                        }
                    }
                },
                texts.start_button,
            ),
            Screen::Submission(step) => {
                let texts = texts.step(*step);
                let image = StepImage::for_step(*step);
                let content = match (image, &texts.image) {
                    (Some(image), Some(texts)) => self.image(image, texts),
                    _ => self.entries(texts.input),
                };
                self.form(image, &content, texts.button)
            }
            Screen::Retry => self.form(None, &art::crossed(), texts.retry_button),
            Screen::Handoff => self.handoff(),
            Screen::Success => self.last(&art::ticked()),
            Screen::Failed => self.last(&art::crossed()),
            Screen::Refused(reason) => html! { p .reason { code { (reason) } } },
            Screen::SessionExpired
            | Screen::InquiryExpired
            | Screen::AlreadyFinished
            | Screen::LinkUsed
            | Screen::LinkExpired => art::clock(),
        }
    }

    /// A step's form: what it asks, its button, and the switch at the bottom.
    fn form(&self, image: Option<&StepImage>, content: &Markup, button: &str) -> Markup {
        let texts = self.texts();
        let subject = image.map(|image| image.subject);
        let submit_event = image.and_then(|image| image.submit_event);
        html! {
            form #step-form method="post" action=(self.action)
                data-subject=[subject] data-submit-event=[submit_event] {
                (self.hidden())
                div .content { (content) }
                p #failure .failure role="alert" data-test="failure" hidden { (texts.unreachable) }
                button .primary type="submit" data-test="button__primary" { (button) }
                @if self.offers_handoff() {
                    button .handoff type="submit" name="handoff" value=(HAND_OVER)
                        formnovalidate data-test="button__handoff" {
                        (texts.handoff_button)
                    }
                }
                p #busy .busy role="status" data-text=(texts.checking) {}
                div .outcome {
                    label for="pass" { (texts.pass_switch) }
                    input #pass type="checkbox" role="switch" name="pass-verifications" value="on"
                        checked[self.pass] aria-describedby="pass-note"
                        data-test="switch__pass-verifications";
                    small #pass-note { (texts.pass_note) }
                }
            }
        }
    }

    /// A phone has the better camera: before the first step, and where an image is submitted.
    fn offers_handoff(&self) -> bool {
        let is_better_there = match self.screen {
            Screen::Start => true,
            Screen::Submission(step) => StepImage::for_step(*step).is_some(),
            _ => false,
        };
        self.may_hand_over && !self.is_other_device && is_better_there
    }

    /// The link for another device, and the button to go on here.
    fn handoff(&self) -> Markup {
        let texts = self.texts();
        let link = self.handoff_link.as_deref().unwrap_or_default();
        html! {
            form #step-form method="post" action=(self.action) {
                (self.hidden())
                div .content {
                    (art::qr_code(link))
                    p .link {
                        a href=(link) target="_blank" rel="noreferrer noopener"
                            data-test="link__handoff" { (link) }
                    }
                }
                p #handoff-status .busy role="status" data-test="handoff-status"
                    data-started=(texts.handoff_started) { (texts.handoff_waiting) }
                p #failure .failure role="alert" data-test="failure" hidden { (texts.unreachable) }
                button .primary type="submit" data-test="button__handoff-exit" {
                    (texts.handoff_exit)
                }
                // The position of the switch, which this screen does not show.
                @if self.pass { input type="hidden" name="pass-verifications" value="on"; }
            }
        }
    }

    /// The end of the flow: its button reports the result or leads back to the caller.
    fn last(&self, picture: &Markup) -> Markup {
        html! {
            form #finish-form method="post" action=(self.action) {
                (self.hidden())
                div .content { (picture) }
                @if self.may_finish {
                    button .primary type="submit" data-test="button__primary" {
                        (self.texts().done)
                    }
                } @else if self.is_other_device {
                    p .note { (self.texts().handoff_done) }
                } @else {
                    p .note { (self.texts().may_close) }
                }
            }
        }
    }

    fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="step" value=(self.screen.step());
            @for (name, value) in self.carried {
                input type="hidden" name=(name) value=(value);
            }
        }
    }

    /// The inputs; `words` stand beside one that has no label of its own.
    fn entries(&self, words: &str) -> Markup {
        html! {
            @if let Some(problem) = self.problem {
                @let label = if words.is_empty() { &problem.label } else { words };
                p #problem .failure role="alert" data-test="problem" {
                    (self.texts().problem(label, problem.reason))
                }
            }
            @for (place, input) in self.inputs.iter().enumerate() { (input.render(place, words)) }
        }
    }

    fn image(&self, image: &StepImage, texts: &ImageTexts) -> Markup {
        let upload = texts.upload.as_ref();
        let sources = iter::once(("sample", texts.sample))
            .chain(upload.map(|upload| ("upload", upload.choice)))
            .chain(iter::once(("camera", texts.camera)));
        html! {
            (self.sources(sources))
            div .panel data-panel="sample" { ((image.sample)()) }
            @if let Some(upload) = upload {
                div .panel data-panel="upload" {
                    label for="file" { (upload.label) }
                    // Without a name the file is not part of the form: it never leaves the browser.
                    input #file type="file" accept="image/*" data-test="input__file";
                }
            }
            (self.camera())
            p .stays { (self.texts().stays_here) }
        }
    }

    fn sources(&self, sources: impl Iterator<Item = (&'static str, &'static str)>) -> Markup {
        html! {
            fieldset .sources {
                legend { (self.texts().source_legend) }
                @for (index, (value, label)) in sources.enumerate() {
                    label .scripted[value == "camera"] {
                        input type="radio" name="source" value=(value) checked[index == 0]
                            data-test={ "source__" (value) };
                        span { (label) }
                    }
                }
            }
        }
    }

    fn camera(&self) -> Markup {
        let texts = self.texts();
        html! {
            div .panel data-panel="camera" {
                video #viewfinder playsinline muted hidden {}
                canvas #captured role="img" aria-label=(texts.camera_captured) hidden {}
                button #camera-button .secondary type="button" data-test="button__camera"
                    data-capture=(texts.camera_capture) data-again=(texts.camera_start) {
                    (texts.camera_start)
                }
            }
            p #camera-status .camera-status role="status"
                data-captured=(texts.camera_captured) data-refused=(texts.camera_refused) {}
        }
    }
}
