//! Decodes numbers in response headers.
//!
//! Header values are untrusted, and arithmetic with `Instant` panics on overflow. This module is
//! the only one that decodes them, and it bounds every value.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};

pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
pub(super) const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
pub(super) const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The maximum wait that a header can request. Persona's windows last a minute
/// (docs.withpersona.com/docs/rate-limiting).
const MAX_WAIT: Duration = Duration::from_secs(5 * 60);

/// The maximum length of a text header, in bytes, because it is logged and stored.
const MAX_TEXT_BYTES: usize = 200;

/// A header as text; `None` if it is absent, too long, or contains anything but visible ASCII.
pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    let is_plain = text.len() <= MAX_TEXT_BYTES && !text.contains(char::is_control);
    is_plain.then(|| text.to_owned())
}

/// A header as an integer; [`u32::MAX`] for a larger one.
pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u32> {
    let digits = headers.get(name)?.to_str().ok()?.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Digits fail to parse only on overflow.
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}

/// A header as seconds, at most [`MAX_WAIT`].
pub(super) fn seconds(headers: &HeaderMap, name: &HeaderName) -> Option<Duration> {
    let seconds = number(headers, name)?;
    Some(Duration::from_secs(seconds.into()).min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(value: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(RATE_LIMIT_RESET, HeaderValue::from_bytes(value).unwrap())])
    }

    #[test]
    fn texts_are_short_and_fit_in_a_line() {
        let text = |value: &[u8]| text(&headers(value), &RATE_LIMIT_RESET);
        assert_eq!(text(b"req_1 a").as_deref(), Some("req_1 a"));
        assert_eq!(text(&[b'a'; 200]).map(|it| it.len()), Some(200));
        assert_eq!(text(&[b'a'; 201]), None);
        assert_eq!(text(b"a\tb"), None);
        assert_eq!(text("é".as_bytes()), None);
    }

    #[test]
    fn seconds_are_whole_numbers_up_to_the_longest_wait() {
        for (value, expected) in [
            ("0", Some(0)),
            (" 60 ", Some(60)),
            ("007", Some(7)),
            ("301", Some(300)),
            ("4294967296", Some(300)),
            ("18446744073709551615", Some(300)),
            ("18446744073709551616", Some(300)),
            (&"9".repeat(5_000), Some(300)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
            ("0x10", None),
            ("NaN", None),
            ("60, 60;w=60", None),
            ("Thu, 01 Jan 2026 00:00:00 GMT", None),
        ] {
            let read = seconds(&headers(value.as_bytes()), &RATE_LIMIT_RESET);
            assert_eq!(read, expected.map(Duration::from_secs), "{value:.40?}");
        }
        let odd = headers("٣".as_bytes());
        assert_eq!(seconds(&odd, &RATE_LIMIT_RESET), None);
        assert_eq!(seconds(&HeaderMap::new(), &RATE_LIMIT_RESET), None);
    }
}
