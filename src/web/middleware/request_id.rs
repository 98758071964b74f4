//! `X-Request-Id`: identifies a request in our logs and in those of the proxies before us.
//!
//! An incoming ID is kept if it is short printable text. It is written to log lines and response
//! headers, so any other is replaced by a generated one.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer than any common form: a UUID has 36 characters, a W3C trace ID 32.
const MAX_LENGTH: usize = 64;

/// Removes an ID that must not be repeated; the layer below then generates one.
pub(crate) fn discard_unfit(mut request: Request) -> Request {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let is_fit = ids.next().is_none_or(is_plain) && ids.next().is_none();
    if !is_fit {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

fn is_plain(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    let is_short = (1..=MAX_LENGTH).contains(&id.len());
    is_short
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_and_plain_id_is_repeated() {
        let longest = "a".repeat(MAX_LENGTH);
        for id in ["7", "req_1.2-3", &longest] {
            assert!(is_plain(&HeaderValue::from_str(id).unwrap()), "{id}");
        }
        let too_long = "a".repeat(MAX_LENGTH + 1);
        for id in ["", "a b", "a=b", "<b>", "id\"", "a,b", &too_long] {
            assert!(!is_plain(&HeaderValue::from_str(id).unwrap()), "{id}");
        }
        assert!(!is_plain(&HeaderValue::from_bytes(b"caf\xe9").unwrap()));
    }
}
