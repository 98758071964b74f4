//! What holds for every route of the app, whichever there are.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
    response::Response,
};
use tower::ServiceExt as _;

use crate::support::TestApp;

/// The routes, as the router itself lists them: none can be forgotten.
fn routes(router: &Router) -> Vec<String> {
    let description = format!("{router:?}");
    let mut routes: Vec<String> = description
        .split("RouteId(")
        .filter_map(|entry| entry.split_once("): \"/"))
        .filter_map(|(id, rest)| id.parse::<u32>().ok().and(rest.split('"').next()))
        .map(|path| format!("/{path}"))
        .collect();
    routes.sort();
    routes.dedup();
    // The description is made for people: a change of its form must not empty the list.
    for known in [
        "/",
        "/healthz",
        "/onboarding",
        "/api/inquiries/get-or-create",
        "/api/inquiries/live",
        "/webhooks/persona",
        "/admin/search",
        "/vendor/",
        "/favicon.svg",
    ] {
        assert!(
            routes.iter().any(|route| route.starts_with(known)),
            "{known} is not in {routes:#?}"
        );
    }
    routes
}

/// A path of the route: parameters are IDs.
fn path_of(route: &str) -> String {
    let segments = route.split('/').map(|segment| {
        if segment.starts_with('{') {
            "usr_ABC123"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Sends a request as if it came over a connection of this machine.
async fn send(router: &Router, mut request: Request<Body>) -> Response {
    let peer: SocketAddr = ([127, 0, 0, 1], 4711).into();
    request.extensions_mut().insert(ConnectInfo(peer));
    router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn no_answer_but_a_file_is_kept_anywhere() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let is_file = |path: &str| {
        ["/pkg", "/vendor", "/favicon.svg", "/robots.txt"]
            .iter()
            .any(|file| path.starts_with(file))
    };
    let routes = routes(&app.router);
    let paths = routes.iter().map(|route| path_of(route));
    let others = [
        "/nowhere",
        "/a/../b",
        "/pkg/missing.js",
        "/vendor/missing.js",
    ];
    for path in paths.chain(others.map(ToOwned::to_owned)) {
        for method in ["GET", "HEAD", "PUT", "POST"] {
            for cookie in ["", cookie.as_str()] {
                // It would end the session.
                if method == "POST" && !cookie.is_empty() {
                    continue;
                }
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header(header::COOKIE, cookie)
                    .body(Body::empty())
                    .unwrap();
                let response = send(&app.router, request).await;
                let status = response.status();
                if is_file(&path) && status.is_success() {
                    continue;
                }
                let caching = response.headers().get(header::CACHE_CONTROL);
                assert_eq!(
                    caching.map(|it| it.to_str().unwrap()),
                    Some("no-store"),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}
