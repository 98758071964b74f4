//! The files with the texts that the browser may show, one for each language.

use axum::{
    Router,
    http::{HeaderValue, header},
    routing::get,
};

use crate::{app::AppState, web::handlers::assets::FOREVER};

const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// The routes. A path changes with the content, so that browsers keep the file.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    state
        .catalog
        .words_files()
        .fold(Router::new(), |routes, file| {
            let script = file.script.clone();
            let headers = [
                (header::CONTENT_TYPE, SCRIPT),
                (header::CACHE_CONTROL, FOREVER),
            ];
            routes.route(&file.path, get(async move || (headers, script)))
        })
}
