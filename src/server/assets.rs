//! Files: the compiled browser code, the style sheet, the SDK.

use axum::{
    Router,
    http::{HeaderValue, Response, header},
};
use leptos::config::LeptosOptions;
use tower::ServiceBuilder;
use tower_http::{
    services::{ServeDir, ServeFile, fs::ServeFileSystemResponseBody},
    set_header::SetResponseHeaderLayer,
};

use super::state::AppState;

/// Files that a browser asks for at the root.
const ROOT_FILES: [&str; 2] = ["favicon.svg", "robots.txt"];

/// The routes of all files, compressed beforehand where a `.br` or `.gz` lies beside them.
pub(super) fn routes(options: &LeptosOptions) -> Router<AppState> {
    let root = options.site_root.as_ref();
    let pkg = options.site_pkg_dir.as_ref();
    // A hashed name changes with its content; any other file is asked about each time.
    let pkg_caching = if options.hash_files {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };

    let mut routes = Router::new()
        .nest_service(
            &format!("/{pkg}"),
            folder(&format!("{root}/{pkg}"), pkg_caching),
        )
        .nest_service("/vendor", folder(&format!("{root}/vendor"), "no-cache"));
    for file in ROOT_FILES {
        routes = routes.route_service(
            &format!("/{file}"),
            ServeFile::new(format!("{root}/{file}")),
        );
    }
    routes
}

fn folder(
    path: &str,
    caching: &'static str,
) -> impl tower::Service<
    axum::extract::Request,
    Response = Response<ServeFileSystemResponseBody>,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static(caching),
        ))
        .map_response(name_charset)
        .service(ServeDir::new(path).precompressed_br().precompressed_gzip())
}

/// The SDK holds characters beyond ASCII and is parsed wrongly without the charset.
fn name_charset<B>(mut response: Response<B>) -> Response<B> {
    if let Some(content_type) = response.headers_mut().get_mut(header::CONTENT_TYPE)
        && content_type == "text/javascript"
    {
        *content_type = HeaderValue::from_static("text/javascript; charset=utf-8");
    }
    response
}
