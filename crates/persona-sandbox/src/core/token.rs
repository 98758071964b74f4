//! Session tokens: the JWTs that let a browser into an inquiry.
//!
//! The claims are those of the sample in Persona's API specification (`POST
//! /inquiries/{id}/resume`). A token names its session; whether that session is still valid, the
//! state decides. Tokens are secrets and are never logged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::clock::Moment;

/// The header of Persona's sample token.
const HEADER: &str = r#"{"alg":"HS256"}"#;
const AUDIENCE: &str = "persona-verify";
const ISSUER: &str = "withpersona.com";

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
}

/// The token for a session, valid until the session ends.
pub(crate) fn issue(
    key: &str,
    session_id: &str,
    jti: String,
    issued: Moment,
    expires: Moment,
) -> String {
    let claims = Claims {
        sub: session_id.to_owned(),
        aud: AUDIENCE.to_owned(),
        iss: ISSUER.to_owned(),
        iat: issued.as_seconds(),
        nbf: issued.as_seconds(),
        exp: expires.as_seconds(),
        jti,
        sid: session_id.to_owned(),
    };
    let claims = serde_json::to_vec(&claims).expect("strings and integers always serialise");
    let mut token = URL_SAFE_NO_PAD.encode(HEADER);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = URL_SAFE_NO_PAD.encode(mac(key, &token).finalize().into_bytes());
    token.push('.');
    token.push_str(&signature);
    token
}

/// The ID of the session that a token stands for, or `None` if the token is forged or expired.
pub(crate) fn session_id(key: &str, token: &str, now: Moment) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(key, signed).verify_slice(&signature).ok()?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    (claims.aud == AUDIENCE && now.as_seconds() < claims.exp).then_some(claims.sid)
}

/// The ID of the session that a token claims to stand for, unchecked: it tells where to look.
pub(crate) fn claimed_session_id(token: &str) -> Option<String> {
    let (_, claims) = token.rsplit_once('.')?.0.split_once('.')?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(claims.sid)
}

fn mac(key: &str, message: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(now: Moment) -> String {
        issue("key", "iqse_1", "jti".to_owned(), now, now.plus_seconds(60))
    }

    #[test]
    fn a_token_names_its_session_until_it_expires() {
        let now = Moment::from_millis(1_700_000_000_000);
        let token = token(now);
        assert_eq!(session_id("key", &token, now).as_deref(), Some("iqse_1"));
        assert_eq!(session_id("key", &token, now.plus_seconds(60)), None);
    }

    #[test]
    fn a_forged_token_is_refused() {
        let now = Moment::from_millis(1_700_000_000_000);
        let token = token(now);
        assert_eq!(session_id("other key", &token, now), None);
        let (head, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{head}AA.{signature}");
        assert_eq!(session_id("key", &forged, now), None);
        assert_eq!(claimed_session_id(&token).as_deref(), Some("iqse_1"));
        assert_eq!(claimed_session_id("null"), None);
        assert_eq!(session_id("key", "null", now), None);
        assert_eq!(session_id("key", "", now), None);
    }
}
