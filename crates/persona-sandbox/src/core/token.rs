//! Tokens: the JWTs that let a browser into an inquiry, and those in the links to files.
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
/// The audience of the tokens in links to files, as public captures of such links have it.
const FILES_AUDIENCE: &str = "files.withpersona.com";
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
    sign(key, &claims)
}

/// The token in a link to the file at `path`. The same file, time and expiry give the same token.
pub(crate) fn issue_for_file(key: &str, path: &str, issued: Moment, expires: Moment) -> String {
    let claims = Claims {
        sub: path.to_owned(),
        aud: FILES_AUDIENCE.to_owned(),
        iss: ISSUER.to_owned(),
        iat: issued.as_seconds(),
        nbf: issued.as_seconds(),
        exp: expires.as_seconds(),
        jti: format!("{}-{}", issued.as_millis(), expires.as_millis()),
        sid: String::new(),
    };
    sign(key, &claims)
}

/// Whether a token opens the file at `path` now.
pub(crate) fn opens_file(key: &str, token: &str, path: &str, now: Moment) -> bool {
    let claims = verified(key, token, now);
    claims.is_some_and(|claims| claims.aud == FILES_AUDIENCE && claims.sub == path)
}

fn sign(key: &str, claims: &Claims) -> String {
    let claims = serde_json::to_vec(claims).expect("strings and integers always serialise");
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
    let claims = verified(key, token, now)?;
    (claims.aud == AUDIENCE).then_some(claims.sid)
}

/// The claims of a token that is neither forged nor expired.
fn verified(key: &str, token: &str, now: Moment) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(key, signed).verify_slice(&signature).ok()?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    (now.as_seconds() < claims.exp).then_some(claims)
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
    fn a_token_for_a_file_opens_that_file_only_until_it_expires() {
        let now = Moment::from_millis(1_700_000_000_000);
        let file = issue_for_file("key", "ver_1/front.png", now, now.plus_seconds(60));
        assert!(opens_file("key", &file, "ver_1/front.png", now));
        assert!(!opens_file("key", &file, "ver_2/front.png", now));
        assert!(!opens_file(
            "key",
            &file,
            "ver_1/front.png",
            now.plus_seconds(60)
        ));
        assert!(!opens_file("other key", &file, "ver_1/front.png", now));
        // Neither kind of token stands for the other.
        assert_eq!(session_id("key", &file, now), None);
        assert!(!opens_file("key", &token(now), "iqse_1", now));
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
