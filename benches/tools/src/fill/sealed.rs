//! Values as the app seals and signs them, so that it can open what `fill` writes.
//!
//! The formats are those of `src/store/cipher.rs`, of tower-sessions and of the cookie crate.

use anyhow::{Context as _, ensure};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

/// Seals values with one of `DATA_KEYS`.
pub struct Cipher {
    key_id: [u8; 4],
    aead: XChaCha20Poly1305,
}

impl Cipher {
    pub fn new(data_key: &str) -> anyhow::Result<Self> {
        let key = BASE64_STANDARD.decode(data_key).context("--data-key")?;
        ensure!(key.len() == 32, "--data-key is 32 bytes in Base64");
        let digest = Sha256::digest(&key);
        Ok(Self {
            key_id: [digest[0], digest[1], digest[2], digest[3]],
            aead: XChaCha20Poly1305::new_from_slice(&key).context("--data-key")?,
        })
    }

    /// Version, key ID, nonce, ciphertext with tag. The nonce is a digest of the row's name: the
    /// same database is made again.
    pub fn seal(&self, row: &str, value: &[u8]) -> anyhow::Result<Vec<u8>> {
        let nonce: [u8; 24] = Sha256::digest(row)[..24].try_into()?;
        let payload = Payload {
            msg: value,
            aad: row.as_bytes(),
        };
        let sealed = self.aead.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| anyhow::anyhow!("a value cannot be sealed"))?;
        Ok([&[1], self.key_id.as_slice(), &nonce, &sealed].concat())
    }
}

/// A session: what the table knows it by, and its cookie.
pub struct Session {
    pub id_digest: String,
    pub cookie: String,
}

impl Session {
    /// Makes the session of a user, signed with `SESSION_SECRET`.
    pub fn new(secret: &str, user_id: &str) -> anyhow::Result<Self> {
        let id: [u8; 16] = Sha256::digest(user_id)[..16].try_into()?;
        let id = i128::from_be_bytes(id);
        let text = BASE64_URL_SAFE_NO_PAD.encode(id.to_le_bytes());
        // The first half of the key signs.
        let key = &Sha512::digest(secret)[..32];
        let signature = Hmac::<Sha256>::new_from_slice(key)?.chain_update(&text);
        let signature = BASE64_STANDARD.encode(signature.finalize().into_bytes());
        Ok(Self {
            id_digest: const_hex::encode(Sha256::digest(id.to_be_bytes())),
            cookie: format!("session={signature}{text}"),
        })
    }
}
