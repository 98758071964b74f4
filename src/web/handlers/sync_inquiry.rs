//! `POST /api/inquiries/refresh`: a hint from the page that an inquiry may have changed.
//!
//! The status is fetched from Persona, never taken from the hint. The response holds no status either:
//! the page learns of a change through the live stream, as of every other change.

use axum::{
    Extension, Form, Json, Router,
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
    i18n::Texts,
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
    /// The SDK's event that the page reports.
    event: Option<String>,
}

/// The SDK's event at the end of the flow (docs.withpersona.com/docs/embedded-flow-client-callbacks).
const COMPLETE: &str = "complete";
/// The SDK's event when the window can be seen.
const READY: &str = "ready";

/// 204 if the inquiry was fetched now or a moment ago; 404 if it is not the user's.
///
/// The event `ready` is counted only. The event `complete` is recorded only: usually a webhook follows within a second, and a page whose
/// webhook is late asks again without an event.
async fn refresh(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    texts: Option<Extension<Texts>>,
    form: Result<Form<InquiryForm>, FormRejection>,
) -> Response {
    let Extension(texts) = texts.unwrap_or_default();
    let Some(user) = user else {
        return refusal(&texts, ApiError::new(ErrorCode::SignedOut));
    };
    let Ok(Form(named)) = form else {
        return refusal(&texts, ApiError::new(ErrorCode::InvalidRequest));
    };
    let Ok(id) = InquiryId::parse(named.inquiry_id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let found = match named.event.as_deref() {
        Some(COMPLETE) => domain::record_submission(&state.store, &user.id, &id).await,
        Some(READY) => domain::record_opening(&state.store, &user.id, &id).await,
        _ => sync_own_inquiry(&state, &user, &id).await,
    };
    match found {
        Ok(false) => StatusCode::NOT_FOUND.into_response(),
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            let answer = ApiError::from(&error);
            let retry_after = error.retry_after().map(retry_after_value);
            tracing::error!(error = error_chain(&error), "could not refresh the inquiry");
            let mut response = refusal(&texts, answer);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds);
            }
            response
        }
    }
}

/// Fetches the inquiry; `false` if the user has no such inquiry.
async fn sync_own_inquiry(
    state: &AppState,
    user: &User,
    id: &InquiryId,
) -> Result<bool, domain::Error> {
    let found = state.store.find_inquiry(id).await?;
    let Some(inquiry) = found.filter(|inquiry| inquiry.user_id == user.id) else {
        return Ok(false);
    };
    let outcome = domain::sync_inquiry(&state.persona, &state.store, inquiry).await?;
    if outcome == SyncOutcome::NotFound {
        // Without its ID, which may open the inquiry.
        tracing::warn!(reference_id = %user.id, "Persona does not know the user's inquiry");
    }
    Ok(true)
}

fn refusal(texts: &Texts, error: ApiError) -> Response {
    let status = StatusCode::from_u16(error.code().http_status());
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, Json(error.translated(texts))).into_response()
}
