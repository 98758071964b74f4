//! The user's sessions, as the sessions page lists them.

use axum::http::request::Parts;
use jiff::Timestamp;
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

pub(crate) fn current_digest(session: &Session) -> Option<String> {
    session.id().as_ref().map(digest)
}
