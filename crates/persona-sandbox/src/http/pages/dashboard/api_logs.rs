//! The API log: calls and responses, newest first.
//!
//! Docs: docs.withpersona.com, "API logs". The bodies have their secrets removed; this page must
//! never show a raw one.

use std::sync::Arc;

use maud::{Markup, html};

use super::layout::{self, Place};
use crate::runtime::api_log::LoggedCall;

const PAGE_SIZE: usize = 50;

/// One page of the log, counted from one.
pub(super) fn list(
    environment: &str,
    calls: &[Arc<LoggedCall>],
    page: usize,
    version: &str,
) -> Markup {
    let last = calls.len().div_ceil(PAGE_SIZE).max(1);
    let content = html! {
        h1 { "API logs" }
        p .lead {
            "The latest calls of the last two weeks, newest first. "
            "Session tokens, links and keys are cut out."
        }
        div data-live=(version) {
            div .sheet {
                @if calls.is_empty() {
                    p .empty { "No call yet." }
                } @else {
                    (table(calls.iter().skip((page - 1).saturating_mul(PAGE_SIZE)).take(PAGE_SIZE)))
                }
            }
            div .pages {
                span { "Page " (page) " of " (last) " · " (calls.len()) " calls" }
                span .live .scripted { "Updates by itself" }
                nav .moves aria-label="Pages" {
                    @if page > 1 {
                        a .button rel="prev" href={ "/dashboard/api-logs?page=" (page - 1) } { "Newer" }
                    }
                    @if page < last {
                        a .button rel="next" href={ "/dashboard/api-logs?page=" (page + 1) } { "Older" }
                    }
                }
            }
        }
    };
    layout::page(environment, Place::ApiLogs, "API logs", &content)
}

fn table<'a>(calls: impl Iterator<Item = &'a Arc<LoggedCall>>) -> Markup {
    html! {
        table .list {
            thead {
                tr {
                    th scope="col" { "Request" }
                    th scope="col" { "Status" }
                    th scope="col" { "Call" }
                    th scope="col" { "Took" }
                    th scope="col" { "At" }
                }
            }
            tbody {
                @for call in calls {
                    tr {
                        th scope="row" {
                            a .id href={ "/dashboard/api-logs/" (call.request_id) } {
                                (call.request_id)
                            }
                        }
                        td { (status_badge(call.status)) }
                        td { code { (call.method) " " (call.path) } }
                        td data-label="Took" { (took(call)) }
                        td data-label="At" { (layout::time(call.at)) }
                    }
                }
            }
        }
    }
}

/// Coloured by the status's hundreds.
fn status_badge(status: u16) -> Markup {
    html! { span .badge data-status=(status / 100) { (status) } }
}

fn operation(call: &LoggedCall) -> Markup {
    if call.operation.is_empty() {
        html! { "none: Persona's API has nothing at this path and method" }
    } else if call.unmatched {
        html! { (call.operation) " (not emulated)" }
    } else {
        html! { (call.operation) }
    }
}

fn took(call: &LoggedCall) -> String {
    format!("{:.1} ms", call.duration.as_secs_f64() * 1000.0)
}

/// One call with both bodies.
pub(super) fn show(environment: &str, call: &LoggedCall) -> Markup {
    let content = html! {
        p .trail { a href="/dashboard/api-logs" { "API logs" } " /" }
        h1 { (call.request_id) (status_badge(call.status)) }
        p .lead { code { (call.method) " " (call.path) } }
        section aria-labelledby="facts" {
            h2 #facts { "Overview" }
            dl .facts {
                div { dt { "Operation" } dd { (operation(call)) } }
                div { dt { "At" } dd { (layout::time(call.at)) } }
                div { dt { "Took" } dd { (took(call)) } }
                div {
                    dt { "Idempotency key" }
                    dd {
                        (layout::or_none(
                            call.idempotency_key.as_ref().map(|key| html! { code { (key) } }),
                        ))
                    }
                }
            }
        }
        (body("request", "Request", &call.request_text()))
        (body("answer", "Answer", &call.response_text()))
    };
    layout::page(environment, Place::ApiLogs, &call.request_id, &content)
}

fn body(id: &str, label: &str, text: &str) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (label) }
            @if text.is_empty() {
                p .empty { "No body." }
            } @else {
                pre tabindex="0" aria-labelledby=(id) { (text) }
            }
        }
    }
}
