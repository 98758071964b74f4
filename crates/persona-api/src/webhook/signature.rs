//! Verification of webhook signatures.
//!
//! `Persona-Signature: t=<seconds>,v1=<hex>`, where `v1` is the lower-case hex HMAC-SHA256 of
//! `<t>.<body>` under the webhook's secret. While a secret rotates there are two such pairs,
//! separated by a space (docs.withpersona.com/docs/webhooks-best-practices). Verification is pure:
//! it reads no clock and keeps no state. It rejects everything that Persona does not send: several
//! headers, a repeated part, upper-case hex.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The name of the signature header.
pub const SIGNATURE_HEADER: &str = "persona-signature";
/// The maximum distance between a signature's time and the current time, in either direction.
/// Persona states no figure; five minutes is the common value for webhooks. A retry is signed anew.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// The maximum number of signatures in a header. A rotation needs two; the limit bounds the work
/// for an unauthenticated sender.
const MAX_PAIRS: usize = 4;
/// The length of an HMAC-SHA256 in hex.
const HEX_LENGTH: usize = 64;

/// Why a signature is rejected. For logs: the sender gets no details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is missing.
    #[error("the signature header is missing")]
    Missing,
    /// There are several headers.
    #[error("there are several signature headers")]
    MultipleHeaders,
    /// The header does not have Persona's format.
    #[error("the signature header does not have Persona's format")]
    Malformed,
    /// No signature is within the time tolerance.
    #[error("the signature is too old, or of the future: check this machine's clock")]
    OutsideTolerance,
    /// No current secret produces this signature.
    #[error(
        "no current secret produces this signature: check the webhook's secret (PERSONA_WEBHOOK_SECRET)"
    )]
    Mismatch,
}

/// Verifies a body against its `Persona-Signature` headers and the current secrets. One signature
/// within the time tolerance that matches a current secret suffices.
///
/// # Errors
/// See [`SignatureError`].
pub fn verify_signature<'a>(
    headers: impl IntoIterator<Item = &'a [u8]>,
    body: &[u8],
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let mut headers = headers.into_iter();
    let header = headers.next().ok_or(SignatureError::Missing)?;
    if headers.next().is_some() {
        return Err(SignatureError::MultipleHeaders);
    }
    let header = std::str::from_utf8(header).map_err(|_| SignatureError::Malformed)?;

    let pairs: Vec<&str> = header.split_ascii_whitespace().collect();
    if pairs.len() > MAX_PAIRS {
        return Err(SignatureError::Malformed);
    }
    let pairs: Vec<Signature> = pairs.into_iter().filter_map(Signature::parse).collect();
    if pairs.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let mut within_tolerance = pairs
        .iter()
        .filter(|pair| pair.is_within_tolerance(now))
        .peekable();
    if within_tolerance.peek().is_none() {
        return Err(SignatureError::OutsideTolerance);
    }
    let matches =
        within_tolerance.any(|pair| secrets.iter().any(|secret| pair.matches(secret, body)));
    matches.then_some(()).ok_or(SignatureError::Mismatch)
}

/// One signature with its signed timestamp.
struct Signature<'a> {
    /// The timestamp as sent: the signature covers its text.
    t: &'a str,
    seconds: i64,
    v1: [u8; HEX_LENGTH / 2],
}

impl<'a> Signature<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mut t, mut v1) = (None, None);
        for part in text.split(',') {
            let (name, value) = part.split_once('=')?;
            let place = match name {
                "t" => &mut t,
                "v1" => &mut v1,
                // A further signature scheme.
                _ => continue,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let t = t.filter(|t| t.len() <= 12 && t.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(Self {
            t,
            seconds: t.parse().ok()?,
            v1: decode_hex(v1?)?,
        })
    }

    fn is_within_tolerance(&self, now: Timestamp) -> bool {
        Timestamp::from_second(self.seconds)
            .is_ok_and(|at| at.duration_since(now).abs() <= TOLERANCE)
    }

    /// Compares in constant time.
    fn matches(&self, secret: &SecretString, body: &[u8]) -> bool {
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).is_ok_and(|mac| {
            mac.chain_update(self.t)
                .chain_update(".")
                .chain_update(body)
                .verify_slice(&self.v1)
                .is_ok()
        })
    }
}

