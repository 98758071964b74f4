//! Security headers, on every response.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use leptos::nonce::Nonce;

use crate::{
    app::Config,
    web::middleware::step::{Before, Step},
};

const ACCEPT_CH: HeaderName = HeaderName::from_static("accept-ch");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The headers that are the same for every response.
#[derive(Debug)]
pub(crate) struct Policy {
    /// The content security policy around the nonce.
    csp: [String; 2],
    permissions: HeaderValue,
    is_https: bool,
}

impl Policy {
    /// Composes the headers.
    ///
    /// # Errors
    /// If an origin of the configuration cannot stand in a header.
    pub(crate) fn new(config: &Config) -> anyhow::Result<Self> {
        let widget = &config.persona.widget_origin;
        let hosted = config.persona.hosted_origins.join(" ");
        // In development, cargo-leptos notifies the page over a WebSocket after a rebuild.
        let reload = config
            .site
            .reload_port
            .map(|port| format!(" ws://localhost:{port} ws://127.0.0.1:{port}"))
            .unwrap_or_default();
        let after = format!(
            "' 'strict-dynamic' 'wasm-unsafe-eval'; \
             style-src 'self'; \
             style-src-elem 'self' 'unsafe-inline'; \
             style-src-attr 'unsafe-inline'; \
             img-src 'self' data:; \
             connect-src 'self'{reload}; \
             frame-src {widget}; \
             form-action 'self' {hosted}; \
             frame-ancestors 'none'; \
             base-uri 'none'; \
             object-src 'none'"
        );
        // The SDK injects two style sheets and a style attribute without a nonce: inline styles
        // are the price of its dialog. Scripts stay strict.
        let csp = ["default-src 'self'; script-src 'nonce-".to_owned(), after];
        // A permission that the page lacks cannot be delegated to a frame (W3C Permissions Policy, 9.7).
        let permissions = format!(
            "camera=(\"{widget}\" self), microphone=(\"{widget}\" self), geolocation=(), \
             payment=(), usb=()"
        );
        HeaderValue::from_str(&csp.concat())?;
        Ok(Self {
            csp,
            permissions: permissions.parse()?,
            is_https: config.is_https(),
        })
    }
}

/// Generates the nonce of a response and sets the headers.
#[derive(Debug, Clone)]
pub(crate) struct SetHeaders(Arc<Policy>);

impl SetHeaders {
    /// The step with the headers of this configuration.
    ///
    /// # Errors
    /// See [`Policy::new`].
    pub(crate) fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Policy::new(config)?)))
    }
}

impl Step for SetHeaders {
    type Kept = Nonce;

    fn before(&self, request: &mut Request) -> Before<Nonce> {
        let nonce = Nonce::new();
        request.extensions_mut().insert(nonce.clone());
        Before::Continue(nonce)
    }

    fn after(&self, nonce: Nonce, response: &mut Response) {
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        let headers = response.headers_mut();
        let csp = format!("{}{nonce}{}", self.0.csp[0], self.0.csp[1]);
        if let Ok(csp) = csp.parse() {
            headers.insert(header::CONTENT_SECURITY_POLICY, csp);
        }
        headers.insert(PERMISSIONS_POLICY, self.0.permissions.clone());
        // So that the hosted flow can be dark, too.
        headers.insert(
            ACCEPT_CH,
            HeaderValue::from_static("Sec-CH-Prefers-Color-Scheme"),
        );
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        // Plain forms find their way back by the referrer, so it stays within our origin.
        headers
            .entry(header::REFERRER_POLICY)
            .or_insert(HeaderValue::from_static("same-origin"));
        // Pages hold names and birthdates, which no cache may keep. Only existing files set another value:
        // a cached error would outlive its cause.
        if is_error {
            headers.insert(header::CACHE_CONTROL, NO_STORE);
        } else {
            headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
        }
        if self.0.is_https {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000; includeSubDomains"),
            );
        }
    }
}

/// The nonce of this response, for the page that is rendered.
pub(crate) fn nonce_of(extensions: &axum::http::Extensions) -> Option<Nonce> {
    extensions.get::<Nonce>().cloned()
}
