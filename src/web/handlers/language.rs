//! The choice of a language at the foot of each page.

use axum::{
    Form, Router,
    extract::{State, rejection::FormRejection},
    http::{StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    app::{AppState, CurrentUser},
    base::error_chain,
    i18n::Locale,
    web::{handlers::sign_in::page_of_ours, middleware::language},
};

/// The routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/language", post(choose))
}

#[derive(Deserialize)]
struct Choice {
    language: String,
    #[serde(default)]
    next: String,
}

/// `POST /language`: keeps the choice in a cookie, and in the account of a signed-in user; 303 back to the
/// page.
async fn choose(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    form: Result<Form<Choice>, FormRejection>,
) -> Response {
    let choice = form.ok().and_then(|Form(choice)| {
        let locale = Locale::from_tag(&choice.language)?;
        let is_offered = language::available(&state).contains(&locale);
        is_offered.then_some((locale, choice.next))
    });
    let Some((locale, next)) = choice else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    if let Some(user) = user
        && let Err(error) = user.choose_locale(&state.store, locale.tag()).await
    {
        // The cookie keeps the choice for this browser.
        tracing::error!(
            reference_id = %user.id,
            error = error_chain(&error),
            "could not keep the chosen language in the account"
        );
    }
    let mut response = Redirect::to(page_of_ours(&next).unwrap_or("/")).into_response();
    if let Some(cookie) = language::cookie(locale, &state.config) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
