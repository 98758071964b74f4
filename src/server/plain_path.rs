//! Refuses addresses that can be read in two ways.
//!
//! Our routes and the check of who may enter compare the path as it was sent; the renderer of pages
//! resolves `..` first, plain or encoded. What they could disagree about leads nowhere.

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::Url;

/// Answers 404 unless the path means to everyone what it says.
pub(super) async fn require(request: Request, next: Next) -> Response {
    if !is_plain(request.uri().path()) {
        let said = "This address leads nowhere. The start is at /.\n";
        return (StatusCode::NOT_FOUND, said).into_response();
    }
    next.run(request).await
}

fn is_plain(path: &str) -> bool {
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
