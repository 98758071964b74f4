//! Signing in and out.

use axum::{
    Form, Router,
    extract::{Request, State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    session::{self, CurrentUser},
    state::AppState,
};
use crate::domain::User;

/// The routes.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/session/demo", post(demo))
        .route("/sign-out", post(sign_out))
}

/// Where a signed-in person goes on.
const START_PAGE: &str = "/onboarding";
/// The pages that are nobody's but the signed-in person's.
const PRIVATE_PAGES: [&str; 1] = ["/onboarding"];

#[derive(Deserialize)]
struct Destination {
    #[serde(default)]
    next: String,
}

/// `POST /api/session/demo`: signs in the tutorial's walker. 204, or 303 for a form; 404 when off.
async fn demo(
    State(state): State<AppState>,
    session: Session,
    headers: HeaderMap,
    form: Result<Form<Destination>, FormRejection>,
) -> Response {
    if !state.config.demo_sign_in {
        return (StatusCode::NOT_FOUND, "Demo sign-in is off.\n").into_response();
    }
    match sign_in_demo(&state, &session).await {
        Ok(()) if wants_html(&headers) => {
            let next = form.map(|Form(form)| form.next).unwrap_or_default();
            Redirect::to(page_of_ours(&next).unwrap_or(START_PAGE)).into_response()
        }
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::error!(error = %session::chain(&error), "could not sign in");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn sign_in_demo(state: &AppState, session: &Session) -> anyhow::Result<()> {
    let user = User::demo()?;
    let id = user.id.clone();
    user.ensure(&state.store).await?;
    session::sign_in(session, &id).await?;
    Ok(())
}

/// `POST /sign-out`: ends the session, and clears what the browser keeps of the pages.
async fn sign_out(session: Session) -> Response {
    if let Err(error) = session::sign_out(&session).await {
        tracing::error!(error = %error, "could not sign out");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let clear = HeaderValue::from_static("\"cache\"");
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert("clear-site-data", clear);
    response
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Leads a signed-out person to sign in and back, and a signed-in one past the sign-in page.
pub(super) async fn lead_the_way(
    CurrentUser(user): CurrentUser,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_safe = request.method().is_safe();
    if is_safe && user.is_none() && PRIVATE_PAGES.contains(&path) {
        return Redirect::to(&format!("/sign-in?next={path}")).into_response();
    }
    if is_safe && user.is_some() && path == "/sign-in" {
        return Redirect::to(START_PAGE).into_response();
    }
    next.run(request).await
}

/// The path, if it leads to a page of ours and nowhere else.
pub(super) fn page_of_ours(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let is_path = !rest.starts_with(['/', '\\'])
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_path.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_to() {
        for next in ["/onboarding", "/", "/inquiries?page=2"] {
            assert_eq!(page_of_ours(next), Some(next));
        }
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "onboarding",
            "/a\nb",
            "/\t/evil.example",
        ] {
            assert_eq!(page_of_ours(next), None, "{next:?}");
        }
    }
}
