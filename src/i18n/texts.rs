//! The texts in one language.

use std::sync::{Arc, LazyLock};

use fluent_bundle::{FluentArgs, FluentValue};
use jiff::{Timestamp, civil::Date, tz::Offset};

use super::{Catalog, Locale, Word};

/// The texts in the language of one request. Cheap to clone.
#[derive(Clone)]
pub struct Texts {
    catalog: Arc<Catalog>,
    locale: Locale,
}

impl Texts {
    /// The texts of the catalog in a language; in English if the catalog does not have it.
    #[must_use]
    pub fn new(catalog: &Arc<Catalog>, locale: Locale) -> Self {
        let is_known = catalog.has(locale);
        Self {
            locale: if is_known { locale } else { Locale::default() },
            catalog: Arc::clone(catalog),
        }
    }

    /// The same texts in another language.
    #[must_use]
    pub fn with_locale(&self, locale: Locale) -> Self {
        Self::new(&self.catalog, locale)
    }

    /// The language.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The languages that a person may choose.
    #[must_use]
    pub fn offered(&self) -> Vec<Locale> {
        Locale::languages()
            .filter(|locale| self.catalog.has(*locale))
            .collect()
    }

    /// A text.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.catalog.format(self.locale, key, None)
    }

    /// A text with values for its variables.
    #[must_use]
    pub fn text_with<const N: usize>(
        &self,
        key: &str,
        values: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        let values = FluentArgs::from_iter(values);
        self.catalog.format(self.locale, key, Some(&values))
    }

    /// A text that the browser knows, too.
    #[must_use]
    pub fn word(&self, word: Word) -> String {
        self.text(word.key())
    }

    /// The path of the script with the texts that the browser may show.
    #[must_use]
    pub fn words_path(&self) -> Option<String> {
        let file = self.catalog.words_file(self.locale)?;
        Some(file.path.clone())
    }

    /// A title of a page, with the brand's name.
    #[must_use]
    pub fn title(&self, page: &str) -> String {
        [page, &self.word(Word::TitleSuffix)].concat()
    }

    /// A day in words: `August 31, 1977`.
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        self.text_with(
            "date",
            [
                ("year", date.year().to_string().into()),
                ("month", date.month().into()),
                ("day", date.day().into()),
            ],
        )
    }

    /// A time in words: `March 3, 2026, 14:05 UTC`.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        self.text_with(
            "date-and-time",
            [
                ("date", self.day(at).into()),
                ("time", at.strftime("%H:%M").to_string().into()),
            ],
        )
    }

    /// The day of a time, in UTC.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> String {
        self.date(Offset::UTC.to_datetime(at).date())
    }
}

/// English, with the texts of the brand that the program contains.
impl Default for Texts {
    fn default() -> Self {
        static BUILT_IN: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::built_in()));
        Self::new(&BUILT_IN, Locale::default())
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Texts").field(&self.locale).finish()
    }
}
