//! The values that an app needs to use this sandbox, ready to copy.

use maud::{Markup, html};

use super::form;
use super::layout::{self, Place};
use crate::runtime::DEFAULT_ENVIRONMENT;
use crate::store::State;

/// What the page is about.
pub(super) struct Page<'a> {
    /// The name of the environment.
    pub(super) environment: &'a str,
    /// The names of all environments.
    pub(super) names: &'a [&'a str],
    /// Where the browser reached the sandbox.
    pub(super) host: &'a str,
    pub(super) environment_id: &'a str,
}

/// A key of the environment with this name.
pub(super) fn example_key(environment: &str) -> String {
    if environment == DEFAULT_ENVIRONMENT {
        "persona_sandbox_x".to_owned()
    } else {
        format!("persona_sandbox_env_{environment}")
    }
}

/// The page of an environment.
pub(super) fn render(state: &State, page: &Page<'_>) -> Markup {
    let &Page {
        environment,
        host,
        environment_id,
        ..
    } = page;
    let is_default = environment == DEFAULT_ENVIRONMENT;
    let api_key = example_key(environment);
    let key_note = if is_default {
        "Any key that begins with persona_sandbox works."
    } else {
        "Any key that begins so and goes on with an underscore works."
    };
    let template_id = state
        .templates
        .newest_first()
        .last()
        .map_or("", |(_, template)| &template.id);
    let api_url = format!("http://{host}/api/v1");
    let values = [
        ("PERSONA_API_KEY", api_key.as_str()),
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
                (value("API key", &api_key, key_note))
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
        (environments(page))
        section aria-labelledby="reset" {
            h2 #reset { "Reset" }
            p { "Back to the beginning: all inquiries, events, logs and settings of this environment are deleted." }
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
    layout::page(environment, Place::Environment, "Environment", &content)
}

/// The choice among the environments, and how one is opened and removed.
fn environments(page: &Page<'_>) -> Markup {
    html! {
        section aria-labelledby="environments" {
            h2 #environments { "Environments" }
            p { "Each has inquiries, webhooks, clock and faults of its own. The dashboard shows one." }
            ul .environments {
                @for name in page.names {
                    li {
                        code { (name) }
                        @if *name == page.environment { " (shown)" } @else {
                            form method="post" action="/dashboard/environment" {
                                button type="submit" name="environment" value=(name) {
                                    "Show " (name)
                                }
                            }
                        }
                    }
                }
            }
            form .settings .short method="post" action="/dashboard/environment" {
                (form::text("environment", "text", "Name of a new environment", "", true))
                p { button type="submit" { "Open" } }
            }
            @if page.environment != DEFAULT_ENVIRONMENT {
                div .actions {
                    details {
                        summary { "Remove…" }
                        form method="post" action="/dashboard/environment/remove" {
                            p { "Everything in it is deleted. This cannot be undone." }
                            button .danger type="submit" name="environment" value=(page.environment) {
                                "Remove " (page.environment)
                            }
                        }
                    }
                }
            }
        }
    }
}

fn value(label: &str, value: &str, note: &str) -> Markup {
    html! {
        div {
            dt { (label) }
            dd { (layout::copyable(value, label)) br; small { (note) } }
        }
    }
}
