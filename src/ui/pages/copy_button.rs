//! A button that copies a text. Without script it is absent, and the text can be selected.

use leptos::prelude::*;

use crate::{
    i18n::Word,
    ui::islands::{
        CopyOnClick,
        copy_ids::{ANNOUNCEMENT, BUTTON},
        words::word,
    },
};

/// A button that copies the text.
#[component]
pub(super) fn CopyButton(text: String) -> impl IntoView {
    view! {
        <div>
            <button id=BUTTON class="quiet-button" type="button" hidden data-text=text>
                {word(Word::Copy)}
            </button>
            // Outside of the button, so that its returning name is not announced as news.
            <span id=ANNOUNCEMENT class="visually-hidden" aria-live="polite"></span>
            <CopyOnClick />
        </div>
    }
}
