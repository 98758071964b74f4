//! The languages of the pages.
//!
//! The texts are [Fluent](https://projectfluent.org) messages: `locales/<tag>.ftl` for those of every
//! brand, `brand/words/<tag>.ftl` for those that a brand replaces. Only the server reads them. The browser
//! gets the texts that its islands may show in a file of their own, [`Word`] by [`Word`].

mod word;

#[cfg(feature = "ssr")]
mod catalog;
#[cfg(feature = "ssr")]
mod locale;
#[cfg(feature = "ssr")]
mod negotiate;
#[cfg(all(test, feature = "ssr"))]
mod tests;
#[cfg(feature = "ssr")]
mod texts;
#[cfg(feature = "ssr")]
mod words_file;

pub use word::Word;

#[cfg(feature = "ssr")]
pub use {
    catalog::{Catalog, CatalogError},
    locale::Locale,
    negotiate::negotiate,
    texts::Texts,
    words_file::WordsFile,
};
