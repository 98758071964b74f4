//! The values that an app needs to use this sandbox, ready to copy.

use maud::{Markup, html};

use super::layout::{self, Place};
use crate::store::State;

/// Any key that begins with `persona_sandbox` works.
const API_KEY: &str = "persona_sandbox_x";

/// The page for a sandbox that the browser reached at `host`.
pub(super) fn render(state: &State, host: &str, environment_id: &str) -> Markup {
    let template_id = state
        .templates
        .newest_first()
        .last()
        .map_or("", |(_, template)| &template.id);
    let api_url = format!("http://{host}/api/v1");
    let values = [
        ("PERSONA_API_KEY", API_KEY),
        ("PERSONA_API_URL", &api_url),
        ("PERSONA_INQUIRY_TEMPLATE_ID", template_id),
        ("PERSONA_ENVIRONMENT_ID", environment_id),
        ("PERSONA_WIDGET_HOST", host),
    ];
    let snippet = values
        .map(|(name, value)| format!("{name}={value}\n"))
        .concat();
    let content = html! {
        h1 { "Environment" }
        p .lead { "What an app needs to use this sandbox in Persona's place." }
        section aria-labelledby="values" {
            h2 #values { "Values" }
            dl .facts {
                (value("API key", API_KEY, "Any key that begins with persona_sandbox works."))
                (value("API base URL", &api_url, "In place of https://api.withpersona.com/api/v1."))
                (value("Template ID", template_id, "The built-in KYC template."))
                (value("Environment ID", environment_id, "The environmentId of the SDK."))
                (value("Widget host", host, "The customHost of the SDK."))
            }
        }
        section aria-labelledby="snippet" {
            h2 #snippet { ".env" }
            pre tabindex="0" aria-labelledby="snippet" { (snippet) }
            p .scripted {
                button type="button" data-copy=(snippet) { "Copy the .env snippet" }
            }
        }
        section aria-labelledby="sdk" {
            h2 #sdk { "JavaScript SDK" }
            pre tabindex="0" aria-labelledby="sdk" {
                "new Persona.Client({\n"
                "  inquiryId, sessionToken,\n"
                "  environmentId: \"" (environment_id) "\",\n"
                "  customHost: \"" (host) "\",\n"
                "});\n"
            }
        }
        section aria-labelledby="reset" {
            h2 #reset { "Reset" }
            p { "Back to the beginning: all inquiries, events, logs and settings are deleted." }
            div .actions {
                details {
                    summary { "Reset…" }
                    form method="post" action="/dashboard/reset" {
                        p { "This cannot be undone." }
                        button .danger type="submit" { "Reset the sandbox" }
                    }
                }
            }
        }
    };
    layout::page(Place::Environment, "Environment", &content)
}

fn value(label: &str, value: &str, note: &str) -> Markup {
    html! {
        div {
            dt { (label) }
            dd { (layout::copyable(value, label)) br; small { (note) } }
        }
    }
}
