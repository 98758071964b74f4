//! One delivery: what was sent and answered, attempt by attempt.

use std::sync::Arc;

use axum::http::HeaderMap;
use maud::{Markup, html};
use serde_json::Value;

use super::layout::{self, Place};
use super::webhooks::{delivery_badge, result_text, webhook_path};
use crate::core::model::{Delivery, Event, Webhook, WebhookStatus};
use crate::runtime::Attempt;
use crate::store::State;
use crate::wire;

pub(super) fn render(
    environment: &str,
    state: &State,
    webhook: &Webhook,
    delivery: &Delivery,
    attempts: &[Arc<Attempt>],
    version: &str,
) -> Markup {
    let event = state.events.find(&delivery.event_id).map(AsRef::as_ref);
    let name = event.map_or("", |event| event.name.as_str());
    let content = html! {
        p .trail {
            a href="/dashboard/webhooks" { "Webhooks" } " / "
            a href=(webhook_path(webhook)) { (super::webhook_list::label(webhook)) } " /"
        }
        div data-live=(version) {
            h1 { (name) (delivery_badge(delivery.status)) }
            p .lead { "To " code { (webhook.url) } }
            (resend(webhook, delivery))
            (facts(delivery, event))
            @for attempt in attempts.iter().rev() { (shown_attempt(webhook, attempt)) }
            @if attempts.is_empty() && let Some(event) = event {
                section aria-labelledby="body" {
                    h2 #body { "Body" }
                    p {
                        "No attempt is in the log, which ends with the process. "
                        "Sent now, the body would be:"
                    }
                    pre tabindex="0" aria-labelledby="body" {
                        (pretty(&wire::event_body(state, webhook, event)))
                    }
                }
            }
        }
    };
    layout::page(environment, Place::Webhooks, name, &content)
}

fn resend(webhook: &Webhook, delivery: &Delivery) -> Markup {
    html! {
        @if webhook.status == WebhookStatus::Enabled {
            form method="post"
                action={ (webhook_path(webhook)) "/deliveries/" (delivery.number) "/resend" } {
                p { button type="submit" { "Resend" } }
            }
        } @else {
            p .notice { "The webhook is " (webhook.status.as_str()) ": nothing can be sent again." }
        }
    }
}

fn facts(delivery: &Delivery, event: Option<&Event>) -> Markup {
    let time = |at| layout::or_none(Option::map(at, layout::time));
    html! {
        section aria-labelledby="facts" {
            h2 #facts { "Overview" }
            dl .facts {
                div { dt { "Event ID" } dd { (layout::copyable(&delivery.event_id, "the event ID")) } }
                @if let Some(event) = event {
                    @if let Some(id) = event.subject.inquiry_id() {
                        div {
                            dt { "Inquiry" }
                            dd { a href={ "/dashboard/inquiries/" (id) } { (id) } }
                        }
                    }
                    div { dt { "Event at" } dd { (layout::time(event.created_at)) } }
                }
                div { dt { "Attempts" } dd { (delivery.attempts) } }
                div { dt { "First attempt" } dd { (time(delivery.first_attempted_at)) } }
                div { dt { "Next attempt" } dd { (time(delivery.next_at)) } }
                div {
                    dt { "Latest answer" }
                    dd {
                        (layout::or_none(
                            delivery.result.map(|result| html! { (result_text(result)) }),
                        ))
                    }
                }
            }
        }
    }
}

fn shown_attempt(webhook: &Webhook, attempt: &Attempt) -> Markup {
    let id = format!("attempt-{}", attempt.number);
    let part = |part: &str| format!("{id}-{part}");
    let sent: Value = serde_json::from_slice(&attempt.body).unwrap_or_default();
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { "Attempt " (attempt.number) }
            p {
                (layout::time(attempt.began)) " · " (result_text(attempt.result)) " · "
                (format!("{:.1} ms", attempt.took.as_secs_f64() * 1000.0))
                @if let Some(cause) = &attempt.cause { " · " (cause) }
                @if let Some(fault) = &attempt.fault { " · met the fault " code { (fault) } }
            }
            h3 id=(part("headers")) { "Headers" }
            pre tabindex="0" aria-labelledby=(part("headers")) {
                (headers(webhook, &attempt.headers))
            }
            h3 id=(part("body")) { "Body" }
            pre tabindex="0" aria-labelledby=(part("body")) { (pretty(&sent)) }
            h3 id=(part("answer")) { "Answer" }
            @if attempt.answer.is_empty() {
                p .empty { "No body." }
            } @else {
                pre tabindex="0" aria-labelledby=(part("answer")) {
                    (String::from_utf8_lossy(&attempt.answer))
                }
            }
        }
    }
}

/// A header a line. What a custom header holds may be a secret of the receiver.
fn headers(webhook: &Webhook, headers: &HeaderMap) -> String {
    let is_custom = |name: &str| {
        let mut custom = webhook.custom_headers.keys();
        custom.any(|custom| custom.eq_ignore_ascii_case(name))
    };
    headers
        .iter()
        .map(|(name, value)| match is_custom(name.as_str()) {
            true => format!("{name}: [cut]\n"),
            false => format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())),
        })
        .collect()
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
