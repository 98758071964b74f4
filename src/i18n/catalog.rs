//! All texts, parsed once.

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentError, FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use strum::IntoEnumIterator as _;

use super::{Locale, Word, words_file::WordsFile};

type Bundle = FluentBundle<FluentResource>;

/// The texts of every brand.
fn common(locale: Locale) -> &'static str {
    match locale {
        Locale::En | Locale::Pseudo => include_str!("../../locales/en.ftl"),
        Locale::Es => include_str!("../../locales/es.ftl"),
        Locale::Fr => include_str!("../../locales/fr.ftl"),
        Locale::De => include_str!("../../locales/de.ftl"),
        Locale::PtBr => include_str!("../../locales/pt-BR.ftl"),
        Locale::Ar => include_str!("../../locales/ar.ftl"),
    }
}

/// The texts of the brand that the program contains, without its name.
fn built_in_brand(locale: Locale) -> &'static str {
    match locale {
        Locale::En | Locale::Pseudo => include_str!("../../brand/words/en.ftl"),
        Locale::Es => include_str!("../../brand/words/es.ftl"),
        Locale::Fr => include_str!("../../brand/words/fr.ftl"),
        Locale::De => include_str!("../../brand/words/de.ftl"),
        Locale::PtBr => include_str!("../../brand/words/pt-BR.ftl"),
        Locale::Ar => include_str!("../../brand/words/ar.ftl"),
    }
}

/// Why a file of texts cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("words/{}.ftl: {problem}", locale.tag())]
pub struct CatalogError {
    locale: Locale,
    problem: String,
}

/// The texts of all languages.
pub struct Catalog(Vec<Language>);

/// The texts of one language.
struct Language {
    locale: Locale,
    bundle: Bundle,
    words: WordsFile,
}

impl Catalog {
    /// The texts that the program contains.
    ///
    /// # Panics
    /// If a file is not valid: the tests read all of them.
    #[must_use]
    pub fn built_in() -> Self {
        #[derive(serde::Deserialize)]
        struct Settings {
            name: String,
        }
        let settings: Settings = toml::from_str(include_str!("../../brand/brand.toml"))
            .expect("the built-in brand has a name");
        Self::new(&settings.name, |locale| {
            Some(built_in_brand(locale).to_owned())
        })
        .expect("the built-in texts are valid")
    }

    /// The texts of the brand that the program contains, without its name.
    #[must_use]
    pub fn built_in_brand(locale: Locale) -> &'static str {
        built_in_brand(locale)
    }

    /// The texts with those of a brand, which replace common ones of the same key. A language that the
    /// brand has no texts for is left out.
    ///
    /// # Errors
    /// If a text of the brand cannot be read, is missing, or has an unknown key.
    pub fn new(name: &str, brand: impl Fn(Locale) -> Option<String>) -> Result<Self, CatalogError> {
        let with_pseudo = Locale::languages().chain([Locale::Pseudo]);
        let bundles = with_pseudo.filter_map(|locale| {
            let brand = brand(locale)?;
            Some(Language::new(locale, name, &brand))
        });
        bundles.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are texts in this language.
    #[must_use]
    pub fn has(&self, locale: Locale) -> bool {
        self.find(locale).is_some()
    }

    /// The files with the texts that the browser may show, one for each language.
    pub fn words_files(&self) -> impl Iterator<Item = &WordsFile> {
        self.0.iter().map(|language| &language.words)
    }

    pub(super) fn words_file(&self, locale: Locale) -> Option<&WordsFile> {
        Some(&self.find(locale)?.words)
    }

    fn find(&self, locale: Locale) -> Option<&Language> {
        self.0.iter().find(|language| language.locale == locale)
    }

    /// A text; its key, if it is missing.
    pub(super) fn format(
        &self,
        locale: Locale,
        key: &str,
        values: Option<&FluentArgs<'_>>,
    ) -> String {
        let mut problems = Vec::new();
        let bundle = self.find(locale).map(|language| &language.bundle);
        let text = bundle.and_then(|bundle| format(bundle, key, values, &mut problems));
        let is_complete = text.is_some() && problems.is_empty();
        debug_assert!(is_complete, "{key} in {}: {problems:?}", locale.tag());
        if !is_complete {
            tracing::error!(
                key,
                language = locale.tag(),
                ?problems,
                "a text is missing or incomplete: add it to locales/ or to the brand's words"
            );
        }
        text.unwrap_or_else(|| key.to_owned())
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let locales = self.0.iter().map(|language| language.locale);
        f.debug_list().entries(locales).finish()
    }
}

