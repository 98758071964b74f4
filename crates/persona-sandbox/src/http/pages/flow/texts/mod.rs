//! The words of the flow, one file for each language.

mod arabic;
mod english;
mod french;
mod german;
mod portuguese;
mod spanish;
mod words;

use crate::core::model::Language;
pub(super) use words::{ImageTexts, Texts};

/// The words in this language.
pub(super) fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &english::TEXTS,
        Language::Arabic => &arabic::TEXTS,
        Language::French => &french::TEXTS,
        Language::German => &german::TEXTS,
        Language::Portuguese => &portuguese::TEXTS,
        Language::Spanish => &spanish::TEXTS,
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::core::model::SubmissionStep;
    use crate::domain::EnteredProblem;

    #[test]
    fn english_says_what_a_field_takes() {
        let texts = texts(Language::English);
        let problem = EnteredProblem::Invalid("must be an integer");
        assert_eq!(texts.problem("Dogs", problem), "Dogs must be an integer.");
        let problem = EnteredProblem::Missing;
        assert_eq!(texts.problem("Dogs", problem), "Dogs is missing.");
    }

    /// A word such as *Selfie* is the same in several languages; none of these texts is.
    #[test]
    fn no_language_has_the_words_of_english() {
        let words = |language: Language| {
            let texts = texts(language);
            let of_steps = SubmissionStep::VARIANTS.iter().flat_map(move |step| {
                let texts = texts.step(*step);
                [texts.note, texts.button, texts.need]
            });
            [
                texts.sandbox_note,
                texts.start_heading,
                texts.start_button,
                texts.camera_refused,
                texts.unreachable,
                texts.success_note,
                texts.handoff_note,
                texts.session_note,
                texts.expired_note,
                texts.link_expired,
                texts.needs_script,
            ]
            .into_iter()
            .chain(of_steps)
        };
        let others = Language::VARIANTS.iter().copied();
        for language in others.filter(|language| *language != Language::English) {
            for (word, english) in words(language).zip(words(Language::English)) {
                assert_ne!(word, english, "{language:?}");
            }
        }
    }
}
