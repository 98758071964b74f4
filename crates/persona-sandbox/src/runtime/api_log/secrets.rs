//! Removing secrets from logged calls: session tokens, one-time links, webhook secrets, API keys,
//! and the tokens in links to files.
//!
//! The key of a request is in a header that is never logged.

use std::borrow::Cow;

use serde_json::Value;

use crate::core::KEY_PREFIX;

/// What the token in a link to a file follows.
const FILE_TOKEN: &str = "?access_token=";

/// A JSON body without its secrets, as compact JSON; a note if it is not JSON.
pub(super) fn body_without_secrets(body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut document) => {
            cut_secrets(&mut document);
            document.to_string()
        }
        Err(_) => format!("({} bytes that are not JSON)", body.len()),
    }
}

fn is_secret(key: &str) -> bool {
    matches!(
        crate::core::model::fold_key(key).as_str(),
        "sessiontoken"
            | "onetimelink"
            | "onetimelinkshort"
            | "secret"
            | "secrets"
            | "customhttpheaders"
    )
}

/// A path without the values of secret parameters. The API has no such parameters, but callers make
/// mistakes.
pub(crate) fn path_without_secrets(path: &str) -> Cow<'_, str> {
    let Some((route, query)) = path.split_once('?') else {
        return Cow::Borrowed(path);
    };
    if !query.split('&').any(|pair| is_secret(parameter_name(pair))) {
        return Cow::Borrowed(path);
    }
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match parameter_name(pair) {
            key if is_secret(key) => format!("{key}=[cut]"),
            _ => pair.to_owned(),
        })
        .collect();
    Cow::Owned(format!("{route}?{}", pairs.join("&")))
}

fn parameter_name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(key, _)| key)
}

fn cut_secrets(document: &mut Value) {
    match document {
        Value::Object(map) => {
            for (key, value) in map {
                if is_secret(key) && !value.is_null() {
                    *value = Value::from("[cut]");
                } else {
                    cut_secrets(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut_secrets),
        Value::String(text) if text.starts_with(KEY_PREFIX) => "[cut]".clone_into(text),
        Value::String(text) => {
            if let Some(start) = text.find(FILE_TOKEN) {
                text.truncate(start + FILE_TOKEN.len());
                text.push_str("[cut]");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_in_every_inflection() {
        let body = r#"{"meta":{"session-token":"a","sessionToken":"a","one_time_link":null}}"#;
        let text = body_without_secrets(body.as_bytes());
        assert!(!text.contains("\"a\""), "{text}");
        assert!(text.contains("null"));
        let link =
            r#"{"photos":[{"url":"http://localhost/files/ver_1/front.png?access_token=eyJ"}]}"#;
        let text = body_without_secrets(link.as_bytes());
        assert!(text.contains("front.png?access_token=[cut]"), "{text}");
        assert!(!text.contains("eyJ"), "{text}");
        let key = r#"{"data":{"attributes":{"value":"persona_sandbox_secret"}}}"#;
        let text = body_without_secrets(key.as_bytes());
        assert!(text.contains("[cut]") && !text.contains("secret"), "{text}");
        let path = "/api/v1/inquiries?session-token=a&page[size]=1";
        assert_eq!(
            path_without_secrets(path),
            "/api/v1/inquiries?session-token=[cut]&page[size]=1"
        );
    }

    #[test]
    fn what_is_not_json_is_not_shown() {
        assert_eq!(body_without_secrets(b"<p>"), "(3 bytes that are not JSON)");
        assert_eq!(body_without_secrets(b""), "");
    }
}