impl Language {
    fn new(locale: Locale, name: &str, brand: &str) -> Result<Self, CatalogError> {
        let bundle = bundle(locale, name, brand)?;
        let words: Vec<_> = Word::iter()
            .map(|word| format(&bundle, word.key(), None, &mut Vec::new()).unwrap_or_default())
            .collect();
        Ok(Self {
            locale,
            bundle,
            words: WordsFile::new(locale, &words),
        })
    }
}

fn format(
    bundle: &Bundle,
    key: &str,
    values: Option<&FluentArgs<'_>>,
    problems: &mut Vec<FluentError>,
) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    Some(
        bundle
            .format_pattern(pattern, values, problems)
            .into_owned(),
    )
}

fn bundle(locale: Locale, name: &str, brand: &str) -> Result<Bundle, CatalogError> {
    let error = |problem: String| CatalogError { locale, problem };
    let tag = locale.tag();
    let identifier = tag.parse().map_err(|_| error("not a tag".to_owned()))?;
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    // Names and numbers inside right-to-left text keep their own direction by invisible marks.
    bundle.set_use_isolating(locale.direction() == "rtl");
    if locale == Locale::Pseudo {
        bundle.set_transform(Some(pseudo));
    }
    let read = |source: String| {
        FluentResource::try_new(source).map_err(|(_, problems)| {
            let first = problems.first();
            error(first.map_or_else(String::new, ToString::to_string))
        })
    };
    let common = read(common(locale).to_owned())?;
    let needed = read(built_in_brand(Locale::En).to_owned())?;
    let brand = read(format!("-brand = {{ \"{name}\" }}\n{brand}"))?;
    if let Some(key) = keys(&needed).find(|key| !keys(&brand).any(|known| known == *key)) {
        return Err(error(format!("the text `{key}` is missing")));
    }
    let is_known = |key: &str| keys(&needed).chain(keys(&common)).any(|known| known == key);
    if let Some(key) = keys(&brand).find(|key| !is_known(key)) {
        return Err(error(format!("the text `{key}` is not known")));
    }
    bundle.add_resource_overriding(common);
    bundle.add_resource_overriding(brand);
    Ok(bundle)
}

/// The keys of a file's messages.
fn keys(resource: &FluentResource) -> impl Iterator<Item = &str> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message.id.name),
        _ => None,
    })
}

/// Changes each Latin letter, and makes the text longer, as translations are.
fn pseudo(text: &str) -> Cow<'_, str> {
    let changed = text.chars().flat_map(|letter| {
        let (changed, is_vowel) = match letter {
            'a' => ('á', true),
            'e' => ('é', true),
            'i' => ('í', true),
            'o' => ('ó', true),
            'u' => ('ú', true),
            'A' => ('Á', false),
            'E' => ('É', false),
            'I' => ('Í', false),
            'O' => ('Ó', false),
            'U' => ('Ú', false),
            // The letters of the block "Fullwidth Forms".
            'b'..='z' | 'B'..='Z' => (
                char::from_u32(u32::from(letter) + 0xFEE0).unwrap_or(letter),
                false,
            ),
            other => (other, false),
        };
        std::iter::repeat_n(changed, 1 + usize::from(is_vowel))
    });
    Cow::Owned(changed.collect())
}
