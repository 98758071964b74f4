//! Security headers, on every response.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use crate::app::{AppState, Config};

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

/// Generates the nonce of this response and sets the headers.
pub(crate) async fn set(
    State(policy): State<Arc<Policy>>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;

    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let headers = response.headers_mut();
    let csp = format!("{}{nonce}{}", policy.csp[0], policy.csp[1]);
    if let Ok(csp) = csp.parse() {
        headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    }
    headers.insert(PERMISSIONS_POLICY, policy.permissions.clone());
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
    if policy.is_https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    response
}

/// The nonce of this response, for the page that is rendered.
pub(crate) fn nonce_of(extensions: &axum::http::Extensions) -> Option<Nonce> {
    extensions.get::<Nonce>().cloned()
}

/// The policy as the router's state.
pub(crate) fn policy(state: &AppState) -> anyhow::Result<Arc<Policy>> {
    Ok(Arc::new(Policy::new(&state.config)?))
}
