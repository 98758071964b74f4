//! The API log: calls and responses, newest first.
//!
//! Docs: docs.withpersona.com, "API logs". The bodies have their secrets removed; this page must
//! never show a raw one.

use std::sync::Arc;

use maud::{Markup, html};
use url::form_urlencoded;

use super::layout::{self, Place};
use crate::runtime::Operations;
use crate::runtime::api_log::LoggedCall;

const PAGE_SIZE: usize = 50;

/// The classes of statuses that can be asked for.
const CLASSES: [u16; 3] = [2, 4, 5];

/// The query of the log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// A part of the path, of a body, or a whole request ID.
    search: String,
    operation: String,
    /// The hundreds of the status.
    class: Option<u16>,
    /// Only what is not emulated.
    unmatched: bool,
    /// Counted from one.
    page: usize,
}

impl Query {
    /// Parses a query string; invalid values count as absent.
    pub(super) fn parse(query: &str) -> Self {
        let mut parsed = Self {
            page: 1,
            ..Self::default()
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "search" => parsed.search = value.trim().to_owned(),
                "operation" => parsed.operation = value.into_owned(),
                "status" => {
                    let class = value.parse().ok();
                    parsed.class = class.filter(|class| CLASSES.contains(class));
                }
                "unmatched" => parsed.unmatched = value == "true",
                "page" => parsed.page = value.parse().unwrap_or(1).max(1),
                _ => {}
            }
        }
        parsed
    }

    fn is_filtered(&self) -> bool {
        !self.search.is_empty()
            || !self.operation.is_empty()
            || self.class.is_some()
            || self.unmatched
    }

    /// Whether it asks for this call. Bodies are read without their secrets, as they are shown.
    pub(super) fn wants(&self, call: &LoggedCall) -> bool {
        let search = self.search.to_lowercase();
        let contains = |text: &str| text.to_lowercase().contains(&search);
        (!self.unmatched || call.unmatched)
            && self.class.is_none_or(|class| call.status / 100 == class)
            && (self.operation.is_empty() || call.operation == self.operation.as_str())
            && (search.is_empty()
                || call.request_id == self.search
                || contains(&call.path)
                || contains(&call.request_text())
                || contains(&call.response_text()))
    }

    fn link(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let class = self.class.map(|class| class.to_string());
        for (name, value) in [
            ("search", self.search.as_str()),
            ("operation", &self.operation),
            ("status", class.as_deref().unwrap_or_default()),
            ("unmatched", if self.unmatched { "true" } else { "" }),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("page", &page.to_string());
        format!("/dashboard/api-logs?{}", query.finish())
    }
}

/// One page of the log, counted from one.
pub(super) fn list(
    environment: &str,
    calls: &[Arc<LoggedCall>],
    query: &Query,
    operations: &Operations,
    version: &str,
) -> Markup {
    let skipped = (query.page - 1).saturating_mul(PAGE_SIZE);
    let pager = layout::Pager {
        page: query.page,
        page_size: PAGE_SIZE,
        total: calls.len(),
        noun: "calls",
    };
    let content = html! {
        h1 { "API logs" }
        p .lead {
            "The latest calls of the last two weeks, newest first. "
            "Session tokens, links and keys are cut out."
        }
        (search(query, operations))
        div data-live=(version) {
            div .sheet {
                @if calls.is_empty() {
                    p .empty {
                        @if query.is_filtered() {
                            "No call matches. " a href="/dashboard/api-logs" { "Show all" }
                        } @else {
                            "No call yet."
                        }
                    }
                } @else {
                    (table(calls.iter().skip(skipped).take(PAGE_SIZE)))
                }
            }
            (pager.render(|page| query.link(page)))
        }
    };
    layout::page(environment, Place::ApiLogs, "API logs", &content)
}

