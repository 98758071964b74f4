//! `POST /api/inquiries/refresh`: a hint from the page that an inquiry may have changed.
//!
//! The status is fetched from Persona, never taken from the hint. The response holds no status either:
//! the page learns of a change through the live stream, as of every other change.

use axum::{
    Form, Json, Router,
    extract::{State, rejection::FormRejection},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    api::retry_after_value,
    api::{ApiError, ErrorCode},
    app::{AppState, CurrentUser},
    base::error_chain,
    domain::{self, SyncOutcome, User},
    model::InquiryId,
};

/// The route.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/api/inquiries/refresh", post(refresh))
}

/// The inquiry's ID may open the inquiry, so it travels in the body and not in the URL.
#[derive(Deserialize)]
struct InquiryForm {
    inquiry_id: String,
}

/// 204 if the inquiry was fetched now or a moment ago; 404 if it is not the user's.
async fn refresh(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    form: Result<Form<InquiryForm>, FormRejection>,
) -> Response {
    let Some(user) = user else {
        return refusal(&ApiError::new(ErrorCode::SignedOut));
    };
    let Ok(Form(named)) = form else {
        return refusal(&ApiError::new(ErrorCode::InvalidRequest));
    };
    let Ok(id) = InquiryId::parse(named.inquiry_id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match sync_own_inquiry(&state, &user, &id).await {
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Ok(Some(refreshed)) => {
            if refreshed == SyncOutcome::NotFound {
                // Without its ID, which may open the inquiry.
                tracing::warn!(reference_id = %user.id, "Persona does not know the user's inquiry");
            }
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            let answer = ApiError::from(&error);
            let retry_after = error.retry_after().map(retry_after_value);
            tracing::error!(
                error = error_chain(&error),
                "could not fetch the inquiry from Persona"
            );
            let mut response = refusal(&answer);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds);
            }
            response
        }
    }
}

/// Fetches the inquiry; `None` if the user has no such inquiry.
async fn sync_own_inquiry(
    state: &AppState,
    user: &User,
    id: &InquiryId,
) -> Result<Option<SyncOutcome>, domain::Error> {
    let found = state.store.find_inquiry(id).await?;
    let Some(inquiry) = found.filter(|inquiry| inquiry.user_id == user.id) else {
        return Ok(None);
    };
    domain::sync_inquiry(&state.persona, &state.store, inquiry)
        .await
        .map(Some)
}

fn refusal(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code().http_status());
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, Json(error)).into_response()
}
