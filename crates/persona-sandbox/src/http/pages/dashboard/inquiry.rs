//! One inquiry in full: its facts, fields, sessions and events, and the actions of a person.

use maud::{Markup, html};
use serde_json::Value;
use strum::VariantArray as _;

use super::layout::{self, Place};
use crate::core::clock::Moment;
use crate::core::model::{Inquiry, Session, Status, Template};
use crate::store::State;

/// The actions of a person on an inquiry, named as the operations of the API.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Action {
    Approve,
    Decline,
    MarkForReview,
    Expire,
    Redact,
}

impl Action {
    /// Reads the last part of the action's path.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn as_str(self) -> &'static str {
        self.into()
    }

    fn label(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Decline => "Decline",
            Self::MarkForReview => "Mark for review",
            Self::Expire => "Expire",
            Self::Redact => "Redact",
        }
    }

    /// Whether to offer it. The domain checks it again.
    fn is_offered(self, inquiry: &Inquiry) -> bool {
        inquiry.redacted_at.is_none()
            && match self {
                Self::Approve => inquiry.status != Status::Approved,
                Self::Decline => inquiry.status != Status::Declined,
                Self::MarkForReview => !matches!(
                    inquiry.status,
                    Status::NeedsReview | Status::Approved | Status::Declined
                ),
                Self::Expire => inquiry.status.is_open(),
                Self::Redact => true,
            }
    }
}

/// The page of `inquiry`.
pub(super) fn render(environment: &str, state: &State, inquiry: &Inquiry, version: &str) -> Markup {
    let template = state.templates.find(&inquiry.template_id);
    let content = html! {
        p .trail { a href="/dashboard" { "Inquiries" } " /" }
        div data-live=(version) {
            h1 { (inquiry.id) (layout::status_badge(inquiry.status)) }
            p .lead {
                @match &inquiry.reference_id {
                    Some(reference_id) => { "Reference ID " strong { (reference_id) } }
                    None => "No reference ID",
                }
                " · made by " (inquiry.creator)
                span .live .scripted { " · updates by itself" }
            }
            @if let Some(at) = inquiry.redacted_at {
                p .notice { "Redacted " (layout::time(at)) ": its personal data is deleted." }
            }
            (actions(inquiry))
            (facts(inquiry, template.map(AsRef::as_ref)))
            (fields(inquiry, template.map(AsRef::as_ref)))
            (verifications(inquiry))
            (sessions(state, inquiry))
            (events(state, inquiry))
        }
    };
    layout::page(environment, Place::Inquiries, &inquiry.id, &content)
}

fn actions(inquiry: &Inquiry) -> Markup {
    let path = |action: Action| format!("/dashboard/inquiries/{}/{}", inquiry.id, action.as_str());
    html! {
        section aria-labelledby="actions" {
            h2 #actions { "Actions" }
            div .actions {
                @if inquiry.redacted_at.is_none()
                    && (inquiry.status.is_open() || inquiry.status == Status::Expired) {
                    form method="post" action={ "/dashboard/inquiries/" (inquiry.id) "/flow" }
                        target="_blank" {
                        button .primary type="submit" { "Open the flow" }
                    }
                }
                @for action in Action::VARIANTS.iter().filter(|action| action.is_offered(inquiry)) {
                    @if *action == Action::Redact {
                        details {
                            summary { "Redact…" }
                            form method="post" action=(path(*action)) {
                                p { "Its fields are deleted for good. This cannot be undone." }
                                button .danger type="submit" { (action.label()) }
                            }
                        }
                    } @else {
                        form method="post" action=(path(*action)) {
                            button type="submit" { (action.label()) }
                        }
                    }
                }
                @if inquiry.redacted_at.is_some() { p .lead { "Nothing more can be done to it." } }
            }
        }
    }
}

fn facts(inquiry: &Inquiry, template: Option<&Template>) -> Markup {
    let optional =
        |id: &Option<String>| layout::or_none(id.as_ref().map(|id| html! { code { (id) } }));
    let step = inquiry
        .next_step
        .map(|step| html! { code { (step.as_str()) } });
    let times = [
        ("Created", Some(inquiry.created_at)),
        ("Started", inquiry.started_at),
        ("Completed", inquiry.completed_at),
        ("Failed", inquiry.failed_at),
        ("Marked for review", inquiry.marked_for_review_at),
        ("Decisioned", inquiry.decisioned_at),
        ("Expires", inquiry.expires_at),
        ("Expired", inquiry.expired_at),
        ("Updated", Some(inquiry.updated_at)),
    ];
    html! {
        section aria-labelledby="facts" {
            h2 #facts { "Overview" }
            dl .facts {
                (fact("Template", &html! {
                    @if let Some(template) = template {
                        a href={ "/dashboard/templates/" (template.id) } { (template.name) }
                    } @else {
                        code { (inquiry.template_id) }
                    }
                }))
                (fact("Template version", &html! { code { (inquiry.template_version_id) } }))
                (fact("Account", &optional(&inquiry.account_id)))
                (fact("Next step", &layout::or_none(step)))
                @if let Some(reviewer) = &inquiry.reviewer {
                    (fact("Reviewer", &html! { (reviewer.kind) " " code { (reviewer.id) } }))
                }
                @if let Some(comment) = &inquiry.reviewer_comment {
                    (fact("Comment", &html! { (comment) }))
                }
                @if let Some(note) = &inquiry.note { (fact("Note", &html! { (note) })) }
                @if !inquiry.tags.is_empty() {
                    (fact("Tags", &html! { (inquiry.tags.join(", ")) }))
                }
                @if let Some(uri) = &inquiry.redirect_uri {
                    (fact("Redirect URI", &html! { code { (uri) } }))
                }
                @for (label, moment) in times {
                    @if let Some(moment) = moment { (fact(label, &layout::time(moment))) }
                }
                @if let Some((moment, _)) = inquiry.decision_due {
                    (fact("Workflow decides", &layout::time(moment)))
                }
            }
        }
    }
}

