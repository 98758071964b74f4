//! A button that copies a text. Without script it is absent, and the text can be selected.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use crate::ui::browser::page;

/// How long the confirmation is shown.
const CONFIRMATION_TIME: Duration = Duration::from_secs(3);

/// Copies the text when it is pressed.
#[island]
pub(in crate::ui) fn CopyButton(text: String) -> impl IntoView {
    let can_copy = RwSignal::new(false);
    let label = RwSignal::new("Copy ID");
    Effect::new(move |_| can_copy.set(page::can_copy()));
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let is_copied = page::copy(&text).await;
            label.set(if is_copied {
                "Copied"
            } else {
                "Please select and copy it"
            });
            page::after(CONFIRMATION_TIME, move || label.set("Copy ID"));
        });
    };
    view! {
        <button class="quiet-button" type="button" hidden=move || !can_copy.get() on:click=copy>
            <span aria-live="polite">{label}</span>
        </button>
    }
}
