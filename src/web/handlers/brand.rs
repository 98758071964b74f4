//! The brand's pictures: the mark as the icon of the tab, and the drawings of the status card.

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};

use crate::{app::AppState, web::handlers::assets::ASK_EACH_TIME};

const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");

/// The routes.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let brand = &state.config.brand;
    let files = [
        ("/favicon.svg", &brand.mark.svg),
        ("/drawings.svg", &brand.drawings),
    ];
    files
        .into_iter()
        .fold(Router::new(), |routes, (path, svg)| {
            let svg = svg.clone();
            let digest = const_hex::encode(Sha256::digest(&svg));
            let tag = format!("\"{digest}\"");
            routes.route(
                path,
                get(async move |headers: HeaderMap| picture(&headers, svg, &tag)),
            )
        })
}

/// The picture, or 304 if the browser has it.
fn picture(headers: &HeaderMap, svg: String, tag: &str) -> Response {
    let known = headers.get(header::IF_NONE_MATCH);
    // A proxy that compresses may have marked the tag as weak.
    let is_known = known
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|it| it.trim().trim_start_matches("W/") == tag)
        });
    let headers = [
        (header::CONTENT_TYPE, SVG),
        (header::CACHE_CONTROL, ASK_EACH_TIME),
    ];
    let mut response = if is_known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, svg).into_response()
    };
    if let Ok(tag) = tag.parse() {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
