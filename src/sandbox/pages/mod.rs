//! What people see of the sandbox: the widget, the hosted flow and the dashboard.

use axum::Router;

use super::Emulator;

/// The routes of all pages.
pub(crate) fn router() -> Router<Emulator> {
    Router::new()
}
