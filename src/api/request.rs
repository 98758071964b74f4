//! Access of server functions to their request and response.

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::{use_context, with_context};
use leptos_axum::ResponseOptions;

use super::{ApiError, ErrorCode, retry_after_value};
use crate::{
    app::{AppState, ClickPermit, CurrentUser},
    base::error_chain,
    domain::{self, User},
    i18n::Texts,
};

/// The state of the app, and the signed-in user.
///
/// # Errors
/// [`ErrorCode::SignedOut`] if nobody is.
pub(super) fn state_and_user() -> Result<(AppState, User), ApiError> {
    let state = use_context::<AppState>().ok_or_else(|| ApiError::new(ErrorCode::TryAgain))?;
    let user = extension()
        .and_then(|CurrentUser(user)| user)
        .ok_or_else(|| ApiError::new(ErrorCode::SignedOut))?;
    Ok((state, user))
}

/// The click's permit, if the router has set one.
pub(super) fn click_permit() -> Option<ClickPermit> {
    extension()
}

/// A value that the router or a handler has put into the current request. Only the value is cloned: `use_context` would clone
/// all headers and extensions.
pub(crate) fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    with_context(|parts: &Parts| parts.extensions.get().cloned()).flatten()
}

/// The error with its message in the language of the request.
pub(super) fn translate(error: ApiError) -> ApiError {
    match use_context::<Texts>() {
        Some(texts) => error.translated(&texts),
        None => error,
    }
}

/// Sets the error's own status: Leptos 0.8 makes every error a 500.
pub(super) fn set_status(error: &ApiError) {
    let status = StatusCode::from_u16(error.code().http_status());
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), status) {
        response.set_status(status);
        response.insert_header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
}

/// Sets `Retry-After`, if Persona's response had it.
pub(super) fn set_retry_after(error: &domain::Error) {
    if let (Some(response), Some(wait)) = (use_context::<ResponseOptions>(), error.retry_after()) {
        response.insert_header(header::RETRY_AFTER, retry_after_value(wait));
    }
}

/// Logs an error once, where it stops, with its causes and Persona's request ID.
pub(super) fn log(error: &domain::Error) {
    if let domain::Error::Denied(_) = error {
        tracing::debug!("the policy denies another inquiry");
        return;
    }
    let request_id = match error {
        domain::Error::Persona(error) => error.request_id.as_deref(),
        _ => None,
    };
    let text = error_chain(error);
    tracing::error!(
        persona.request_id = request_id,
        "no inquiry for this click: {text}"
    );
}
