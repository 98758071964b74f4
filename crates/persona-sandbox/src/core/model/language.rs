//! The languages of the flow.
//!
//! Persona itself supports more (docs.withpersona.com, "Languages"); any other one falls back to
//! English. The tags are Persona's.

use strum::VariantArray;

/// A language of the flow; the default one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub(crate) enum Language {
    English,
    Arabic,
    French,
    German,
    Portuguese,
    Spanish,
}

impl Language {
    /// Chooses by the `language` parameter, else by the browser's preferences.
    pub(crate) fn choose(parameter: Option<&str>, accept_language: Option<&str>) -> Self {
        match parameter.filter(|tag| !tag.is_empty()) {
            Some(tag) => Self::from_tag(tag).unwrap_or(Self::English),
            None => accept_language
                .and_then(Self::preferred)
                .unwrap_or(Self::English),
        }
    }

    /// This language if it is one of these, else the first of them; of none, this one.
    pub(crate) fn among(self, languages: &[String]) -> Self {
        let mut known = languages.iter().filter_map(|tag| Self::from_tag(tag));
        if languages.is_empty() || known.clone().any(|language| language == self) {
            return self;
        }
        known.next().unwrap_or(Self::English)
    }

    /// The first supported language of an `Accept-Language` header.
    ///
    /// Browsers send the list in order of preference, so weights are not read.
    fn preferred(accept_language: &str) -> Option<Self> {
        accept_language
            .split(',')
            .filter_map(|item| item.split(';').next())
            .find_map(|tag| Self::from_tag(tag.trim()))
    }

    /// The language of a tag. Its region does not count: there is one variety of each.
    fn from_tag(tag: &str) -> Option<Self> {
        let is_meant =
            |language: &&Self| primary(tag).eq_ignore_ascii_case(primary(language.tag()));
        Self::VARIANTS.iter().find(is_meant).copied()
    }

    /// The value of the page's `lang` attribute.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Arabic => "ar-EG",
            Self::English => "en-US",
            Self::French => "fr",
            Self::German => "de",
            Self::Portuguese => "pt-BR",
            Self::Spanish => "es-MX",
        }
    }

    /// The value of the page's `dir` attribute.
    pub(crate) fn direction(self) -> &'static str {
        match self {
            Self::Arabic => "rtl",
            Self::English | Self::French | Self::German | Self::Portuguese | Self::Spanish => "ltr",
        }
    }
}

/// The language of a tag without region or script.
fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::Language;

    #[test]
    fn the_parameter_wins_over_the_browser() {
        assert_eq!(
            Language::choose(Some("es-MX"), Some("en-US")),
            Language::Spanish
        );
        assert_eq!(Language::choose(Some("en"), Some("es")), Language::English);
    }

    #[test]
    fn the_browser_decides_when_the_parameter_is_absent_or_blank() {
        assert_eq!(
            Language::choose(None, Some("ja,es-ES;q=0.8,en;q=0.5")),
            Language::Spanish
        );
        assert_eq!(Language::choose(Some(""), Some("es")), Language::Spanish);
    }

    #[test]
    fn each_language_is_chosen_by_the_tag_that_persona_has_for_it() {
        for &language in Language::VARIANTS {
            assert_eq!(Language::choose(Some(language.tag()), None), language);
        }
        assert_eq!(
            Language::choose(Some("pt"), Some("en")),
            Language::Portuguese
        );
    }

    #[test]
    fn the_languages_of_the_template_limit_the_choice() {
        let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        for (languages, english) in [
            (tags(&[]), Language::English),
            (tags(&["es-ES", "en-US"]), Language::English),
            (tags(&["es-ES"]), Language::Spanish),
            (tags(&["pt-PT", "en-US"]), Language::English),
            (tags(&["ja"]), Language::English),
        ] {
            assert_eq!(
                Language::English.among(&languages),
                english,
                "{languages:?}"
            );
        }
    }

    #[test]
    fn a_language_that_is_not_spoken_falls_back_to_english() {
        assert_eq!(Language::choose(Some("ja"), Some("es")), Language::English);
        assert_eq!(Language::choose(None, Some("ja, ko")), Language::English);
        assert_eq!(Language::choose(None, None), Language::English);
    }
}
