//! The languages, and what is known about each.

use strum::{EnumIter, IntoEnumIterator as _};

/// A language of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, EnumIter)]
pub enum Locale {
    /// English, the language of a person whose browser asks for none of these.
    #[default]
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// German.
    De,
    /// Portuguese as in Brazil.
    PtBr,
    /// Arabic.
    Ar,
    /// English with changed letters, in development only: what it does not change on a page is not in the
    /// files.
    Pseudo,
}

impl Locale {
    /// All languages in the order of their names' first letters. Without the pseudo-locale.
    pub fn languages() -> impl Iterator<Item = Self> {
        Self::iter().filter(|locale| *locale != Self::Pseudo)
    }

    /// The language with this tag (BCP 47), in any case.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag))
    }

    /// The tag of the language (BCP 47), as `lang` and `Content-Language` have it.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::De => "de",
            Self::PtBr => "pt-BR",
            Self::Ar => "ar",
            Self::Pseudo => "en-XA",
        }
    }

    /// The direction of the script, as `dir` has it.
    #[must_use]
    pub fn direction(self) -> &'static str {
        match self {
            Self::Ar => "rtl",
            Self::En | Self::Es | Self::Fr | Self::De | Self::PtBr | Self::Pseudo => "ltr",
        }
    }

    /// The language's own name.
    #[must_use]
    pub fn native_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
            Self::Fr => "Français",
            Self::De => "Deutsch",
            Self::PtBr => "Português (Brasil)",
            Self::Ar => "العربية",
            Self::Pseudo => "Pseudo-locale",
        }
    }

    /// The language in Persona's notation, for its window and its hosted flow. Without it they follow the
    /// browser's (docs.withpersona.com/docs/languages).
    #[must_use]
    pub fn persona_tag(self) -> &'static str {
        match self {
            Self::En | Self::Pseudo => "en-US",
            Self::Es => "es-MX",
            Self::Fr => "fr",
            Self::De => "de",
            Self::PtBr => "pt-BR",
            Self::Ar => "ar-EG",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_language_in_any_case() {
        for locale in Locale::iter() {
            assert_eq!(Locale::from_tag(locale.tag()), Some(locale));
        }
        assert_eq!(Locale::from_tag("PT-br"), Some(Locale::PtBr));
        assert_eq!(Locale::from_tag("nl"), None);
    }
}
