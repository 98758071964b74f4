//! What holds for the files of texts in every language.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of these tests panic as their assertions do"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey},
    parser,
};
use jiff::civil::date;
use strum::IntoEnumIterator as _;

use super::{Catalog, Locale, Texts, Word};

/// Texts that are the same in English and another language for a reason.
const SAME: [(&str, &str); 15] = [
    // No words.
    ("*", "brand-name"),
    ("*", "title-suffix"),
    ("*", "sign-in-action"),
    ("*", "error-invalid-request"),
    ("*", "error-signed-out"),
    ("*", "error-cross-origin"),
    ("*", "error-rate-limited"),
    ("*", "error-persona-failed"),
    ("*", "error-try-again"),
    ("*", "error-timeout"),
    ("*", "error-offline"),
    // A comma, or a time in figures.
    ("*", "also"),
    ("*", "date-and-time"),
    // The same word.
    ("de", "information-name"),
    ("pt-BR", "email"),
];

/// The parts of a message that a translation has in common with the English one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    text: String,
    variables: BTreeSet<String>,
    /// The keys of the variants of each selection.
    variants: Vec<BTreeSet<String>>,
}

/// The messages of a file; a term's name begins with `-`.
fn messages(folder: &str, locale: Locale) -> BTreeMap<String, Message> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join(folder).join(format!("{}.ftl", locale.tag()));
    let source = fs::read_to_string(&path).unwrap();
    let resource = parser::parse(source.as_str()).unwrap();
    let mut messages = BTreeMap::new();
    for entry in &resource.body {
        let (key, pattern) = match entry {
            Entry::Message(message) => {
                (message.id.name.to_owned(), message.value.as_ref().unwrap())
            }
            Entry::Term(term) => (format!("-{}", term.id.name), &term.value),
            _ => continue,
        };
        let mut message = Message::default();
        read_pattern(pattern, &mut message);
        let known = messages.insert(key.clone(), message);
        assert!(known.is_none(), "{key} is twice in {}", path.display());
    }
    messages
}

fn read_pattern(pattern: &Pattern<&str>, message: &mut Message) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => message.text.push_str(value),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(inline) => read_inline(inline, message),
                Expression::Select { selector, variants } => {
                    read_inline(selector, message);
                    let keys = variants.iter().map(|variant| match &variant.key {
                        VariantKey::Identifier { name }
                        | VariantKey::NumberLiteral { value: name } => (*name).to_owned(),
                    });
                    message.variants.push(keys.collect());
                    for variant in variants {
                        read_pattern(&variant.value, message);
                    }
                }
            },
        }
    }
}

fn read_inline(inline: &InlineExpression<&str>, message: &mut Message) {
    match inline {
        InlineExpression::VariableReference { id } => {
            message.variables.insert(id.name.to_owned());
            message.text.push('$');
        }
        InlineExpression::StringLiteral { value } => message.text.push_str(value),
        InlineExpression::MessageReference { id, .. } => message.text.push_str(id.name),
        InlineExpression::TermReference { id, .. } => message.text.push_str(id.name),
        _ => {}
    }
}

/// The languages into which the texts are translated.
fn translations() -> impl Iterator<Item = Locale> {
    Locale::languages().filter(|locale| *locale != Locale::En)
}

const FOLDERS: [&str; 2] = ["locales", "brand/words"];

#[test]
fn every_language_has_the_keys_of_english_and_no_others() {
    for folder in FOLDERS {
        let english: BTreeSet<_> = messages(folder, Locale::En).into_keys().collect();
        for locale in translations() {
            let translated: BTreeSet<_> = messages(folder, locale).into_keys().collect();
            let missing: Vec<_> = english.difference(&translated).collect();
            let unknown: Vec<_> = translated.difference(&english).collect();
            let tag = locale.tag();
            assert!(
                missing.is_empty(),
                "missing in {folder}/{tag}.ftl: {missing:?}"
            );
            assert!(
                unknown.is_empty(),
                "only in {folder}/{tag}.ftl: {unknown:?}"
            );
        }
    }
}

