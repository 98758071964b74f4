//! A button that copies a text. Without script it is absent, and the text can be selected.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::words::word;
use crate::{i18n::Word, ui::browser::page};

/// How long the confirmation is shown.
const CONFIRMATION_TIME: Duration = Duration::from_secs(3);

/// Copies the text when it is pressed.
#[island]
pub(in crate::ui) fn CopyButton(text: String) -> impl IntoView {
    let can_copy = RwSignal::new(false);
    let label = RwSignal::new(word(Word::Copy));
    let announcement = RwSignal::new(String::new());
    Effect::new(move |_| can_copy.set(page::can_copy()));
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let is_copied = page::copy(&text).await;
            let outcome = word(if is_copied {
                Word::Copied
            } else {
                Word::NotCopied
            });
            label.set(outcome.clone());
            announcement.set(outcome);
            page::after(CONFIRMATION_TIME, move || {
                label.set(word(Word::Copy));
                announcement.set(String::new());
            });
        });
    };
    view! {
        <button class="quiet-button" type="button" hidden=move || !can_copy.get() on:click=copy>
            {label}
        </button>
        // Outside of the button, so that its returning name is not announced as news.
        <span class="visually-hidden" aria-live="polite">
            {announcement}
        </span>
    }
}