fn search(query: &Query, operations: &Operations) -> Markup {
    html! {
        form .search method="get" action="/dashboard/api-logs" role="search" {
            label .wide {
                "Path, body or request ID"
                input type="search" name="search" value=(query.search) autocomplete="off"
                    spellcheck="false";
            }
            label {
                "Operation"
                select name="operation" {
                    option value="" { "Any" }
                    @for info in operations.all() {
                        option value=(info.name) selected[query.operation == info.name] {
                            (info.name)
                        }
                    }
                }
            }
            label {
                "Status"
                select name="status" {
                    option value="" { "Any" }
                    @for class in CLASSES {
                        option value=(class) selected[query.class == Some(class)] { (class) "xx" }
                    }
                }
            }
            label {
                "Emulated"
                select name="unmatched" {
                    option value="" { "Any" }
                    option value="true" selected[query.unmatched] { "Not emulated" }
                }
            }
            button .primary type="submit" { "Search" }
        }
    }
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

/// The call as a command for a shell, with a key of the environment in the place of the caller's:
/// headers are not logged.
fn curl(call: &LoggedCall, url: &str, api_key: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut command = format!(
        "curl -X {} {}",
        call.method,
        quoted(&format!("{url}{}", call.path))
    );
    let mut header = |name: &str, value: &str| {
        command.push_str(&format!(
            " \\\n  -H {}",
            quoted(&format!("{name}: {value}"))
        ));
    };
    header("Authorization", &format!("Bearer {api_key}"));
    if let Some(key) = &call.idempotency_key {
        header("Idempotency-Key", key);
    }
    let version = call
        .headers
        .iter()
        .find(|(name, _)| name == "Persona-Version");
    if let Some((name, value)) = version {
        header(name, value);
    }
    let body = call.request_document();
    if !body.is_null() {
        header("Content-Type", "application/json");
        command.push_str(&format!(" \\\n  -d {}", quoted(&body.to_string())));
    }
    command
}

/// One call with both bodies.
pub(super) fn show(environment: &str, call: &LoggedCall, url: &str, api_key: &str) -> Markup {
    let command = curl(call, url, api_key);
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
        section aria-labelledby="curl" {
            h2 #curl { "As a command" }
            pre tabindex="0" aria-labelledby="curl" { (command) }
            p {
                small { "Secrets are cut out, and the key is one of this environment. " }
                button .scripted type="button" data-copy=(command) { "Copy as curl" }
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::time::Duration;

    use super::*;
    use crate::core::clock::Moment;
    use crate::runtime::api_log::LoggedBody;

    fn call(path: &str, body: &str) -> LoggedCall {
        LoggedCall {
            request_id: "req_1".to_owned(),
            at: Moment::from_millis(0),
            operation: Cow::Borrowed("inquiries.create"),
            unmatched: false,
            method: "POST".to_owned(),
            path: path.to_owned(),
            status: 201,
            duration: Duration::ZERO,
            idempotency_key: Some("it's mine".to_owned()),
            headers: vec![
                (Cow::Borrowed("Persona-Version"), "2023-01-05".to_owned()),
                (Cow::Borrowed("User-Agent"), "python-requests".to_owned()),
            ],
            request_body: LoggedBody::Redacted(body.to_owned()),
            response_body: LoggedBody::Redacted(String::new()),
        }
    }

    #[test]
    fn a_command_quotes_what_a_shell_would_read() {
        let call = call("/api/v1/inquiries?filter[note]=$(id)", r#"{"note":"it's"}"#);
        assert_eq!(
            curl(&call, "http://localhost:3002", "persona_sandbox_x"),
            "curl -X POST 'http://localhost:3002/api/v1/inquiries?filter[note]=$(id)' \\\n  \
             -H 'Authorization: Bearer persona_sandbox_x' \\\n  \
             -H 'Idempotency-Key: it'\\''s mine' \\\n  \
             -H 'Persona-Version: 2023-01-05' \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{\"note\":\"it'\\''s\"}'"
        );
    }

    #[test]
    fn filters_are_combined_and_kept_in_links() {
        let made = call("/api/v1/inquiries", r#"{"reference-id":"usr_ABC"}"#);
        let wants = |query: &str| Query::parse(query).wants(&made);
        for query in [
            "",
            "search=USR_abc",
            "search=req_1",
            "status=2&operation=inquiries.create",
        ] {
            assert!(wants(query), "{query}");
        }
        for query in [
            "search=req_",
            "status=4",
            "operation=inquiries.list",
            "unmatched=true",
        ] {
            assert!(!wants(query), "{query}");
        }
        let query = Query::parse("search=a%26b&status=4&unmatched=true&page=2");
        let link = query.link(3);
        assert_eq!(
            link,
            "/dashboard/api-logs?search=a%26b&status=4&unmatched=true&page=3"
        );
        let (_, text) = link.split_once('?').unwrap();
        assert_eq!(Query::parse(text), Query { page: 3, ..query });
    }
}
