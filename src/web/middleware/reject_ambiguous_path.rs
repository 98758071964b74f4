//! Rejects paths that two parsers could read differently.
//!
//! Routes and guards compare the path as it was sent; the renderer of pages resolves `..` first, plain
//! or encoded. A path on which they could disagree is a 404.

use axum::{
    extract::Request,
    http::{StatusCode, Uri},
    response::IntoResponse as _,
};
use url::Url;

use crate::web::middleware::step::{Before, Step};

/// Responds 404 unless the path is unambiguous.
#[derive(Debug, Clone)]
pub(crate) struct RequirePlainPath;

impl Step for RequirePlainPath {
    type Kept = ();

    fn before(&self, request: &mut Request) -> Before<()> {
        if is_plain(request.uri().path()) {
            return Before::Continue(());
        }
        let said = "We can't find that page. The start page is at /.\n";
        Before::Answer((StatusCode::NOT_FOUND, said).into_response())
    }
}

/// Makes `/sign-in/` the same as `/sign-in`, for the routes and for every guard that compares paths.
/// Not `NormalizePath` of tower-http, which would also make `//admin` a path of ours.
pub(crate) fn trim_trailing_slashes(mut request: Request) -> Request {
    let uri = request.uri();
    let path = uri.path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() == path.len() || trimmed.is_empty() {
        return request;
    }
    let path_and_query = match uri.query() {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path_and_query.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

fn is_plain(path: &str) -> bool {
    // Most paths need no parser.
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
    if path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_usual) {
        return true;
    }
    // A request to a proxy (`CONNECT host:443`) has no path at all.
    path.starts_with('/')
        && !path.starts_with("//")
        && Url::parse("http://localhost").is_ok_and(|base| {
            base.join(path)
                .is_ok_and(|url| url.path() == path && url.host_str() == Some("localhost"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_end_are_trimmed_and_no_others() {
        for (uri, expected) in [
            ("/sign-in/", "/sign-in"),
            ("/sign-in//?next=/a/", "/sign-in?next=/a/"),
            (
                "http://localhost:3000/a/?b=/",
                "http://localhost:3000/a?b=/",
            ),
            ("/", "/"),
            ("//", "//"),
            ("//admin", "//admin"),
            ("/a//b", "/a//b"),
            ("*", "*"),
        ] {
            let request = Request::get(uri).body(axum::body::Body::empty());
            let trimmed = trim_trailing_slashes(request.unwrap());
            assert_eq!(trimmed.uri().to_string(), expected);
        }
    }

    #[test]
    fn a_path_that_is_what_it_says_is_plain() {
        for path in [
            "/",
            "/admin",
            "/admin/",
            "/results/res_A-1",
            "/pkg/a.b.js",
            "/a//b",
            "/a%20b",
            "/.well-known/x",
            "/...",
        ] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn a_path_that_means_another_is_not() {
        for path in [
            "",
            "*",
            "//admin",
            "/x/../admin",
            "/./admin",
            "/admin/..",
            "/x/%2e%2e/admin",
            "/x/.%2E/admin",
            "/%2e/admin",
            "/x\\..\\admin",
            "/x\\admin",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
