//! Where a user is signed in: the list, and the end of any of them.

use axum::{
    Form, Router,
    extract::State,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tower_sessions::Session;

use super::{
    session::{BROWSER, CurrentUser, chain},
    session_store::{ABSOLUTE, digest},
    state::AppState,
};
use crate::{model::SessionView, store::ListedSessionRow};

const PAGE: &str = "/account/sessions";

/// The routes.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/sessions/revoke", post(revoke))
        .route("/account/sessions/revoke-others", post(revoke_others))
}

/// The sessions of the signed-in user, the last used first; none for nobody.
///
/// # Errors
/// If the database fails.
pub async fn list_sessions(state: &AppState, parts: &Parts) -> anyhow::Result<Vec<SessionView>> {
    let user = parts.extensions.get::<CurrentUser>();
    let Some(CurrentUser(Some(user))) = user else {
        return Ok(Vec::new());
    };
    let current = parts.extensions.get::<Session>().and_then(current_digest);
    let rows = state.store.list_sessions(&user.id, ABSOLUTE).await?;
    Ok(rows
        .into_iter()
        .map(|row| view(row, current.as_deref()))
        .collect())
}

fn view(row: ListedSessionRow, current: Option<&str>) -> SessionView {
    let data: Value = serde_json::from_str(&row.data).unwrap_or_default();
    SessionView {
        public_id: row.public_id,
        browser: data[BROWSER].as_str().unwrap_or_default().to_owned(),
        signed_in: in_words(row.created_at),
        last_seen: in_words(row.last_seen_at),
        is_current: current == Some(row.id_digest.as_str()),
    }
}

/// `March 3, 2026, 14:05 UTC`: the server does not know the person's clock.
fn in_words(time: i64) -> String {
    Timestamp::from_millisecond(time).map_or_else(
        |_| String::new(),
        |time| time.strftime("%B %-d, %Y, %H:%M UTC").to_string(),
    )
}

pub(super) fn current_digest(session: &Session) -> Option<String> {
    session.id().as_ref().map(digest)
}

#[derive(Deserialize)]
struct Named {
    session: String,
}

/// `POST /account/sessions/revoke`: ends one of the user's sessions, whichever it is.
async fn revoke(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    Form(Named { session }): Form<Named>,
) -> Response {
    let Some(user) = user else {
        return Redirect::to("/sign-in").into_response();
    };
    match state.store.revoke_session(&user.id, &session).await {
        Ok(was_there) => {
            if was_there {
                state.live.wake(&user.id);
                tracing::info!(user.id = %user.id, "revoked a session");
            }
            // Gone is gone, whoever was faster.
            Redirect::to(PAGE).into_response()
        }
        Err(error) => failed(&error.into()),
    }
}

/// `POST /account/sessions/revoke-others`: leaves the user signed in here alone.
async fn revoke_others(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    session: Session,
) -> Response {
    let Some((user, current)) = user.zip(current_digest(&session)) else {
        return Redirect::to("/sign-in").into_response();
    };
    match state.store.revoke_other_sessions(&user.id, &current).await {
        Ok(count) => {
            state.live.wake(&user.id);
            tracing::info!(user.id = %user.id, count, "revoked all other sessions");
            Redirect::to(PAGE).into_response()
        }
        Err(error) => failed(&error.into()),
    }
}

fn failed(error: &anyhow::Error) -> Response {
    tracing::error!(error = %chain(error), "could not revoke a session");
    let text = "The session could not be ended. Please go back and try again in a moment.\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
