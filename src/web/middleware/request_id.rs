//! `X-Request-Id`: by which a request is found in the logs, here and at the proxies before us.
//!
//! One that comes along is kept if it is short and plain. It ends up in log lines and in the
//! answer's headers, so anything else is replaced by an ID of our own.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer than any common form: a UUID has 36 characters, a W3C trace ID 32.
const MAX_LENGTH: usize = 64;

/// Removes an ID that is not fit to be repeated; the layer below then makes one.
pub(crate) async fn discard_unfit(mut request: Request, next: Next) -> Response {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let is_fit = ids.next().is_none_or(is_plain) && ids.next().is_none();
    if !is_fit {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
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
