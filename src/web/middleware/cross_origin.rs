//! Cross-site request forgery: no other site may act in a person's name.
//!
//! Browsers send `SameSite=Lax` cookies with some cross-site requests, and Leptos checks nothing. So
//! requests with unsafe methods must name our own origin. A request with neither `Origin` nor
//! `Sec-Fetch-Site` is not from a browser and carries no other person's cookies.
//! Under the policy `no-referrer`, which a proxy may set for all pages, browsers send `Origin: null`
//! with a form of our own page (Fetch standard, "append a request Origin header"). A frame without
//! an origin sends the same, so only the browser's own `Sec-Fetch-Site: same-origin` tells them
//! apart, which no page can set.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::ORIGIN},
};

use crate::{
    api::{ApiError, ErrorCode},
    app::Config,
    web::middleware::{
        error_body,
        step::{Before, Step},
    },
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Rejects unsafe requests that another site has caused.
#[derive(Debug, Clone)]
pub(crate) struct RefuseCrossOrigin {
    ours: Arc<str>,
}

impl RefuseCrossOrigin {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            ours: config.origin().into(),
        }
    }
}

impl Step for RefuseCrossOrigin {
    type Kept = ();

    fn before(&self, request: &mut Request) -> Before<()> {
        let is_safe = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
        );
        if is_safe || is_same_origin(request.headers(), &self.ours) {
            return Before::Continue(());
        }
        tracing::info!("refused a request that another site has caused");
        let texts = error_body::texts(request.extensions());
        let mut error = ApiError::new(ErrorCode::CrossOrigin).translated(&texts);
        // The person may use another name of this machine than the one in APP_BASE_URL.
        let address = ("address", self.ours.to_string().into());
        error.add(&texts.text_with("error-our-address", [address]));
        Before::Answer(error_body::respond(
            request.uri().path(),
            StatusCode::FORBIDDEN,
            error,
        ))
    }
}

/// Whether the request is from a browser, which sends `Origin` or `Sec-Fetch-Site`.
pub(crate) fn is_from_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN)
}

fn is_same_origin(headers: &HeaderMap, ours: &str) -> bool {
    let values = |name: HeaderName| -> Vec<&[u8]> {
        let values = headers.get_all(name).iter();
        values.map(HeaderValue::as_bytes).collect()
    };
    let (origins, sites) = (values(ORIGIN), values(SEC_FETCH_SITE));
    if origins == [b"null"] {
        return sites == [b"same-origin"];
    }
    let is_ours = |site: &[u8]| site == b"same-origin" || site == b"none";
    origins.into_iter().all(|origin| origin == ours.as_bytes()) && sites.into_iter().all(is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mismatch_is_refused_and_no_browser_is_allowed() {
        let ours = "http://localhost:3000";
        for (origin, site, expected) in [
            (None, None, true),
            (Some(ours), None, true),
            (Some(ours), Some("same-origin"), true),
            (None, Some("same-origin"), true),
            (None, Some("none"), true),
            (Some("http://localhost:3002"), None, false),
            // A proxy's `Referrer-Policy: no-referrer` makes browsers send this.
            (Some("null"), Some("same-origin"), true),
            (Some("null"), None, false),
            (Some("null"), Some("none"), false),
            (Some("null"), Some("same-site"), false),
            (Some("null"), Some("cross-site"), false),
            (Some("null"), Some(""), false),
            (Some(""), None, false),
            (Some("http://localhost:3000.evil.example"), None, false),
            (Some(ours), Some("cross-site"), false),
            (None, Some("cross-site"), false),
            (None, Some("same-site"), false),
            (Some("http://localhost:3002"), Some("same-origin"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(
                is_same_origin(&headers, ours),
                expected,
                "{origin:?} {site:?}"
            );
        }
    }
}