#[test]
fn every_text_is_translated() {
    for folder in FOLDERS {
        let english = messages(folder, Locale::En);
        for locale in translations() {
            let translated = messages(folder, locale);
            for (key, original) in english.iter().filter(|(key, _)| !key.starts_with('-')) {
                let tag = locale.tag();
                let is_same = translated[key].text == original.text;
                let may_be_same = SAME
                    .iter()
                    .any(|(language, same)| same == key && (*language == "*" || *language == tag));
                assert!(
                    !is_same || may_be_same,
                    "{key} is in English in {folder}/{tag}.ftl"
                );
            }
        }
    }
}

#[test]
fn french_does_not_say_whether_a_man_or_a_woman_reads_it() {
    for folder in FOLDERS {
        for (key, message) in messages(folder, Locale::Fr) {
            for address in ["vous êtes ", "vous avez été "] {
                let text = message.text.to_lowercase();
                let after = text.split(address).skip(1);
                let mut words = after.filter_map(|rest| rest.split([' ', '.', ',']).next());
                let participle = words.find(|word| word.ends_with('é') || word.ends_with("ée"));
                assert_eq!(participle, None, "{key} in {folder}");
            }
        }
    }
}

#[test]
fn a_translation_has_the_variables_and_links_of_the_original() {
    let links = |message: &Message| {
        let count = |mark: char| message.text.matches(mark).count();
        // Each plural form repeats the link.
        (count('[') > 0, count('[') == count(']'))
    };
    for folder in FOLDERS {
        let english = messages(folder, Locale::En);
        for locale in translations() {
            for (key, translated) in messages(folder, locale) {
                let tag = locale.tag();
                let original = &english[&key];
                assert_eq!(translated.variables, original.variables, "{key} in {tag}");
                assert_eq!(links(&translated), links(original), "{key} in {tag}");
            }
        }
    }
}

/// The plural categories of whole numbers (CLDR, "Language Plural Rules").
fn plurals(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En | Locale::De | Locale::Pseudo => &["one", "other"],
        // `many` is for millions.
        Locale::Es | Locale::Fr | Locale::PtBr => &["one", "other"],
        Locale::Ar => &["zero", "one", "two", "few", "many", "other"],
    }
}

#[test]
fn a_choice_by_number_has_every_form_of_the_language() {
    for folder in FOLDERS {
        for locale in Locale::languages() {
            for (key, message) in messages(folder, locale) {
                for variants in message.variants {
                    let forms: BTreeSet<_> = variants
                        .iter()
                        .filter(|name| !name.starts_with(|first: char| first.is_ascii_digit()))
                        .map(String::as_str)
                        .collect();
                    // A default among exact numbers is not a choice by plural.
                    if forms.is_empty() || forms == BTreeSet::from(["other"]) {
                        continue;
                    }
                    let expected: BTreeSet<_> = plurals(locale).iter().copied().collect();
                    assert_eq!(forms, expected, "{key} in {}", locale.tag());
                }
            }
        }
    }
}

/// All lines of the sources, without the files of texts and these tests.
fn sources(folder: &str) -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, text);
            } else if path.extension().is_some_and(|it| it == "rs")
                && !path.ends_with("i18n/tests.rs")
            {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    read(&root.join(folder), &mut text);
    text
}

#[test]
fn every_text_is_used_and_every_used_text_is_there() {
    let all = sources("src");
    let words: BTreeSet<_> = Word::iter().map(Word::key).collect();
    let mut known = BTreeSet::new();
    for folder in FOLDERS {
        for key in messages(folder, Locale::En).into_keys() {
            let is_used = words.contains(key.as_str())
                || key.starts_with('-')
                || all.contains(&format!("\"{key}\""));
            assert!(is_used, "{key} of {folder} is not used");
            known.insert(key);
        }
    }
    for word in &words {
        assert!(known.contains(*word), "{word} is missing");
    }
    for call in [".text(\"", ".text_with(\n", ".text_with(\""] {
        let callers = ["src/ui", "src/web", "src/api"].map(sources).concat();
        for after in callers.split(call).skip(1) {
            let after = after.trim_start().trim_start_matches('"');
            let key = after.split('"').next().unwrap();
            assert!(known.contains(key), "{key} is in no file of texts");
        }
    }
}

