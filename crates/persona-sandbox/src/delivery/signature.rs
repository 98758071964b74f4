//! The signature of a webhook.
//!
//! Docs: `webhooks-best-practices`. The key is the whole secret, prefix and all; what is signed is
//! the time of sending, a dot, and the body, byte for byte. The time is wall time, because
//! receivers compare it with their clocks.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The value of `Persona-Signature`: a pair for each secret, separated by a space.
pub(crate) fn header<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    seconds: i64,
    body: &[u8],
) -> String {
    let pairs: Vec<_> = secrets
        .into_iter()
        .map(|secret| format!("t={seconds},v1={}", sign(secret, seconds, body)))
        .collect();
    pairs.join(" ")
}

fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac =
        <Hmac<Sha256>>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    const_hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signed by Python's hmac: see the fixture's note.
    #[test]
    fn the_fixture_is_signed_as_another_implementation_does() {
        let fixture: serde_json::Value = serde_json::from_str(include_str!(
            "../../../../tests/fixtures/webhook-inquiry-approved.json"
        ))
        .unwrap();
        let text = |name: &str| fixture[name].as_str().unwrap();
        let body = text("body").as_bytes();
        let secrets = [text("secret"), text("previous-secret")];
        assert_eq!(
            header([secrets[0]], 1_767_607_620, body),
            fixture["headers"]["persona-signature"]
        );
        assert_eq!(
            header(secrets, 1_767_607_620, body),
            text("rotating-persona-signature")
        );
    }
}
