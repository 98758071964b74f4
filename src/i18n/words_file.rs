//! The file with the texts that the browser may show.

use sha2::{Digest as _, Sha256};

use super::Locale;

/// How much of the digest the path contains, in bytes.
const DIGEST_BYTES: usize = 8;

/// A script that hands the texts of one language to the islands, in the order of [`Word`](super::Word).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsFile {
    /// The path beside the WASM, which changes with the content.
    pub path: String,
    /// The script.
    pub script: String,
}

impl WordsFile {
    pub(super) fn new(locale: Locale, words: &[String]) -> Self {
        let script = format!("document.words={}", serde_json::Value::from(words.to_vec()));
        let digest = Sha256::digest(&script);
        let digest = const_hex::encode(&digest[..DIGEST_BYTES]);
        Self {
            path: format!("/pkg/words.{}.{digest}.js", locale.tag()),
            script,
        }
    }
}
