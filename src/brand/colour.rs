//! Colours and their contrast (WCAG 2.2, "contrast ratio" and "relative luminance").

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Colour([u8; 3]);

/// The text is not a colour.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no colour: write it as #rrggbb, like #1f6a52")]
pub(crate) struct NoColour(String);

impl Colour {
    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([255; 3]);

    /// The contrast of two colours, from 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The nearest darker or lighter shade that passes; `None` if no shade does.
    pub(crate) fn nearest(self, passes: impl Fn(Self) -> bool) -> Option<Self> {
        // The same share towards black and towards white, smallest first.
        (0..=u8::MAX).find_map(|share| {
            [Self::BLACK, Self::WHITE]
                .map(|end| self.mixed(end, share))
                .into_iter()
                .find(|shade| passes(*shade))
        })
    }

    fn mixed(self, other: Self, share: u8) -> Self {
        let share = i32::from(share);
        let mix = |from: u8, to: u8| {
            let mixed = (i32::from(from) * (255 - share) + i32::from(to) * share) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        let ([r1, g1, b1], [r2, g2, b2]) = (self.0, other.0);
        Self([mix(r1, r2), mix(g1, g2), mix(b1, b2)])
    }
}

impl FromStr for Colour {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let mut channels = [0; 3];
        text.strip_prefix('#')
            .and_then(|hex| const_hex::decode_to_slice(hex, &mut channels).ok())
            .map(|()| Self(channels))
            .ok_or_else(|| NoColour(text.to_owned()))
    }
}

impl TryFrom<String> for Colour {
    type Error = NoColour;

    fn try_from(text: String) -> Result<Self, NoColour> {
        text.parse()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", const_hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn contrasts_are_those_of_wcag() {
        for (one, two, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#1f6a52", "#ffffff", 6.50),
            ("#ffffff", "#ffffff", 1.0),
        ] {
            let ratio = colour(one).contrast(colour(two));
            assert!((ratio - expected).abs() < 0.05, "{one} on {two}: {ratio}");
        }
    }

    #[test]
    fn the_nearest_shade_is_the_first_that_passes() {
        let white = Colour::WHITE;
        let passes = |shade: Colour| shade.contrast(white) >= 4.5;
        let nearest = colour("#777777").nearest(passes).unwrap();
        assert_eq!(nearest.to_string(), "#767676");
        assert_eq!(colour("#1f6a52").nearest(passes), Some(colour("#1f6a52")));
        assert_eq!(colour("#777777").nearest(|_| false), None);
    }

    #[test]
    fn other_notations_are_refused() {
        for text in ["", "1f6a52", "#1f6", "#1f6a5g", "green", "#1f6a5200"] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
        assert_eq!(colour("#1F6A52").to_string(), "#1f6a52");
    }
}
