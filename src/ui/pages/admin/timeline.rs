//! One entry of a user's timeline.

use leptos::prelude::*;

use crate::{
    domain::{FOREIGN_RESPONSE, TimelineEntry, TimelineItem},
    store::{ActivityRow, AuditRow, EventRow, EventState, UserChangeRow},
    ui::{
        islands::status_text::{Tone, status_text},
        pages::time::ExactTime,
    },
};

/// The content of an entry.
struct ItemView {
    title: String,
    /// The target of the title's link.
    link: Option<String>,
    class: &'static str,
    /// Additional texts.
    notes: Vec<String>,
    /// IDs to copy.
    ids: Vec<String>,
}

/// One entry.
#[component]
pub(super) fn Item(entry: TimelineEntry) -> impl IntoView {
    let item = match entry.item {
        TimelineItem::Click(row) => click(row),
        TimelineItem::Call(row) => call(row),
        TimelineItem::Account(row) => account(&row),
        TimelineItem::Change(row) => change(row),
        TimelineItem::Event(row) => event(row),
        TimelineItem::Operator(row) => operator(row),
    };
    let title = match item.link {
        Some(link) => view! { <a href=link>{item.title}</a> }.into_any(),
        None => item.title.into_any(),
    };
    let notes = item
        .notes
        .into_iter()
        .map(|notes| format!(" ·\u{a0}{notes}"))
        .collect::<String>();
    let has_ids = !item.ids.is_empty();
    let ids = item
        .ids
        .into_iter()
        .map(|id| view! { <code>{id}</code> " " })
        .collect_view();
    view! {
        <li class=item.class>
            <p class="timeline-title">{title}</p>
            <p class="hint">
                <ExactTime at=entry.at /> {notes}
            </p>
            {has_ids.then(|| view! { <p class="hint ids">{ids}</p> })}
        </li>
    }
}

fn click(row: ActivityRow) -> ItemView {
    let (outcome, class) = match &row.failure {
        None => ("opened".to_owned(), Tone::Good.class()),
        Some(failure) => (failure.clone(), Tone::Bad.class()),
    };
    ItemView {
        title: format!("Click ({}): {outcome}", row.what),
        link: None,
        class,
        notes: vec![format!("{} ms", row.elapsed_ms)],
        ids: ids([row.request_id, row.inquiry_id.map(String::from)]),
    }
}

fn call(row: ActivityRow) -> ItemView {
    let class = match row.failure.as_deref() {
        Some(FOREIGN_RESPONSE) => Tone::Bad.class(),
        _ => "is-aside",
    };
    let response = match (row.http_status, row.failure) {
        (Some(status), None) => status.to_string(),
        (Some(status), Some(failure)) => format!("{status} {failure}"),
        (None, failure) => failure.unwrap_or_default(),
    };
    ItemView {
        title: format!("Call: {}", row.what),
        link: None,
        class,
        notes: vec![response, format!("{} ms", row.elapsed_ms)],
        ids: ids([row.request_id, None]),
    }
}

fn account(row: &ActivityRow) -> ItemView {
    ItemView {
        title: format!("Account: {}", row.what),
        link: None,
        class: "is-aside",
        notes: Vec::new(),
        ids: Vec::new(),
    }
}

fn change(row: UserChangeRow) -> ItemView {
    let mut notes = vec![format!("by {}", row.source)];
    let late = row.noticed_at.saturating_sub(row.happened_at) / 1_000;
    if late > 0 {
        notes.push(format!("noticed {late} s later"));
    }
    ItemView {
        class: status_text(&row.status.clone().into()).tone.class(),
        title: format!("Status: {}", row.status),
        link: None,
        notes,
        ids: ids([row.event_id, Some(row.inquiry_id)]),
    }
}

fn event(row: EventRow) -> ItemView {
    let mut notes = vec![row.state.as_str().to_owned()];
    notes.extend(row.reason);
    ItemView {
        title: format!("Event: {}", row.name),
        link: Some(format!("/admin/events/{}", row.id)),
        class: match row.state {
            EventState::Parked => Tone::Bad.class(),
            _ => "is-aside",
        },
        notes,
        ids: ids([Some(row.id), row.inquiry_id]),
    }
}

fn operator(row: AuditRow) -> ItemView {
    ItemView {
        title: format!("Operator: {}", row.action),
        link: None,
        class: Tone::Open.class(),
        notes: vec![format!("by {}", row.operator_id)],
        ids: vec![row.subject],
    }
}

fn ids(ids: [Option<String>; 2]) -> Vec<String> {
    ids.into_iter().flatten().collect()
}