/// Decodes lower-case hex digits without a prefix, as Persona encodes them.
fn decode_hex(text: &str) -> Option<[u8; HEX_LENGTH / 2]> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.bytes()
        .all(is_digit)
        .then(|| const_hex::decode_to_array(text).ok())?
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

    use super::*;

    // Made with Python's hmac: hmac.new(SECRET, b"1767607620." + BODY, sha256).hexdigest().
    const BODY: &[u8] = br#"{"data":{"id":"evt_1"}}"#;
    const NEW: &str = "wbhsec_now";
    const T: i64 = 1_767_607_620;
    const BY_NEW: &str = "e1aefa13e2a38ea55248999de2073f1ad17dbee79d5ee287f58b7b4c947e7db6";
    const BY_OLD: &str = "3e82abaee5daeb3d295b84aac938867236d88b8894e1a64fe2ab88c05b3057db";
    /// For the body `ff fe 00`, which is not UTF-8.
    const BINARY_BODY_BY_NEW: &str =
        "2b44090a7efa29f6f4dac3b53b684d244547818b3d6137a7a1fc03baf4663ef7";

    fn check(headers: &[&str], body: &[u8], now: i64) -> Result<(), SignatureError> {
        verify_signature(
            headers.iter().map(|header| header.as_bytes()),
            body,
            &[SecretString::from(NEW)],
            Timestamp::from_second(now).unwrap(),
        )
    }

    fn signed(secret: &str, t: i64, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .unwrap()
            .chain_update(format!("{t}."))
            .chain_update(body)
            .finalize()
            .into_bytes();
        let hex = const_hex::encode(mac);
        format!("t={t},v1={hex}")
    }

    #[test]
    fn signatures_of_the_documented_form_are_accepted() {
        let [new, old] = [BY_NEW, BY_OLD].map(|v1| format!("t={T},v1={v1}"));
        for header in [
            new.clone(),
            // During a rotation, in either order.
            format!("{new} {old}"),
            format!("{old} {new}"),
            // Each pair has its own timestamp.
            format!("t=1,v1={BY_NEW} {new}"),
            // Parts are identified by name.
            format!("v1={BY_NEW},t={T}"),
            format!("{new},v2=abc"),
            format!("nonsense {new}"),
        ] {
            assert_eq!(check(&[&header], BODY, T), Ok(()), "{header}");
        }
        let bytes = format!("t={T},v1={BINARY_BODY_BY_NEW}");
        assert_eq!(check(&[&bytes], &[0xff, 0xfe, 0x00], T), Ok(()));
    }

    #[test]
    fn invalid_signatures_are_rejected() {
        let good = format!("t={T},v1={BY_NEW}");
        for (headers, error) in [
            (vec![], SignatureError::Missing),
            (
                vec![good.clone(), good.clone()],
                SignatureError::MultipleHeaders,
            ),
            (vec![String::new()], SignatureError::Malformed),
            (vec![format!("t={T}")], SignatureError::Malformed),
            (vec![format!("v1={BY_NEW}")], SignatureError::Malformed),
            (vec![format!("t=,v1={BY_NEW}")], SignatureError::Malformed),
            (
                vec![format!("t=+{T},v1={BY_NEW}")],
                SignatureError::Malformed,
            ),
            (vec![format!("t=-1,v1={BY_NEW}")], SignatureError::Malformed),
            (
                vec![format!("t={T}.0,v1={BY_NEW}")],
                SignatureError::Malformed,
            ),
            (vec![format!("t={T},v1=")], SignatureError::Malformed),
            (
                vec![format!("t={T},v1={}", &BY_NEW[1..])],
                SignatureError::Malformed,
            ),
            (
                vec![format!("t={T},v1={BY_NEW}0")],
                SignatureError::Malformed,
            ),
            (
                vec![format!("t={T},v1={}", BY_NEW.to_uppercase())],
                SignatureError::Malformed,
            ),
            (
                vec![format!("t={T},t={T},v1={BY_NEW}")],
                SignatureError::Malformed,
            ),
            (
                vec![format!("{good},v1={BY_NEW}")],
                SignatureError::Malformed,
            ),
            (
                vec![format!("{good} ").repeat(5)],
                SignatureError::Malformed,
            ),
            (vec![format!("t={T},v1={BY_OLD}")], SignatureError::Mismatch),
            (
                vec![format!("t={T},v2={BY_NEW},v1={BY_OLD}")],
                SignatureError::Mismatch,
            ),
            // The timestamp of one pair is not valid for the signature of another.
            (
                vec![format!("t={},v1={BY_NEW}", T + 1)],
                SignatureError::Mismatch,
            ),
            (
                vec![format!("t={T},v1={BY_OLD} t=1,v1={BY_NEW}")],
                SignatureError::Mismatch,
            ),
        ] {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            assert_eq!(check(&headers, BODY, T), Err(error), "{headers:?}");
        }
        assert_eq!(check(&[&good], b"{}", T), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let good = format!("t={T},v1={BY_NEW}");
        for (now, expected) in [
            (T - 300, Ok(())),
            (T + 300, Ok(())),
            (T - 301, Err(SignatureError::OutsideTolerance)),
            (T + 301, Err(SignatureError::OutsideTolerance)),
        ] {
            assert_eq!(check(&[&good], BODY, now), expected, "{now}");
        }
        let far = format!("t=999999999999,v1={BY_NEW}");
        assert_eq!(
            check(&[&far], BODY, T),
            Err(SignatureError::OutsideTolerance)
        );
    }

    #[test]
    fn signed_bodies_are_accepted_and_a_changed_bit_is_rejected() {
        let mut chance = StdRng::seed_from_u64(1);
        for _ in 0..300 {
            let mut body = vec![0; chance.random_range(0..200)];
            chance.fill(&mut body[..]);
            let t = T + chance.random_range(-300..=300);
            let header = signed(NEW, t, &body);
            assert_eq!(check(&[&header], &body, T), Ok(()));

            if !body.is_empty() {
                let mut changed = body.clone();
                let place = chance.random_range(0..changed.len());
                changed[place] ^= 1 << chance.random_range(0..8);
                assert!(check(&[&header], &changed, T).is_err());
            }
            let mut changed = header.clone().into_bytes();
            let place = chance.random_range(0..changed.len());
            changed[place] ^= 1 << chance.random_range(0..8);
            let checked = verify_signature(
                [&changed[..]],
                &body,
                &[SecretString::from(NEW)],
                Timestamp::from_second(T).unwrap(),
            );
            assert!(checked.is_err(), "{header} with byte {place} changed");
        }
    }
}
