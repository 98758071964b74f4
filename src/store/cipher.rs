//! Encryption at rest of personal data.
//!
//! XChaCha20-Poly1305 with a random nonce per value. A sealed value contains the ID of its key,
//! which permits key rotation: the newest key seals, every known key opens. Table and row are
//! authenticated as associated data, so that a value moved to another row does not open.
//!
//! A searchable value has a keyed digest beside it (a blind index), under a key derived from the
//! same data key, so that both rotate together.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    Key as AeadKey, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate as _, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::{Digest, Sha256};

/// The layout of a sealed value: version, key ID, nonce, ciphertext with tag.
const VERSION: u8 = 1;
const KEY_ID_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 24;
const HEADER_LENGTH: usize = 1 + KEY_ID_LENGTH + NONCE_LENGTH;

/// A key of 32 bytes.
#[derive(Clone)]
pub struct DataKey([u8; 32]);

/// The text is not a key.
#[derive(Debug, thiserror::Error)]
#[error("a data key is 32 random bytes in Base64, for example from `openssl rand -base64 32`")]
pub struct DataKeyError;

impl DataKey {
    /// Decodes a key in Base64.
    ///
    /// # Errors
    /// If the text is not Base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, DataKeyError> {
        let bytes = BASE64_STANDARD
            .decode(text.trim())
            .map_err(|_| DataKeyError)?;
        bytes.try_into().map(Self).map_err(|_| DataKeyError)
    }
}

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID_LENGTH],
    aead: XChaCha20Poly1305,
    index: Hmac<Sha256>,
}

/// Seals and opens values. Cheap to clone.
#[derive(Clone)]
pub struct Cipher {
    newest: Arc<Key>,
    older: Arc<[Key]>,
}

impl Cipher {
    /// Creates a cipher that seals with `newest` and opens with any of the keys.
    #[must_use]
    pub fn new(newest: &DataKey, older: &[DataKey]) -> Self {
        Self {
            newest: Arc::new(Key::new(newest)),
            older: older.iter().map(Key::new).collect(),
        }
    }

    /// Creates a cipher of these keys, the newest first. Without keys it seals with a random one,
    /// so its values cannot be opened again: only for commands that read no sealed value.
    #[must_use]
    pub fn from_keys(keys: &[DataKey]) -> Self {
        match keys.split_first() {
            Some((newest, older)) => Self::new(newest, older),
            None => Self::new(&DataKey(AeadKey::generate().into()), &[]),
        }
    }

    /// Seals a value with its associated data; `None` if it is too long to be sealed.
    #[must_use]
    pub fn seal(&self, aad: &str, value: &[u8]) -> Option<Vec<u8>> {
        self.newest.seal(aad, value)
    }

    /// Opens a value; `None` if no known key opens it with this associated data.
    #[must_use]
    pub fn open(&self, aad: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (header, ciphertext) = sealed.split_at_checked(HEADER_LENGTH)?;
        let (version, header) = header.split_first()?;
        let (key_id, nonce) = header.split_at_checked(KEY_ID_LENGTH)?;
        if *version != VERSION {
            return None;
        }
        let key = self.keys().find(|key| key.id == key_id)?;
        let payload = Payload {
            msg: ciphertext,
            aad: aad.as_bytes(),
        };
        key.aead.decrypt(nonce.try_into().ok()?, payload).ok()
    }

    /// The ID of the newest key.
    pub(super) fn newest_id(&self) -> String {
        const_hex::encode(self.newest.id)
    }

    /// The IDs of all known keys, the newest first.
    pub(super) fn ids(&self) -> Vec<String> {
        self.keys().map(|key| const_hex::encode(key.id)).collect()
    }

    /// The ID of the key that sealed a value.
    pub(super) fn sealing_key_id(sealed: &[u8]) -> String {
        const_hex::encode(sealed.get(1..=KEY_ID_LENGTH).unwrap_or_default())
    }