fn fact(label: &str, value: &Markup) -> Markup {
    html! { div { dt { (label) } dd { (value) } } }
}

fn fields(inquiry: &Inquiry, template: Option<&Template>) -> Markup {
    let label = |key: &str| {
        template
            .and_then(|template| template.find_field(key))
            .map(|field| field.label.as_str())
    };
    html! {
        section aria-labelledby="fields" {
            h2 #fields { "Fields" }
            @if inquiry.fields.is_empty() {
                p .empty { "No field has a value." }
            } @else {
                table .list {
                    thead {
                        tr { th scope="col" { "Field" } th scope="col" { "Key" } th scope="col" { "Value" } }
                    }
                    tbody {
                        @for (key, value) in &inquiry.fields {
                            tr {
                                th scope="row" { (label(key).unwrap_or(key)) }
                                td .key data-label="Key" { code { (key) } }
                                td data-label="Value" { (layout::or_none(shown(value))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shown(value: &Value) -> Option<Markup> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(html! { (text) }),
        other => Some(html! { code { (other) } }),
    }
}

fn verifications(inquiry: &Inquiry) -> Markup {
    if inquiry.verifications.is_empty() {
        return Markup::default();
    }
    html! {
        section aria-labelledby="verifications" {
            h2 #verifications { "Verifications" }
            table .list {
                thead {
                    tr {
                        th scope="col" { "Verification" }
                        th scope="col" { "Result" }
                        th scope="col" { "Type" }
                        th scope="col" { "Created" }
                    }
                }
                tbody {
                    @for check in &inquiry.verifications {
                        @let result = if check.passed { "passed" } else { "failed" };
                        tr {
                            th scope="row" .id { (check.id) }
                            td { span .badge data-status=(result) { (result) } }
                            td data-label="Type" { (check.kind.resource_type()) }
                            td data-label="Created" { (layout::time(check.created_at)) }
                        }
                    }
                }
            }
        }
    }
}

fn sessions(state: &State, inquiry: &Inquiry) -> Markup {
    let now = state.now();
    html! {
        section aria-labelledby="sessions" {
            h2 #sessions { "Sessions" }
            @if state.sessions.in_group(&inquiry.id).next().is_none() {
                p .empty { "No browser has opened it yet." }
            } @else {
                table .list {
                    thead {
                        tr {
                            th scope="col" { "Session" }
                            th scope="col" { "Status" }
                            th scope="col" { "Browser" }
                            th scope="col" { "Created" }
                            th scope="col" { "Ends" }
                        }
                    }
                    tbody {
                        @for (_, session) in state.sessions.in_group(&inquiry.id) {
                            (session_row(session, now))
                        }
                    }
                }
            }
        }
    }
}

fn session_row(session: &Session, now: Moment) -> Markup {
    let status = if session.is_valid(now) {
        session.status.as_str()
    } else {
        "expired"
    };
    html! {
        tr {
            th scope="row" .id { (session.id) }
            td { span .badge data-status=(status) { (status) } }
            td data-label="Browser" {
                (layout::or_none(session.user_agent.as_ref().map(|agent| html! { small { (agent) } })))
            }
            td data-label="Created" { (layout::time(session.created_at)) }
            td data-label="Ends" {
                (layout::time(session.expired_at.unwrap_or(session.expires_at)))
            }
        }
    }
}

fn events(state: &State, inquiry: &Inquiry) -> Markup {
    html! {
        section aria-labelledby="events" {
            h2 #events { "Events" }
            ol .timeline reversed {
                @for (_, event) in state.events.in_group(&inquiry.id) {
                    li {
                        div .what { (event.name.as_str()) }
                        div .when { (layout::time(event.created_at)) " · " code { (event.id) } }
                        @if let Some(context) = &event.context { code { (context) } }
                    }
                }
            }
        }
    }
}
