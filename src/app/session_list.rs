//! The user's sessions, as the sessions page lists them.

use axum::http::request::Parts;
use serde_json::Value;
use tower_sessions::Session;

use crate::{
    app::{
        AppState, CurrentUser,
        session_store::{ABSOLUTE, BROWSER, digest},
    },
    model::SessionView,
    store::ListedSessionRow,
};

/// The sessions of the signed-in user: the current one, then the last used first. None for nobody.
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
    let mut sessions: Vec<_> = rows
        .into_iter()
        .map(|row| view(row, current.as_deref()))
        .collect();
    sessions.sort_by_key(|session| !session.is_current);
    Ok(sessions)
}

fn view(row: ListedSessionRow, current: Option<&str>) -> SessionView {
    let data: Value = serde_json::from_str(&row.data).unwrap_or_default();
    SessionView {
        public_id: row.public_id,
        browser: data[BROWSER].as_str().unwrap_or_default().to_owned(),
        signed_in_at: row.created_at,
        last_seen_at: row.last_seen_at,
        is_current: current == Some(row.id_digest.as_str()),
    }
}

pub(crate) fn current_digest(session: &Session) -> Option<String> {
    session.id().as_ref().map(digest)
}
