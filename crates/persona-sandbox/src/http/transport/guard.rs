//! Access to the controls and the dashboard.
//!
//! They have no key, so that a test or a curl can use them. A web page of another origin must
//! not: browsers say where a request comes from (`Origin`, `Sec-Fetch-Site`), and a name that
//! someone else pointed at this machine (DNS rebinding) shows in `Host`.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use url::{Host, Url};

use crate::core::Config;

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// `Host` is a name that somebody else may control.
    Name(String),
    /// `Host` is absent or unreadable.
    NoHost,
    /// A page of another origin sent it.
    Origin,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "the sandbox's controls and dashboard are not served by the name {name}: start the \
                 sandbox with --allow-host {name} if it is the sandbox's"
            ),
            Self::NoHost => write!(f, "the request's Host header is missing or not a host"),
            Self::Origin => write!(
                f,
                "the sandbox's controls take requests from its own pages and from programs only"
            ),
        }
    }
}

/// Lets a request through that comes from this machine's own pages or from no page at all.
pub(crate) async fn check(
    State(config): State<Arc<Config>>,
    request: Request,
    next: Next,
) -> Response {
    match check_sender(request.headers(), &config) {
        Ok(()) => next.run(request).await,
        Err(forbidden) => (
            StatusCode::FORBIDDEN,
            axum::Json(json!({ "error": forbidden.to_string() })),
        )
            .into_response(),
    }
}

/// Whether a request is addressed to this sandbox and comes from its own pages or from no page.
pub(crate) fn check_sender(headers: &HeaderMap, config: &Config) -> Result<(), Forbidden> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let addressed = own_address(headers, config)?;
    let from_own_page = match text(header::ORIGIN) {
        None => true,
        Some(origin) => Url::parse(origin).is_ok_and(|origin| {
            origin.host() == addressed.host()
                && origin.port_or_known_default() == port_of(&addressed, &origin)
        }),
    };
    let fetch_site = text(header::HeaderName::from_static("sec-fetch-site"));
    if from_own_page && fetch_site.is_none_or(|site| matches!(site, "same-origin" | "none")) {
        Ok(())
    } else {
        Err(Forbidden::Origin)
    }
}

/// Whether a request is addressed to this sandbox, wherever the link to it was.
pub(crate) fn check_address(headers: &HeaderMap, config: &Config) -> Result<(), Forbidden> {
    own_address(headers, config).map(|_| ())
}

/// What `Host` says, if it is an address of this sandbox.
fn own_address(headers: &HeaderMap, config: &Config) -> Result<Url, Forbidden> {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let addressed = host.and_then(|host| Url::parse(&format!("http://{host}")).ok());
    let addressed = addressed.ok_or(Forbidden::NoHost)?;
    match addressed.host() {
        // IP addresses cannot be rebound.
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Ok(addressed),
        Some(Host::Domain(name)) if is_own_name(name, config) => Ok(addressed),
        Some(Host::Domain(name)) => Err(Forbidden::Name(name.to_owned())),
        None => Err(Forbidden::NoHost),
    }
}

/// Of names, only `localhost` and the configured ones count: anybody can point another one here.
fn is_own_name(name: &str, config: &Config) -> bool {
    let mut own = std::iter::once(&config.public_url).chain(&config.internal_url);
    let mut allowed = config.allowed_hosts.iter();
    name == "localhost"
        || own.any(|own| Url::parse(own).is_ok_and(|own| own.host_str() == Some(name)))
        || allowed.any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// The port in `Host`, whose absence means the default of the origin's scheme.
fn port_of(addressed: &Url, origin: &Url) -> Option<u16> {
    addressed.port().or_else(|| match origin.scheme() {
        "https" => Some(443),
        _ => Some(80),
    })
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
        let config = Config {
            public_url: "http://sandbox.test:3002".to_owned(),
            internal_url: Some("http://sandbox.internal:3002".to_owned()),
            allowed_hosts: vec!["persona".to_owned()],
            ..Config::default()
        };
        check_sender(&pairs.collect(), &config).is_ok()
    }

    #[test]
    fn tools_and_own_pages_are_let_in() {
        assert!(allowed(&[("host", "localhost:3002")]));
        assert!(allowed(&[("host", "127.0.0.1:3002")]));
        assert!(allowed(&[("host", "[::1]:3002")]));
        assert!(allowed(&[("host", "sandbox.test:3002")]));
        assert!(allowed(&[("host", "sandbox.internal:3002")]));
        assert!(allowed(&[("host", "persona:3002")]));
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
        assert!(!allowed(&[("host", "persona.evil.example:3002")]));
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
