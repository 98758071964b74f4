//! One webhook: its secrets, settings and deliveries.

use std::sync::Arc;

use maud::{Markup, html};

use super::form;
use super::layout::{self, Place};
use super::webhook_settings as settings;
use super::webhooks::{delivery_badge, result_text, status_badge, webhook_path};
use crate::core::clock::Moment;
use crate::core::model::{Delivery, Webhook, WebhookStatus};
use crate::store::State;

const PAGE_SIZE: usize = 10;

/// How the page is shown.
pub(super) struct View<'a> {
    pub(super) now: Moment,
    /// What was just done.
    pub(super) note: Option<&'a str>,
    /// The page of deliveries, counted from one.
    pub(super) page: usize,
    /// Changes with what the page shows.
    pub(super) version: &'a str,
    pub(super) secrets_are_shown: bool,
}

pub(super) fn render(
    environment: &str,
    state: &State,
    webhook: &Webhook,
    view: &View<'_>,
) -> Markup {
    let path = webhook_path(webhook);
    let label = super::webhook_list::label(webhook);
    let is_archived = webhook.status == WebhookStatus::Archived;
    let content = html! {
        p .trail { a href="/dashboard/webhooks" { "Webhooks" } " /" }
        h1 { (label) (status_badge(webhook.status)) }
        p .lead { code { (webhook.url) } }
        @if let Some(note) = view.note { p .notice role="status" { (note) } }
        @if is_archived { p .notice { "It is archived: it sends nothing and cannot be changed." } }
        @else { (actions(webhook, &path)) }
        (deliveries(state, webhook, view))
        (secrets(webhook, view, &path))
        @if !is_archived {
            section aria-labelledby="settings" {
                h2 #settings { "Settings" }
                (settings::render(webhook, &format!("{path}/settings")))
            }
        }
    };
    layout::page(environment, Place::Webhooks, label, &content)
}

fn actions(webhook: &Webhook, path: &str) -> Markup {
    let is_enabled = webhook.status == WebhookStatus::Enabled;
    let (action, label) = if is_enabled {
        ("disable", "Disable")
    } else {
        ("enable", "Enable")
    };
    html! {
        section aria-labelledby="actions" {
            h2 #actions { "Actions" }
            div .actions {
                form method="post" action={ (path) "/" (action) } {
                    button type="submit" { (label) }
                }
                details {
                    summary { "Archive…" }
                    form method="post" action={ (path) "/archive" } {
                        p { "It will send nothing more. This cannot be undone." }
                        button .danger type="submit" { "Archive" }
                    }
                }
            }
            @if is_enabled {
                p { small { "Disabling gives up the retries that are due." } }
            }
        }
    }
}

fn secrets(webhook: &Webhook, view: &View<'_>, path: &str) -> Markup {
    html! {
        section aria-labelledby="secrets" {
            h2 #secrets { "Secrets" }
            p { "Every current secret signs; the receiver accepts any it knows." }
            table .list {
                thead { tr { th scope="col" { "Secret" } th scope="col" { "Valid until" } } }
                tbody {
                    @for secret in webhook.current_secrets(view.now) {
                        tr {
                            td {
                                @if view.secrets_are_shown {
                                    (layout::copyable(&secret.value, "the secret"))
                                } @else {
                                    code { "••••••••" }
                                }
                            }
                            td data-label="Valid until" {
                                @match secret.expires_at {
                                    Some(at) => (layout::time(at)),
                                    None => "until rotated",
                                }
                            }
                        }
                    }
                }
            }
            div .actions {
                @if !view.secrets_are_shown {
                    form method="post" action={ (path) "/secrets#secrets" } {
                        button type="submit" { "Reveal secrets" }
                    }
                }
                @if webhook.status != WebhookStatus::Archived {
                    details {
                        summary { "Rotate secret…" }
                        form .settings method="post" action={ (path) "/rotate-secret" } {
                            (form::number(
                                "overlap",
                                "The present secret stays valid for (seconds)",
                                3600,
                            ))
                            p { button .primary type="submit" { "Rotate secret" } }
                        }
                    }
                }
            }
        }
    }
}

fn deliveries(state: &State, webhook: &Webhook, view: &View<'_>) -> Markup {
    let all: Vec<_> = state
        .deliveries
        .newest_first()
        .filter(|delivery| delivery.webhook_id == webhook.id)
        .collect();
    let mut pager = layout::Pager {
        page: view.page,
        page_size: PAGE_SIZE,
        total: all.len(),
        noun: "deliveries",
    };
    pager.page = view.page.min(pager.last_page());
    html! {
        section aria-labelledby="deliveries" {
            h2 #deliveries { "Deliveries" }
            // An empty version keeps a page from replacing itself: it was asked for by a form.
            div data-live=[(!view.version.is_empty()).then_some(view.version)] {
                @if all.is_empty() {
                    p .empty { "Nothing was sent yet." }
                } @else {
                    (table(state, &all[(pager.page - 1) * PAGE_SIZE..], webhook))
                }
                (pager.render(|page| format!("{}?page={page}", webhook_path(webhook))))
            }
        }
    }
}

fn table(state: &State, deliveries: &[&Arc<Delivery>], webhook: &Webhook) -> Markup {
    html! {
        table .list {
            thead {
                tr {
                    th scope="col" { "Event" }
                    th scope="col" { "Status" }
                    th scope="col" { "Inquiry" }
                    th scope="col" { "Attempts" }
                    th scope="col" { "Answer" }
                    th scope="col" { "Event at" }
                }
            }
            tbody {
                @for delivery in deliveries.iter().take(PAGE_SIZE) {
                    @if let Some(event) = state.events.find(&delivery.event_id) {
                        @let inquiry_id = event.subject.inquiry_id();
                        tr {
                            th scope="row" {
                                a .event href={ (webhook_path(webhook)) "/deliveries/" (delivery.number) } {
                                    (event.name.as_str())
                                }
                            }
                            td { (delivery_badge(delivery.status)) }
                            td data-label="Inquiry" {
                                (layout::or_none(inquiry_id.map(|id| html! {
                                    a .id href={ "/dashboard/inquiries/" (id) } { (id) }
                                })))
                            }
                            td data-label="Attempts" { (delivery.attempts) }
                            td data-label="Answer" {
                                (layout::or_none(
                                    delivery.result.map(|result| html! { (result_text(result)) }),
                                ))
                            }
                            td data-label="Event at" { (layout::time(event.created_at)) }
                        }
                    }
                }
            }
        }
    }
}
