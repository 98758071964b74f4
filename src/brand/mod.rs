//! The brand: everything that a team changes to make the pages its own.
//!
//! One folder: `brand.toml` (name, links, colours), `mark.svg`, `drawings.svg` and `words/<tag>.ftl`. The
//! program contains that of the sources; `BRAND_DIR` names another. It is read and checked once, at the
//! start.

mod colour;
mod mark;
mod palette;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Deserializer, de::Error as _};
use url::Url;

pub use self::mark::Mark;
use self::palette::Palette;
use crate::i18n::{Catalog, Locale};

/// A brand that was read and checked. Cheap to clone.
#[derive(Clone)]
pub struct Brand(Arc<BrandParts>);

/// The parts of a brand.
pub struct BrandParts {
    /// The links at the foot of each page.
    pub links: Links,
    /// The mark.
    pub mark: Mark,
    /// The drawings of the status card.
    pub drawings: String,
    /// The colours, as custom properties for the style sheet.
    pub css: String,
    /// The texts of all languages that the brand offers.
    pub catalog: Arc<Catalog>,
}

/// The links at the foot of each page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    /// Where people who need help are led.
    #[serde(default, deserialize_with = "link")]
    pub support: Option<Url>,
    /// What becomes of people's data.
    #[serde(default, deserialize_with = "link")]
    pub privacy: Option<Url>,
    /// The terms of use.
    #[serde(default, deserialize_with = "link")]
    pub terms: Option<Url>,
}

fn link<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).ok();
    url.filter(|url| ["http", "https", "mailto"].contains(&url.scheme()))
        .map(Some)
        .ok_or_else(|| {
            let problem = "is no link: write https://… or mailto:support@example.com";
            D::Error::custom(format!("`{text}` {problem}"))
        })
}

/// `brand.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    #[serde(default)]
    links: Links,
    colours: Palette,
}

/// What is wrong with a folder, one problem a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BrandError(Vec<String>);

/// Where the files come from.
enum Source<'a> {
    BuiltIn,
    Folder(&'a Path),
}

impl Brand {
    /// The brand that the program contains.
    ///
    /// # Panics
    /// If it is not valid: the tests read it.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(&Source::BuiltIn).expect("the built-in brand is valid")
    }

    /// Reads and checks the brand of a folder.
    ///
    /// # Errors
    /// [`BrandError`] with everything that is wrong.
    pub fn load(folder: &Path) -> Result<Self, BrandError> {
        Self::read(&Source::Folder(folder))
    }

    fn read(source: &Source<'_>) -> Result<Self, BrandError> {
        let mut problems = Vec::new();
        let settings = source.text("brand.toml").and_then(|text| {
            toml::from_str::<Settings>(&text).map_err(|error| format!("brand.toml: {error}"))
        });
        let settings = settings.map_err(|problem| problems.push(problem)).ok();
        let mark = source.text("mark.svg").and_then(|svg| Mark::parse(&svg));
        let mark = mark.map_err(|problem| problems.push(problem)).ok();
        let drawings = source.text("drawings.svg").and_then(mark::check_drawings);
        let drawings = drawings.map_err(|problem| problems.push(problem)).ok();

        let name = settings.as_ref().map_or("?", |settings| &settings.name);
        if name.trim().is_empty() || name.contains(['"', '\\', '\n', '<']) {
            let problem =
                "brand.toml: name is empty, or has a quotation mark, `\\`, `<` or a line break";
            problems.push(problem.to_owned());
        }
        let catalog = source.words().and_then(|words| {
            let catalog = Catalog::new(name, |locale| {
                let words = words.iter().find(|(known, _)| *known == locale)?;
                Some(words.1.clone())
            });
            catalog.map_err(|error| error.to_string())
        });
        let catalog = catalog.map_err(|problem| problems.push(problem)).ok();
        if let Some(settings) = &settings {
            let colours = settings.colours.problems().into_iter();
            problems.extend(colours.map(|problem| format!("brand.toml: {problem}")));
        }

        let parts = || {
            let settings = settings?;
            Some(BrandParts {
                css: settings.colours.css(),
                links: settings.links,
                mark: mark?,
                drawings: drawings?,
                catalog: Arc::new(catalog?),
            })
        };
        match parts() {
            Some(parts) if problems.is_empty() => Ok(Self(Arc::new(parts))),
            _ => Err(BrandError(problems)),
        }
    }
}

impl std::ops::Deref for Brand {
    type Target = BrandParts;

