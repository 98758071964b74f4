//! The language that a browser asks for.

use std::sync::LazyLock;

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use strum::IntoEnumIterator as _;
use unic_langid::LanguageIdentifier;

use super::Locale;

/// A language with its identifier.
#[derive(PartialEq)]
struct Candidate {
    locale: Locale,
    identifier: LanguageIdentifier,
}

impl AsRef<LanguageIdentifier> for Candidate {
    fn as_ref(&self) -> &LanguageIdentifier {
        &self.identifier
    }
}

/// All languages. Their tags are parsed once, because every request without a choice negotiates.
static CANDIDATES: LazyLock<Vec<Candidate>> = LazyLock::new(|| {
    Locale::iter()
        .filter_map(|locale| {
            let identifier = locale.tag().parse().ok()?;
            Some(Candidate { locale, identifier })
        })
        .collect()
});

/// The longest `Accept-Language` that is read, in bytes. Browsers send far less.
const MAX_HEADER_BYTES: usize = 1_000;

/// Picks one of the languages by the header `Accept-Language` (RFC 9110, 12.5.4); English if the header
/// asks for none of them. `es-MX` is served by `es`, and `pt` by `pt-BR`.
#[must_use]
pub fn negotiate(header: &str, available: &[Locale]) -> Locale {
    if header.is_empty() || header.len() > MAX_HEADER_BYTES {
        return Locale::default();
    }
    // Best first; a quality of 0 is a refusal.
    let requested: Vec<_> = accept_language::parse_with_quality(header)
        .into_iter()
        .filter(|(_, quality)| *quality > 0.0)
        .filter_map(|(tag, _)| tag.parse::<LanguageIdentifier>().ok())
        .collect();
    if requested.is_empty() {
        return Locale::default();
    }
    let candidates: Vec<&Candidate> = CANDIDATES
        .iter()
        .filter(|candidate| available.contains(&candidate.locale))
        .collect();
    let found = negotiate_languages(&requested, &candidates, None, NegotiationStrategy::Lookup);
    found
        .first()
        .map(|candidate| candidate.locale)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_what_the_browser_accepts_is_served() {
        let available: Vec<_> = Locale::languages().collect();
        for (header, expected) in [
            ("", Locale::En),
            ("en-US,en;q=0.9", Locale::En),
            ("de", Locale::De),
            ("de-AT,de;q=0.9,en;q=0.8", Locale::De),
            ("es-MX", Locale::Es),
            ("es-419,es;q=0.9", Locale::Es),
            ("fr-CA;q=0.9,en;q=0.2", Locale::Fr),
            ("pt-BR,pt;q=0.9", Locale::PtBr),
            ("pt", Locale::PtBr),
            ("pt-PT", Locale::PtBr),
            ("ar-EG", Locale::Ar),
            // Not the first, but the best.
            ("en;q=0.3, de;q=0.7, fr;q=0.5", Locale::De),
            ("nl, ja;q=0.9, fr;q=0.1", Locale::Fr),
            ("fr;q=0, de;q=0.1", Locale::De),
            ("nl", Locale::En),
            ("*", Locale::En),
            (";;;,,q=1", Locale::En),
            ("de;q=much", Locale::En),
            ("zz-zz-zz-zz-zz", Locale::En),
        ] {
            assert_eq!(negotiate(header, &available), expected, "{header:?}");
        }
    }

    #[test]
    fn only_an_offered_language_is_picked() {
        assert_eq!(negotiate("fr", &[Locale::En, Locale::De]), Locale::En);
        assert_eq!(negotiate("en-XA", &[Locale::En]), Locale::En);
        let with_pseudo = [Locale::En, Locale::Pseudo];
        assert_eq!(negotiate("en-XA", &with_pseudo), Locale::Pseudo);
        assert_eq!(negotiate("en-US,en;q=0.9", &with_pseudo), Locale::En);
    }

    #[test]
    fn an_endless_header_is_not_read() {
        let header = format!("de,{}", "fr;q=0.1,".repeat(1_000));
        assert_eq!(negotiate(&header, &[Locale::De]), Locale::En);
    }
}
