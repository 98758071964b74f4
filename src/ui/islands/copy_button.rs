//! Makes the button work that copies a text (`pages/copy_button.rs`).

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::words::word;
use crate::{i18n::Word, ui::browser::page};

/// How long the confirmation is shown.
const CONFIRMATION_TIME: Duration = Duration::from_secs(3);

/// The IDs of the elements, one button a page.
pub(in crate::ui) mod ids {
    /// The button, with the text in `data-text`.
    pub(in crate::ui) const BUTTON: &str = "copy-button";
    pub(in crate::ui) const ANNOUNCEMENT: &str = "copy-announcement";
}

/// Copies the text when the button is pressed.
#[island]
pub(in crate::ui) fn CopyOnClick() -> impl IntoView {
    if page::can_copy() {
        page::on_event(ids::BUTTON, "click", || spawn_local(copy()));
        page::set_attribute(ids::BUTTON, "hidden", None);
    }
}

async fn copy() {
    let text = page::attribute(ids::BUTTON, "data-text").unwrap_or_default();
    let outcome = word(if page::copy(&text).await {
        Word::Copied
    } else {
        Word::NotCopied
    });
    page::set_text(ids::BUTTON, &outcome);
    page::set_text(ids::ANNOUNCEMENT, &outcome);
    page::after(CONFIRMATION_TIME, || {
        page::set_text(ids::BUTTON, &word(Word::Copy));
        page::set_text(ids::ANNOUNCEMENT, "");
    });
}