#[test]
fn the_browsers_file_has_each_word_in_its_place() {
    let catalog = std::sync::Arc::new(Catalog::built_in());
    for locale in Locale::languages() {
        let texts = Texts::new(&catalog, locale);
        let path = texts.words_path().unwrap();
        let file = catalog.words_files().find(|file| file.path == path);
        let list = file
            .unwrap()
            .script
            .strip_prefix("document.words=")
            .unwrap();
        let list: Vec<String> = serde_json::from_str(list).unwrap();
        let expected: Vec<_> = Word::iter().map(|word| texts.word(word)).collect();
        assert_eq!(list, expected, "{}", locale.tag());
    }
    let paths: BTreeSet<_> = catalog.words_files().map(|file| &file.path).collect();
    assert_eq!(paths.len(), Locale::iter().count());
}

#[test]
fn numbers_and_dates_follow_the_language() {
    let english = Texts::default();
    let in_language = |locale| english.with_locale(locale);
    for (locale, expected) in [
        (Locale::En, "August 31, 1977"),
        (Locale::Es, "31 de agosto de 1977"),
        (Locale::Fr, "31 août 1977"),
        (Locale::De, "31. August 1977"),
        (Locale::PtBr, "31 de agosto de 1977"),
    ] {
        assert_eq!(in_language(locale).date(date(1977, 8, 31)), expected);
    }
    // The first of a month is an ordinal where people say so.
    let first = date(2026, 3, 1);
    assert_eq!(in_language(Locale::Fr).date(first), "1er mars 2026");
    assert_eq!(in_language(Locale::PtBr).date(first), "1º de março de 2026");
    assert_eq!(in_language(Locale::Es).date(first), "1 de marzo de 2026");
    // Between invisible marks, which keep the order of the parts.
    let arabic = in_language(Locale::Ar).date(date(1977, 8, 31));
    let visible: String = arabic
        .chars()
        .filter(|c| !('\u{2068}'..='\u{2069}').contains(c))
        .collect();
    assert_eq!(visible, "31 أغسطس 1977");

    let tries = |locale, tries: i64| {
        in_language(locale).text_with("notice-wrong-few-left", [("tries", tries.into())])
    };
    assert!(tries(Locale::En, 1).contains("one try"));
    assert!(tries(Locale::De, 2).contains("2 Versuche"));
    assert!(tries(Locale::Ar, 2).contains("محاولتان"));
    assert!(tries(Locale::Ar, 3).contains("محاولات"));
    assert!(tries(Locale::Ar, 11).contains("محاولة"));
}

#[test]
fn the_pseudo_locale_changes_every_latin_letter() {
    let texts = Texts::default().with_locale(Locale::Pseudo);
    // The suffix is the name of the brand.
    for word in Word::iter().filter(|word| *word != Word::TitleSuffix) {
        let text = texts.word(word);
        assert!(!text.contains(|c: char| c.is_ascii_alphabetic()), "{text}");
    }
}

#[test]
fn a_brand_without_texts_in_a_language_does_not_offer_it() {
    let catalog = Catalog::new("Cat Sitter", |locale| {
        let is_offered = matches!(locale, Locale::En | Locale::De);
        is_offered.then(|| Catalog::built_in_brand(locale).to_owned())
    });
    let texts = Texts::new(&std::sync::Arc::new(catalog.unwrap()), Locale::Fr);
    assert_eq!(texts.offered(), [Locale::En, Locale::De]);
    assert_eq!(texts.locale(), Locale::En);
    assert_eq!(texts.title("Hello"), "Hello - Cat Sitter");

    let broken = Catalog::new("Cat Sitter", |_| {
        Some("greeting = Hello { $name".to_owned())
    });
    let error = broken.unwrap_err().to_string();
    assert!(error.starts_with("words/en.ftl: "), "{error}");
}
