//! The screens of the flow, as HTML.
//!
//! One set of screens serves the widget, whose script swaps them in place, and the hosted flow,
//! whose plain forms load them as pages. A screen follows from [`Screen`] alone; which one is due
//! is decided where the inquiry's state is read. The whole look is ours: nothing of Persona's
//! marks or artwork may come in here.

use maud::{Markup, html};

use super::art;
use super::texts::Texts;

/// What the flow shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    Start,
    GovernmentId,
    Selfie,
    /// A check failed and another attempt is allowed.
    Retry,
    Success,
    Failed,
    /// Pending, and the caller has no valid session token.
    SessionExpired,
    InquiryExpired,
    /// Completed, failed or decided before this visit.
    AlreadyFinished,
    LinkUsed,
    LinkExpired,
    /// The caller's parameters cannot work; the reason is for its developer.
    Refused(String),
}

impl Screen {
    /// The name of the step, as forms and `page-change` messages carry it.
    pub(super) fn step(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::GovernmentId => "government_id",
            Self::Selfie => "selfie",
            Self::Retry => "retry",
            Self::Success => "success",
            Self::Failed => "fail",
            Self::SessionExpired => "session_expired",
            Self::InquiryExpired => "inquiry_expired",
            Self::AlreadyFinished => "finished",
            Self::LinkUsed | Self::LinkExpired => "link_invalid",
            Self::Refused(_) => "error",
        }
    }

    /// Whether leaving now would leave something unfinished.
    pub(super) fn in_progress(&self) -> bool {
        matches!(
            self,
            Self::Start | Self::GovernmentId | Self::Selfie | Self::Retry
        )
    }

    /// Whether this is the last screen of the flow, with a result to report.
    pub(super) fn reports_result(&self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }

    pub(super) fn heading(&self, texts: &'static Texts) -> &'static str {
        match self {
            Self::Start => texts.start_heading,
            Self::GovernmentId => texts.id_heading,
            Self::Selfie => texts.selfie_heading,
            Self::Success => texts.success_heading,
            Self::Retry | Self::Failed => texts.failed_heading,
            Self::SessionExpired => texts.session_heading,
            Self::InquiryExpired => texts.expired_heading,
            Self::AlreadyFinished => texts.finished_heading,
            Self::LinkUsed | Self::LinkExpired => texts.link_heading,
            Self::Refused(_) => texts.refused_heading,
        }
    }

    fn note(&self, texts: &'static Texts) -> &'static str {
        match self {
            Self::Start => texts.start_note,
            Self::GovernmentId => texts.id_note,
            Self::Selfie => texts.selfie_note,
            Self::Retry => texts.retry_note,
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
    pub(super) texts: &'static Texts,
    /// Where the step's form goes.
    pub(super) action: &'a str,
    /// What the form carries along: who the caller is and how the flow should look.
    pub(super) carried: &'a [(String, String)],
    /// Where the switch stands.
    pub(super) pass: bool,
    /// Whether the last screen has its button; the hosted flow without a way back has none.
    pub(super) may_finish: bool,
    /// What the script has to know, as JSON.
    pub(super) data: String,
}

impl ScreenView<'_> {
    /// The screen as the page's `main` element.
    pub(super) fn render(&self) -> Markup {
        html! {
            main #flow data-flow=(self.data) {
                (self.progress())
                h1 #heading tabindex="-1" { (self.screen.heading(self.texts)) }
                p .note { (self.screen.note(self.texts)) }
                (self.body())
            }
        }
    }

    fn progress(&self) -> Markup {
        let done = match self.screen {
            Screen::GovernmentId => 0,
            Screen::Selfie => 1,
            _ => return Markup::default(),
        };
        html! {
            p .progress {
                span .bar data-done=(done + 1) aria-hidden="true" { i {} i {} }
                (self.texts.progress[done])
            }
        }
    }

    fn body(&self) -> Markup {
        let texts = self.texts;
        match self.screen {
            Screen::Start => self.form(
                &html! {
                    (art::welcome())
                    ul .needs { @for need in texts.start_list { li { (need) } } }
                },
                texts.start_button,
            ),
            Screen::GovernmentId => self.form(&self.government_id(), texts.id_button),
            Screen::Selfie => self.form(&self.selfie(), texts.selfie_button),
            Screen::Retry => self.form(&art::crossed(), texts.retry_button),
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
    fn form(&self, content: &Markup, button: &str) -> Markup {
        let texts = self.texts;
        html! {
            form #step-form method="post" action=(self.action) {
                (self.hidden())
                div .content { (content) }
                p #failure .failure role="alert" hidden { (texts.unreachable) }
                button .primary type="submit" { (button) }
                p #busy .busy role="status" data-text=(texts.checking) {}
                div .outcome {
                    label for="pass" { (texts.pass_switch) }
                    input #pass type="checkbox" role="switch" name="pass-verifications" value="on"
                        checked[self.pass] aria-describedby="pass-note";
                    small #pass-note { (texts.pass_note) }
                }
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
                    button .primary type="submit" { (self.texts.done) }
                } @else {
                    p .note { (self.texts.may_close) }
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

    fn government_id(&self) -> Markup {
        let texts = self.texts;
        html! {
            (self.sources(&[
                ("sample", texts.id_sample),
                ("upload", texts.id_upload),
                ("camera", texts.id_camera),
            ]))
            div .panel data-panel="sample" { (art::sample_document()) }
            div .panel data-panel="upload" {
                label for="file" { (texts.file_label) }
                // Without a name the file is not part of the form: it never leaves the browser.
                input #file type="file" accept="image/*";
            }
            (self.camera())
            p .stays { (texts.stays_here) }
        }
    }

    fn selfie(&self) -> Markup {
        let texts = self.texts;
        html! {
            (self.sources(&[("sample", texts.selfie_sample), ("camera", texts.selfie_camera)]))
            div .panel data-panel="sample" { (art::sample_selfie()) }
            (self.camera())
            p .stays { (texts.stays_here) }
        }
    }

    fn sources(&self, sources: &[(&str, &str)]) -> Markup {
        html! {
            fieldset .sources {
                legend { (self.texts.source_legend) }
                @for (index, (value, label)) in sources.iter().enumerate() {
                    label .scripted[*value == "camera"] {
                        input type="radio" name="source" value=(value) checked[index == 0];
                        span { (label) }
                    }
                }
            }
        }
    }

    fn camera(&self) -> Markup {
        let texts = self.texts;
        html! {
            div .panel data-panel="camera" {
                video #viewfinder playsinline muted hidden {}
                canvas #captured role="img" aria-label=(texts.camera_captured) hidden {}
                button #camera-button .secondary type="button"
                    data-capture=(texts.camera_capture) data-again=(texts.camera_start) {
                    (texts.camera_start)
                }
            }
            p #camera-status .camera-status role="status"
                data-captured=(texts.camera_captured) data-refused=(texts.camera_refused) {}
        }
    }
}
