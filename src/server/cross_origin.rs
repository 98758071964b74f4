//! No other site may act in a person's name.
//!
//! `SameSite=Lax` cookies ride along on more than one would think, and Leptos checks nothing: on
//! unsafe methods, a browser's own word about where the request comes from must be right. A request
//! with neither `Origin` nor `Sec-Fetch-Site` is from no browser, and carries nobody's cookies but
//! its own.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header::ORIGIN},
    middleware::Next,
    response::Response,
};

use super::{plain_answer, state::AppState};
use crate::api::{ApiError, ErrorCode};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses unsafe requests that another site has caused.
pub(super) async fn refuse(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    if is_safe || is_same_origin(request.headers(), &state.config.origin()) {
        return next.run(request).await;
    }
    tracing::info!("refused a request that another site has caused");
    let mut error = ApiError::new(ErrorCode::CrossOrigin);
    // A person may be here by another name of this machine than the one that pages are served for.
    error.add(&format!("Our own pages are at {}.", state.config.origin()));
    plain_answer::refusal(request.uri().path(), StatusCode::FORBIDDEN, error)
}

/// Whether a browser asks: it says where the request comes from, in one way or the other.
pub(super) fn is_from_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN)
}

fn is_same_origin(headers: &HeaderMap, ours: &str) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    origins.all(|origin| origin.as_bytes() == ours.as_bytes())
        && sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
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
            (Some("null"), None, false),
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
