//! Idempotency keys: the first answer is kept and given again.
//!
//! Docs: `idempotence`: any POST may carry a key; status and body of its first answer, success
//! or failure, are kept for at least a day. Which status the same key with other parameters
//! gets is not documented: the sandbox says 409. Parameters are what the body's JSON means, not
//! its bytes: key order and white space change nothing.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::error::ApiError;
use super::response::ApiResponse;
use crate::core::clock::Moment;
use crate::store::{KeptResponse, State};

/// A request's key with what it stands for.
#[derive(Debug)]
pub(super) struct Key {
    key: String,
    /// Of the path and the parameters.
    fingerprint: String,
    /// Of the path and the bytes, which is what older state files kept.
    exact_fingerprint: String,
}

/// What is known of a key.
#[derive(Debug)]
pub(super) enum KeyLookup {
    /// Nothing: go on.
    New,
    /// The first answer.
    Kept(ApiResponse),
}

impl Key {
    /// The key of a request, if it is a POST that has one.
    pub(super) fn from_request(
        headers: &HeaderMap,
        method: &Method,
        path: &str,
        body: &[u8],
    ) -> Option<Self> {
        let key = Self::header_value(headers, method)?;
        let parameters = canonical(body);
        Some(Self {
            key: key.to_owned(),
            fingerprint: fingerprint(path, parameters.as_deref().unwrap_or(body)),
            exact_fingerprint: fingerprint(path, body),
        })
    }

    /// The key as it was sent, if the request is a POST that has one.
    pub(super) fn header_value<'a>(headers: &'a HeaderMap, method: &Method) -> Option<&'a str> {
        if method != Method::POST {
            return None;
        }
        headers.get("idempotency-key")?.to_str().ok()
    }

    /// What is known of this key.
    pub(super) fn find(&self, state: &State, now: Moment) -> Result<KeyLookup, ApiError> {
        let Some(stored) = state
            .kept_responses
            .find(&self.key)
            .filter(|stored| !stored.is_expired(now))
        else {
            return Ok(KeyLookup::New);
        };
        if !self.stands_for(&stored.fingerprint) {
            return Err(ApiError::conflict(
                "Idempotency-Key was already used with other parameters",
            ));
        }
        let Some(body) = &stored.body else {
            return Err(ApiError::conflict(
                "The answer to this Idempotency-Key was redacted with its inquiry",
            ));
        };
        Ok(KeyLookup::Kept(ApiResponse::replayed(
            stored.status,
            Bytes::from(body.clone()),
            stored.request_id.clone(),
        )))
    }

    fn stands_for(&self, fingerprint: &str) -> bool {
        self.fingerprint == fingerprint || self.exact_fingerprint == fingerprint
    }

    /// What is kept of an answer; `None` for a body that is not text.
    pub(super) fn response(&self, answer: &ApiResponse, now: Moment) -> Option<KeptResponse> {
        Some(KeptResponse {
            key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            at: now,
            status: answer.status.as_u16(),
            body: Some(String::from_utf8(answer.body.to_vec()).ok()?),
            request_id: answer.request_id.clone()?,
        })
    }
}

/// A JSON document in the one form that all ways of writing it share; `None` if it is none.
fn canonical(body: &[u8]) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(body).ok()?;
    document.sort_all_objects();
    serde_json::to_vec(&document).ok()
}

fn fingerprint(path: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(path);
    hash.update([0]);
    hash.update(body);
    const_hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_answer_that_was_kept_by_the_bytes_of_its_request_is_still_its_keys() {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", HeaderValue::from_static("k"));
        let body = br#"{"b": 1, "a": 2}"#;
        let key = Key::from_request(&headers, &Method::POST, "/inquiries", body).unwrap();
        assert!(key.stands_for(&fingerprint("/inquiries", body)));
        assert!(key.stands_for(&fingerprint("/inquiries", br#"{"a":2,"b":1}"#)));
        assert!(!key.stands_for(&fingerprint("/inquiries", br#"{"a":1,"b":2}"#)));
        assert!(!key.stands_for(&fingerprint("/webhooks", body)));
    }
}
