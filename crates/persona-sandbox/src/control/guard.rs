//! Who may use the controls and the dashboard.
//!
//! They have no key, so that a test or a curl can use them. A web page of another origin must
//! not: browsers say where a request comes from (`Origin`, `Sec-Fetch-Site`), and a name that
//! someone else pointed at this machine shows in `Host`.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use url::{Host, Url};

use crate::Emulator;

/// Lets a request through that comes from this machine's own pages or from no page at all.
pub(crate) async fn check(
    State(emulator): State<Emulator>,
    request: Request,
    next: Next,
) -> Response {
    if is_allowed(request.headers(), &emulator.config().public_url) {
        return next.run(request).await;
    }
    let message = "the sandbox's controls take requests to its own address and from its own pages \
                   only";
    (
        StatusCode::FORBIDDEN,
        axum::Json(json!({ "error": message })),
    )
        .into_response()
}

/// Whether a request is addressed to this sandbox and comes from its own pages or from no page.
pub(crate) fn is_allowed(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let Some(addressed) = own_address(headers, public_url) else {
        return false;
    };
    let from_own_page = match text(header::ORIGIN) {
        None => true,
        Some(origin) => Url::parse(origin).is_ok_and(|origin| {
            origin.host() == addressed.host()
                && origin.port_or_known_default() == port_of(&addressed, &origin)
        }),
    };
    let fetch_site = text(header::HeaderName::from_static("sec-fetch-site"));
    from_own_page && fetch_site.is_none_or(|site| matches!(site, "same-origin" | "none"))
}

/// Whether a request is addressed to this sandbox, wherever the link to it was.
pub(crate) fn is_addressed_here(headers: &HeaderMap, public_url: &str) -> bool {
    own_address(headers, public_url).is_some()
}

/// What `Host` says, if it is an address of this sandbox.
fn own_address(headers: &HeaderMap, public_url: &str) -> Option<Url> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let addressed = Url::parse(&format!("http://{host}")).ok()?;
    is_own_host(&addressed, public_url).then_some(addressed)
}

/// The port in `Host`, whose absence means the default of the origin's scheme.
fn port_of(addressed: &Url, origin: &Url) -> Option<u16> {
    addressed.port().or_else(|| match origin.scheme() {
        "https" => Some(443),
        _ => Some(80),
    })
}

/// Addresses cannot be pointed elsewhere; of names, only `localhost` and the configured one count.
fn is_own_host(addressed: &Url, public_url: &str) -> bool {
    match addressed.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) => {
            name == "localhost"
                || Url::parse(public_url)
                    .is_ok_and(|own| own.host_str().is_some_and(|own| own == name))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let pairs = headers.iter().map(|&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        is_allowed(&pairs.collect(), "http://sandbox.test:3002")
    }

    #[test]
    fn tools_and_own_pages_are_let_in() {
        assert!(allowed(&[("host", "localhost:3002")]));
        assert!(allowed(&[("host", "127.0.0.1:3002")]));
        assert!(allowed(&[("host", "[::1]:3002")]));
        assert!(allowed(&[("host", "sandbox.test:3002")]));
        assert!(allowed(&[
            ("host", "localhost:3002"),
            ("origin", "http://localhost:3002")
        ]));
        assert!(allowed(&[
            ("host", "localhost"),
            ("origin", "http://localhost")
        ]));
    }

    #[test]
    fn foreign_pages_and_names_are_not() {
        assert!(!allowed(&[]));
        assert!(!allowed(&[("host", "evil.example:3002")]));
        assert!(!allowed(&[
            ("host", "localhost:3002"),
            ("origin", "http://localhost:3000")
        ]));
        assert!(!allowed(&[("host", "localhost:3002"), ("origin", "null")]));
        assert!(!allowed(&[
            ("host", "localhost:3002"),
            ("sec-fetch-site", "cross-site")
        ]));
    }
}
