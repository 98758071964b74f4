//! Files: the compiled browser code, the style sheet, the SDK.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, header},
    middleware::{self, Next},
};
use leptos::config::LeptosOptions;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile, fs::ServeFileSystemResponseBody};

use crate::app::AppState;

/// Files that a browser asks for at the root.
const ROOT_FILES: [&str; 3] = ["robots.txt", "show-password.js", "times.js"];

/// For a file whose name changes with its content.
pub(crate) const FOREVER: HeaderValue =
    HeaderValue::from_static("public, max-age=31536000, immutable");
/// For any other file: cached, and revalidated on each use.
pub(crate) const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// The routes of all files. A precompressed `.br` or `.gz` beside a file is preferred.
pub(crate) fn routes(options: &LeptosOptions) -> Router<AppState> {
    let root = options.site_root.as_ref();
    let pkg = options.site_pkg_dir.as_ref();
    let mut routes = Router::new()
        .nest_service(&format!("/{pkg}"), folder(&format!("{root}/{pkg}")))
        .nest_service("/vendor", folder(&format!("{root}/vendor")));
    for file in ROOT_FILES {
        routes = routes.route_service(
            &format!("/{file}"),
            ServeFile::new(format!("{root}/{file}")),
        );
    }
    let hashed_prefix = options
        .hash_files
        .then(|| format!("/{pkg}/{}.", options.output_name));
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        let is_hashed = hashed_prefix
            .as_ref()
            .is_some_and(|prefix| is_hashed(request.uri().path(), prefix));
        async move {
            let mut response = next.run(request).await;
            // A file that is missing now may come with the next release, so a 404 keeps the
            // `no-store` that every response has.
            if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
                let caching = if is_hashed { FOREVER } else { ASK_EACH_TIME };
                response
                    .headers_mut()
                    .insert(header::CACHE_CONTROL, caching);
            }
            response
        }
    }))
}

/// Whether the name of a file holds a hash: `<output name>.<hash>.js`.
fn is_hashed(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(hash, _)| hash.len() >= 8)
}

fn folder(
    path: &str,
) -> impl tower::Service<
    Request,
    Response = Response<ServeFileSystemResponseBody>,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    ServiceBuilder::new()
        .map_response(name_charset)
        .service(ServeDir::new(path).precompressed_br().precompressed_gzip())
}

/// Names the charset: the SDK holds characters beyond ASCII, and browsers misparse it otherwise.
fn name_charset<B>(mut response: Response<B>) -> Response<B> {
    if let Some(content_type) = response.headers_mut().get_mut(header::CONTENT_TYPE)
        && content_type == "text/javascript"
    {
        *content_type = HeaderValue::from_static("text/javascript; charset=utf-8");
    }
    response
}
