//! Revoking sessions.

use axum::{
    Extension, Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    app::{AppState, CurrentUser, current_digest},
    base::error_chain,
    i18n::Texts,
};

/// The routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/sessions/revoke", post(revoke))
        .route("/account/sessions/revoke-others", post(revoke_others))
}

#[derive(Deserialize)]
struct SessionForm {
    session: String,
}

/// `POST /account/sessions/revoke`: ends one of the user's sessions.
async fn revoke(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    Extension(texts): Extension<Texts>,
    Form(SessionForm { session }): Form<SessionForm>,
) -> Response {
    let Some(user) = user else {
        return Redirect::to("/sign-in").into_response();
    };
    match state.store.revoke_session(&user.id, &session).await {
        Ok(was_there) => {
            if was_there {
                state.live.notify(&user.id);
                tracing::info!(user.id = %user.id, "revoked a session");
            }
            // A session that another request has revoked is gone as well.
            Redirect::to("/account/sessions?ended=one").into_response()
        }
        Err(error) => failed(&error.into(), &texts),
    }
}

/// `POST /account/sessions/revoke-others`: ends all of the user's sessions but this one.
async fn revoke_others(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    Extension(texts): Extension<Texts>,
    session: Session,
) -> Response {
    let Some((user, current)) = user.zip(current_digest(&session)) else {
        return Redirect::to("/sign-in").into_response();
    };
    match state.store.revoke_other_sessions(&user.id, &current).await {
        Ok(count) => {
            state.live.notify(&user.id);
            tracing::info!(user.id = %user.id, count, "revoked all other sessions");
            Redirect::to("/account/sessions?ended=others").into_response()
        }
        Err(error) => failed(&error.into(), &texts),
    }
}

fn failed(error: &anyhow::Error, texts: &Texts) -> Response {
    tracing::error!(error = %error_chain(error.as_ref()), "could not revoke a session");
    let text = format!("{}\n", texts.text("error-not-revoked"));
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
