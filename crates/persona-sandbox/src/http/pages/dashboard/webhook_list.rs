//! The list of webhooks, and the form for another.

use maud::{Markup, html};

use super::form;
use super::layout::{self, Place};
use super::webhooks::{status_badge, webhook_path};
use crate::core::model::{ALL_EVENTS, Webhook, WebhookStatus};
use crate::store::State;

pub(super) fn render(environment: &str, state: &State) -> Markup {
    let webhooks: Vec<_> = state
        .webhooks
        .newest_first()
        .map(|(_, webhook)| webhook)
        .filter(|webhook| webhook.status != WebhookStatus::Archived)
        .collect();
    let content = html! {
        h1 { "Webhooks" }
        p .lead { "The addresses that are told of events, signed like Persona's." }
        div .sheet {
            @if webhooks.is_empty() {
                p .empty { "No webhook yet." }
            } @else {
                table .list {
                    thead {
                        tr {
                            th scope="col" { "Webhook" }
                            th scope="col" { "Status" }
                            th scope="col" { "URL" }
                            th scope="col" { "Events" }
                        }
                    }
                    tbody {
                        @for webhook in webhooks {
                            tr {
                                th scope="row" {
                                    a href=(webhook_path(webhook)) { (label(webhook)) }
                                }
                                td { (status_badge(webhook.status)) }
                                td data-label="URL" { code { (webhook.url) } }
                                td data-label="Events" { (events(webhook)) }
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="create" {
            h2 #create { "Create webhook" }
            form .settings method="post" action="/dashboard/webhooks" {
                (form::text("url", "url", "URL", "", true))
                (form::text("name", "text", "Name", "", false))
                p { button .primary type="submit" { "Create webhook" } }
            }
        }
    };
    layout::page(environment, Place::Webhooks, "Webhooks", &content)
}

/// The name of a webhook, or else its ID.
pub(super) fn label(webhook: &Webhook) -> &str {
    match webhook.name.as_deref() {
        Some(name) if !name.trim().is_empty() => name,
        _ => &webhook.id,
    }
}

fn events(webhook: &Webhook) -> String {
    if webhook.enabled_events.iter().any(|name| name == ALL_EVENTS) {
        return "all".to_owned();
    }
    match webhook.enabled_events.len() {
        0 => "none".to_owned(),
        count => count.to_string(),
    }
}
