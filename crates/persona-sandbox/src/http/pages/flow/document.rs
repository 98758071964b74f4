//! The documents around a screen: the widget's frame and the hosted page.

use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::texts::texts;
use crate::core::model::Language;

/// Language and style of the flow.
pub(super) struct Presentation {
    pub(super) language: Language,
    /// `dark`, or the base variant (docs.withpersona.com, "Embedded Flow: Parameters").
    pub(super) dark: bool,
}

impl Presentation {
    pub(super) fn from_parameters(parameters: &Parameters, accept_language: Option<&str>) -> Self {
        Self {
            language: Language::choose(parameters.language.as_deref(), accept_language),
            dark: parameters.style_variant.as_deref() == Some("dark"),
        }
    }

    /// The same in one of these languages.
    pub(super) fn among(self, languages: &[String]) -> Self {
        Self {
            language: self.language.among(languages),
            ..self
        }
    }

    fn document(&self, title: &str, script: &str, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) dir=(self.language.direction())
                data-variant=[self.dark.then_some("dark")] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    link rel="stylesheet" href="/widget/flow.css";
                    link rel="icon" href="/widget/icon.svg";
                    link rel="modulepreload" href="/widget/capture.js";
                    link rel="modulepreload" href="/widget/screen.js";
                    script type="module" src=(script) {}
                }
                (body)
            }
        }
    }

    /// The widget: the screen, the button that leaves, and the question before leaving.
    pub(super) fn widget(&self, heading: &str, screen: &Markup, config: &Value) -> Markup {
        let texts = texts(self.language);
        let body = html! {
            body data-widget=(config) {
                (self.header(true))
                noscript { p .note { (texts.needs_script) } }
                (screen)
                (self.leave_dialog())
            }
        };
        self.document(heading, "/widget/widget.js", &body)
    }

    /// A page of the hosted flow. In a WebView it can be left, and needs the script to work as an
    /// app expects.
    pub(super) fn hosted(&self, heading: &str, screen: &Markup, is_webview: bool) -> Markup {
        let body = html! {
            body .hosted data-webview[is_webview] {
                (self.header(is_webview))
                (screen)
                @if is_webview { (self.leave_dialog()) }
            }
        };
        self.document(heading, "/widget/hosted.js", &body)
    }

    fn header(&self, can_leave: bool) -> Markup {
        let texts = texts(self.language);
        html! {
            header {
                span .tag { (texts.sandbox) }
                p .disclaimer { (texts.sandbox_note) }
                @if can_leave {
                    button #close .quiet type="button" data-test="button__close" { (texts.close) }
                }
            }
        }
    }

    /// The question before leaving.
    fn leave_dialog(&self) -> Markup {
        let texts = texts(self.language);
        html! {
            dialog #leave data-test="dialog__leave" aria-labelledby="leave-heading"
                aria-describedby="leave-note" {
                h2 #leave-heading { (texts.leave_heading) }
                p #leave-note { (texts.leave_note) }
                div .choices {
                    button #stay .primary type="button" data-test="button__stay" { (texts.stay) }
                    button #leave-now .secondary type="button" data-test="button__leave" {
                        (texts.leave)
                    }
                }
            }
        }
    }
}

/// The configuration of the widget's script.
pub(super) fn widget_config(parameters: &Parameters, target: Option<&str>) -> Value {
    let mut echo = serde_json::Map::new();
    for (name, value) in [
        ("containerId", &parameters.container_id),
        // The SDK drops messages without the template that it was opened with.
        ("templateId", &parameters.template_id),
        ("templateVersionId", &parameters.template_version_id),
    ] {
        if let Some(value) = value {
            echo.insert(name.to_owned(), json!(value));
        }
    }
    json!({
        "target": target,
        "echo": echo,
        "inquiryId": parameters.inquiry_id,
        "ready": {
            "preferredDimensions": {
                "minimumWidth": "400px",
                "maximumWidth": "440px",
                "minimumHeight": "650px",
                "maximumHeight": "780px",
            },
            "styles": { "borderRadius": "14px" },
        },
    })
}
