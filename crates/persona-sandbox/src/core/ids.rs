//! Identifiers and randomness.
//!
//! All randomness of the sandbox comes from one [`Entropy`], so that a seeded sandbox gives the
//! same identifiers, tokens and faults on every run.

use std::fmt::Write as _;

use rand::distr::{Alphanumeric, SampleString};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Letters and digits after a prefix; Persona's inquiry IDs have had 28 since 2024 (changelog
/// of 2024-01-29).
const ID_LENGTH: usize = 28;

/// The source of identifiers, codes and keys.
#[derive(Debug)]
pub(crate) struct Entropy(StdRng);

impl Entropy {
    /// Seeded, the same values follow; `source` (how many were used before) keeps a sandbox that
    /// was restarted or reset from repeating identifiers.
    pub(crate) fn new(seed: Option<u64>, source: u64) -> Self {
        Self(match seed {
            Some(seed) => {
                StdRng::seed_from_u64(seed.wrapping_add(source.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            }
            None => rand::make_rng(),
        })
    }

    /// An identifier such as `inq_…`; `prefix` comes without the underscore.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        let mut id = String::with_capacity(prefix.len() + 1 + ID_LENGTH);
        id.push_str(prefix);
        id.push('_');
        Alphanumeric.append_string(&mut self.0, &mut id, ID_LENGTH);
        id
    }

    /// A code of `length` letters and digits.
    pub(crate) fn code(&mut self, length: usize) -> String {
        Alphanumeric.sample_string(&mut self.0, length)
    }

    /// A random (version 4) UUID, the form of a token's `jti`.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_identifiers_and_another_source_others() {
        let first = Entropy::new(Some(7), 0).id("inq");
        assert_eq!(first, Entropy::new(Some(7), 0).id("inq"));
        assert_ne!(first, Entropy::new(Some(7), 1).id("inq"));
        assert_eq!(first.len(), "inq_".len() + ID_LENGTH);
    }

    #[test]
    fn a_uuid_is_of_version_four() {
        let uuid = Entropy::new(Some(1), 0).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"));
    }
}
