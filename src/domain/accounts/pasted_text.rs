//! Cleans pasted text of invisible marks.
//!
//! Address books, messengers and right-to-left interfaces put direction marks and byte order marks
//! around copied text. They are invisible, so they are removed. A mark that changes how the rest of
//! the text is displayed (Unicode Standard Annex 9) is rejected, because the stored and the
//! displayed text would differ.

/// The text contains a mark that changes how the rest is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReorderingMark;

/// Removes invisible characters, and white space around the text.
///
/// # Errors
/// [`ReorderingMark`].
pub(super) fn clean(text: &str) -> Result<String, ReorderingMark> {
    let text = text.trim_matches(|it: char| {
        is_blank(it) || is_invisible(it) || is_joiner(it) || is_embedding(it)
    });
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            it if is_override(it) || is_embedding(it) => return Err(ReorderingMark),
            it if is_invisible(it) => {}
            it if is_joiner(it) => {
                let before = cleaned.chars().next_back();
                if before.is_some_and(needs_joiners)
                    && rest.peek().copied().is_some_and(needs_joiners)
                {
                    cleaned.push(it);
                }
            }
            it if is_blank(it) => cleaned.push(' '),
            it => cleaned.push(it),
        }
    }
    Ok(cleaned)
}

/// White space, and letters that look like it: Hangul and Braille fillers.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{2800}' | '\u{3164}' | '\u{FFA0}')
}

/// Invisible characters that do not change the look of letters: soft hyphen, zero-width space,
/// implicit direction marks, invisible operators, byte order mark, and tags.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2060}'..='\u{2064}'
            | '\u{206A}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{E0001}'
            | '\u{E0020}'..='\u{E007F}'
    )
}

/// Starts or ends a part with its own direction. Around the whole text it has no effect.
fn is_embedding(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202C}' | '\u{2066}'..='\u{2069}')
}

/// Overrides the direction of the following text.
fn is_override(character: char) -> bool {
    matches!(character, '\u{202D}' | '\u{202E}')
}

/// Zero-width non-joiner and joiner.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

/// Whether a character belongs to a script whose spelling uses joiners: Arabic and related scripts,
/// the scripts of India and South-East Asia, Mongolian.
fn needs_joiners(character: char) -> bool {
    matches!(
        character,
        '\u{600}'..='\u{DFF}'
            | '\u{F00}'..='\u{109F}'
            | '\u{1780}'..='\u{18AF}'
            | '\u{1B00}'..='\u{1C4F}'
            | '\u{A8E0}'..='\u{A8FF}'
            | '\u{FB50}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFC}'
            | '\u{11000}'..='\u{11FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_removed() {
        for (text, expected) in [
            ("\u{200F}דוד\u{200E}", "דוד"),
            ("\u{FEFF}Ana", "Ana"),
            ("\u{2068}Ana\u{2069}", "Ana"),
            ("\u{202A}\u{FEFF} Ana\t\u{202C}", "Ana"),
            ("A\u{200B}n\u{AD}a", "Ana"),
            ("דוד\u{200F} לוי", "דוד לוי"),
            ("Ana\tMaría", "Ana María"),
            ("Ana\u{2029}\u{3164}María", "Ana  María"),
            ("An\u{200D}a", "Ana"),
            ("\u{E0041}Ana\u{E007F}", "Ana"),
            ("\u{3164}\u{200D}", ""),
        ] {
            assert_eq!(clean(text).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_the_spelling_needs_is_kept() {
        for text in [
            // Persian, Sinhala, Malayalam.
            "می\u{200C}خواهم",
            "ශ\u{DCA}\u{200D}ර\u{DD3}",
            "ന\u{D4D}\u{200D}റ",
            // A variant of a character that a family writes its name with.
            "葛\u{E0100}城",
            "Nuñez-Müller",
        ] {
            assert_eq!(clean(text).as_deref(), Ok(text), "{text:?}");
        }
    }

    #[test]
    fn what_turns_the_text_around_is_refused() {
        for text in [
            "\u{202E}anA",
            "\u{200F}\u{202D}Ana",
            "A\u{202E}na",
            "A\u{202B}na",
            "A\u{2067}n\u{2069}a",
            "\u{2067}Ana\u{2069} María",
        ] {
            assert_eq!(clean(text), Err(ReorderingMark), "{text:?}");
        }
    }
}