    /// Seals a value with the key of this ID; `None` if the key is unknown.
    pub(super) fn seal_with(&self, key_id: &str, aad: &str, value: &[u8]) -> Option<Vec<u8>> {
        self.keys()
            .find(|key| const_hex::encode(key.id) == key_id)
            .and_then(|key| key.seal(aad, value))
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&*self.newest).chain(self.older.iter())
    }

    /// Whether the newest key sealed the value; if not, it must be re-encrypted.
    pub(super) fn is_newest(&self, sealed: &[u8]) -> bool {
        sealed.get(1..=KEY_ID_LENGTH) == Some(&self.newest.id[..])
    }

    /// The value's digest under the newest key.
    pub(super) fn digest(&self, value: &str) -> String {
        self.newest.digest(value)
    }

    /// The value's digests under all known keys, in an order that does not depend on the order of
    /// the keys.
    pub(super) fn digests(&self, value: &str) -> Vec<String> {
        let mut digests: Vec<_> = self.keys().map(|key| key.digest(value)).collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    }
}

impl Key {
    fn new(key: &DataKey) -> Self {
        let digest = Sha256::digest(key.0);
        let mut id = [0; KEY_ID_LENGTH];
        id.copy_from_slice(&digest[..KEY_ID_LENGTH]);
        // A separate key for the index: one purpose, one key.
        let mut index_key = [0; 32];
        Hkdf::<Sha256>::new(None, &key.0)
            .expand(b"blind index", &mut index_key)
            .expect("HKDF gives 32 bytes");
        Self {
            id,
            aead: XChaCha20Poly1305::new(&key.0.into()),
            index: <Hmac<Sha256> as KeyInit>::new_from_slice(&index_key)
                .expect("HMAC takes a key of any length"),
        }
    }

    fn seal(&self, aad: &str, value: &[u8]) -> Option<Vec<u8>> {
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: value,
            aad: aad.as_bytes(),
        };
        let ciphertext = self.aead.encrypt(&nonce, payload).ok()?;
        let mut sealed = Vec::with_capacity(HEADER_LENGTH + ciphertext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Some(sealed)
    }

    fn digest(&self, value: &str) -> String {
        let mac = self.index.clone().chain_update(value);
        const_hex::encode(mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey([REDACTED])")
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey([byte; 32])
    }

    #[test]
    fn a_sealed_value_opens_with_its_associated_data_only() {
        let cipher = Cipher::new(&key(1), &[]);
        let sealed = cipher.seal("users/usr_1", b"Alexander").unwrap();
        assert!(!sealed.windows(9).any(|window| window == b"Alexander"));
        assert_eq!(
            cipher.open("users/usr_1", &sealed).as_deref(),
            Some(&b"Alexander"[..])
        );
        assert_eq!(cipher.open("users/usr_2", &sealed), None);
    }

    #[test]
    fn a_rotated_key_still_opens_and_a_removed_one_does_not() {
        let sealed = Cipher::new(&key(1), &[]).seal("p", b"v").unwrap();
        let rotated = Cipher::new(&key(2), &[key(1)]);
        assert_eq!(rotated.open("p", &sealed).as_deref(), Some(&b"v"[..]));
        assert_eq!(Cipher::new(&key(2), &[]).open("p", &sealed), None);
    }

    #[test]
    fn a_changed_or_shortened_value_does_not_open() {
        let cipher = Cipher::new(&key(1), &[]);
        let sealed = cipher.seal("p", b"v").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(cipher.open("p", &changed), None, "byte {index}");
            assert_eq!(cipher.open("p", &sealed[..index]), None, "length {index}");
        }
    }

    #[test]
    fn a_digest_is_found_under_every_known_key() {
        let before = Cipher::new(&key(1), &[]);
        let rotated = Cipher::new(&key(2), &[key(1)]);
        let digest = before.digest("walker@example.com");
        assert_ne!(digest, rotated.digest("walker@example.com"));
        assert!(rotated.digests("walker@example.com").contains(&digest));
        assert_ne!(digest, before.digest("walker@example.org"));
        assert_eq!(
            rotated.digests("walker@example.com"),
            Cipher::new(&key(1), &[key(2)]).digests("walker@example.com")
        );
    }

    #[test]
    fn a_value_knows_whether_the_newest_key_sealed_it() {
        let sealed = Cipher::new(&key(1), &[]).seal("p", b"v").unwrap();
        assert!(Cipher::new(&key(1), &[key(2)]).is_newest(&sealed));
        assert!(!Cipher::new(&key(2), &[key(1)]).is_newest(&sealed));
    }

    #[test]
    fn only_32_bytes_of_base64_are_a_key() {
        assert!(DataKey::parse(&BASE64_STANDARD.encode([7; 32])).is_ok());
        assert!(DataKey::parse(&BASE64_STANDARD.encode([7; 31])).is_err());
        assert!(DataKey::parse("not base64!").is_err());
    }
}
