//! The texts that islands show: the server has them all, and the browser those of the file that the page
//! loads (`WordsFile`).

use crate::i18n::Word;

/// A text in the language of the page.
#[cfg(feature = "ssr")]
pub(in crate::ui) fn word(word: Word) -> String {
    leptos::prelude::use_context::<crate::i18n::Texts>()
        .unwrap_or_default()
        .word(word)
}

/// A text in the language of the page; empty if the file did not load.
#[cfg(not(feature = "ssr"))]
pub(in crate::ui) fn word(word: Word) -> String {
    crate::ui::browser::page::word(word as u32).unwrap_or_default()
}
