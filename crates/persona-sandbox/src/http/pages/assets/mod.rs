//! The pages' style sheets, scripts and icon, compiled into the program.
//!
//! Browsers cache them and revalidate: the entity tag is a hash of the content, so a rebuilt
//! sandbox is never shown with an old script.

use axum::Router;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const ASSETS: [(&str, &str, &str); 8] = [
    ("/widget/flow.css", CSS, include_str!("flow.css")),
    ("/widget/widget.js", SCRIPT, include_str!("widget.js")),
    ("/widget/hosted.js", SCRIPT, include_str!("hosted.js")),
    ("/widget/capture.js", SCRIPT, include_str!("capture.js")),
    ("/widget/screen.js", SCRIPT, include_str!("screen.js")),
    ("/widget/icon.svg", SVG, include_str!("icon.svg")),
    (
        "/dashboard/dashboard.css",
        CSS,
        include_str!("dashboard.css"),
    ),
    (
        "/dashboard/dashboard.js",
        SCRIPT,
        include_str!("dashboard.js"),
    ),
];

/// The routes of all assets.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ASSETS
        .into_iter()
        .fold(Router::new(), |router, (path, media_type, content)| {
            let tag = format!("\"{}\"", const_hex::encode(Sha256::digest(content)));
            router.route(
                path,
                get(async move |headers: HeaderMap| serve(media_type, content, &tag, &headers)),
            )
        })
}

/// The paths of the assets of the widget, for the preload page.
pub(crate) fn widget_assets() -> impl Iterator<Item = &'static str> {
    ASSETS.into_iter().map(|(path, ..)| path).filter(|path| {
        matches!(
            *path,
            "/widget/flow.css" | "/widget/widget.js" | "/widget/capture.js" | "/widget/screen.js"
        )
    })
}

fn serve(
    media_type: &'static str,
    content: &'static str,
    tag: &str,
    asked: &HeaderMap,
) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_TYPE, media_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let known = asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, content).into_response()
    }
}