    fn deref(&self) -> &BrandParts {
        &self.0
    }
}

impl fmt::Debug for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brand")
            .field("links", &self.links)
            .finish_non_exhaustive()
    }
}

impl Source<'_> {
    fn text(&self, name: &str) -> Result<String, String> {
        let built_in = match name {
            "brand.toml" => include_str!("../../brand/brand.toml"),
            "mark.svg" => include_str!("../../brand/mark.svg"),
            _ => include_str!("../../brand/drawings.svg"),
        };
        match self {
            Self::BuiltIn => Ok(built_in.to_owned()),
            Self::Folder(folder) => read_file(&folder.join(name)),
        }
    }

    /// The brand's sentences in each of its languages.
    fn words(&self) -> Result<Vec<(Locale, String)>, String> {
        let languages = Locale::languages().map(|locale| match self {
            Self::BuiltIn => Ok(Some((locale, Catalog::built_in_brand(locale).to_owned()))),
            Self::Folder(folder) => {
                let path = words_path(folder, locale);
                let is_there = path.is_file() || locale == Locale::default();
                let text = is_there.then(|| read_file(&path)).transpose()?;
                Ok(text.map(|text| (locale, text)))
            }
        });
        let languages: Result<Vec<_>, String> = languages.collect();
        let mut words: Vec<_> = languages?.into_iter().flatten().collect();
        // In development, the pseudo-locale is made from English.
        let english = words.iter().find(|(locale, _)| *locale == Locale::En);
        let pseudo = english.map(|(_, text)| (Locale::Pseudo, text.clone()));
        words.extend(pseudo);
        Ok(words)
    }
}

fn words_path(folder: &Path, locale: Locale) -> PathBuf {
    folder.join("words").join(format!("{}.ftl", locale.tag()))
}

fn read_file(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{} is missing: copy the folder `brand` of the sources, and change the copy",
            path.display()
        ),
        _ => format!("{} cannot be read: {error}", path.display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/brand");

    /// A copy of the second brand, changed.
    fn problems_of(file: &str, change: impl Fn(String) -> Option<String>) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("words")).unwrap();
        for name in [
            "brand.toml",
            "mark.svg",
            "drawings.svg",
            "words/en.ftl",
            "words/de.ftl",
        ] {
            let text = fs::read_to_string(Path::new(SECOND).join(name)).unwrap();
            let text = if name == file {
                change(text)
            } else {
                Some(text)
            };
            if let Some(text) = text {
                fs::write(folder.path().join(name), text).unwrap();
            }
        }
        Brand::load(folder.path()).unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_and_the_second_brand_are_valid() {
        let first = Brand::built_in();
        assert!(first.catalog.has(Locale::Ar));
        let second = Brand::load(Path::new(SECOND)).unwrap();
        assert!(second.catalog.has(Locale::De) && !second.catalog.has(Locale::Ar));
    }

    #[test]
    fn each_problem_is_named_with_its_file() {
        for (file, from, to, expected) in [
            ("brand.toml", "name = ", "nmae = ", "brand.toml: "),
            ("brand.toml", "Cat Sitter", "", "name is empty"),
            (
                "brand.toml",
                "#2f4fb5",
                "#8f9fe5",
                "the nearest that passes is #",
            ),
            ("brand.toml", "#2f4fb5", "blue", "write it as #rrggbb"),
            (
                "brand.toml",
                "https://cats.example/privacy",
                "privacy",
                "brand.toml: ",
            ),
            ("mark.svg", "<svg", "<SVG", "mark.svg"),
            ("mark.svg", "<circle", "<script/><circle", "mark.svg"),
            ("drawings.svg", "id=\"clock\"", "id=\"cloak\"", "`clock`"),
            (
                "words/en.ftl",
                "greeting =",
                "greating =",
                "`greeting` is missing",
            ),
            (
                "words/en.ftl",
                "get-help =",
                "get-halp =",
                "`get-halp` is not known",
            ),
        ] {
            let problems = problems_of(file, |text| {
                assert!(text.contains(from), "{from} is not in {file}");
                Some(text.replace(from, to))
            });
            assert!(problems.contains(expected), "{file}: {problems}");
        }
    }

    #[test]
    fn a_missing_file_is_named_and_a_missing_language_is_not_offered() {
        for file in ["brand.toml", "mark.svg", "drawings.svg", "words/en.ftl"] {
            let problems = problems_of(file, |_| None);
            assert!(
                problems.contains(&format!("{file} is missing")),
                "{problems}"
            );
        }
    }
}
