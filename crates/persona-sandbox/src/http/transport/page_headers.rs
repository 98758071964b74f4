//! The security headers of the pages.
//!
//! Scripts and styles come from files of this origin only, so no nonce is needed; nothing may be
//! inlined. Pages are never stored: they hold session tokens and personal data.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The permissions of a page.
pub(crate) struct PageHeaders {
    /// The value of `frame-ancestors`.
    pub(crate) frame_ancestors: String,
    /// Another origin that forms may lead to by a redirect.
    pub(crate) form_target: Option<String>,
    /// Whether the page may ask for the camera.
    pub(crate) camera: bool,
    /// The referrer policy.
    pub(crate) referrer_policy: &'static str,
}

impl PageHeaders {
    /// `page` with these headers.
    pub(crate) fn apply(self, page: impl IntoResponse) -> Response {
        let mut response = page.into_response();
        let headers = response.headers_mut();
        let form_target = self
            .form_target
            .map(|target| format!(" {target}"))
            .unwrap_or_default();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
             media-src 'self' blob:; connect-src 'self'; form-action 'self'{form_target}; \
             frame-ancestors {}; base-uri 'none'",
            self.frame_ancestors
        );
        // Everything interpolated is an origin, a scheme or a keyword, so the value is valid;
        // were it not, the strictest policy takes its place.
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        match self.frame_ancestors.as_str() {
            "'none'" => {
                headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
            }
            "'self'" => {
                headers.insert(
                    header::X_FRAME_OPTIONS,
                    HeaderValue::from_static("SAMEORIGIN"),
                );
            }
            // The older header cannot name another origin.
            _ => {}
        }
        headers.insert(
            PERMISSIONS_POLICY,
            HeaderValue::from_static(if self.camera {
                "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
            } else {
                "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
            }),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static(self.referrer_policy),
        );
        response
    }
}
