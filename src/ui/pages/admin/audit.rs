//! The page with the audit log.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{AdminPage, Unavailable, state_for_operator};
use crate::{
    base::error_chain,
    store::AuditRow,
    ui::pages::{not_found::NotFound, time::ExactTime},
};

/// The newest actions of operators.
#[component]
pub(in crate::ui) fn Audit() -> impl IntoView {
    let Some(state) = state_for_operator() else {
        return view! { <NotFound /> }.into_any();
    };
    let list = Suspend::new(async move {
        match state.store.list_audit().await {
            Ok(rows) if rows.is_empty() => view! { <p class="aside">"Nothing yet."</p> }.into_any(),
            Ok(rows) => {
                let rows = rows
                    .into_iter()
                    .map(|row| view! { <Item row /> })
                    .collect_view();
                view! { <ul class="rows">{rows}</ul> }.into_any()
            }
            Err(error) => {
                tracing::error!(error = error_chain(&error), "could not load the audit log");
                view! { <Unavailable /> }.into_any()
            }
        }
    });
    view! {
        <AdminPage title="Audit log">
            <p class="lead">"Entries can't be changed or deleted."</p>
            <section class="card">
                <Suspense>{list}</Suspense>
            </section>
        </AdminPage>
    }
    .into_any()
}

#[component]
fn Item(row: AuditRow) -> impl IntoView {
    let at = Timestamp::from_millisecond(row.at).unwrap_or_default();
    view! {
        <li>
            <p class="timeline-title">{row.action} ": " <code>{row.subject}</code></p>
            <p class="hint">
                <ExactTime at /> " · by " <code>{row.operator_id}</code>
                {row
                    .user_id
                    .map(|id| {
                        view! {
                            " · about "
                            <a href=format!("/admin/users/{id}")>
                                <code>{id.clone()}</code>
                            </a>
                        }
                    })}
            </p>
        </li>
    }
}
