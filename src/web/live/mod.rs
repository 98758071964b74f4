//! The statuses of the signed-in user's inquiries: as server-sent events, and as a list to poll.
//!
//! Both read our own database, never Persona. A stream is polled by its connection: nothing is queued
//! for a client that does not read.

mod stream;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
    response::{IntoResponse, Response, Sse},
    routing::get,
};
use serde::Serialize;
use tower_sessions::Session;

use stream::{Follower, Reader};

use crate::{
    api::{ApiError, ErrorCode},
    app::{AppState, CurrentUser, current_digest, live_hub::LimitReached},
    base::error_chain,
    domain::{self, InquirySummary},
    i18n::Texts,
    web::middleware::{cross_origin, headers::NO_STORE},
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx, and proxies like it, not to buffer.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// In seconds, when all streams are taken.
const RETRY_AFTER_VALUE: HeaderValue = HeaderValue::from_static("30");

/// The routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/inquiries", get(list))
        .route("/api/inquiries/live", get(follow))
}

/// An inquiry's status, as the browser gets it.
#[derive(Serialize)]
struct Update<'a> {
    inquiry_id: &'a str,
    status: &'a str,
    at: String,
}

impl<'a> From<&'a InquirySummary> for Update<'a> {
    fn from(summary: &'a InquirySummary) -> Self {
        Self {
            inquiry_id: summary.inquiry_id.as_str(),
            status: summary.status.as_str(),
            at: summary.at.to_string(),
        }
    }
}

#[derive(Serialize)]
struct List<'a> {
    inquiries: Vec<ListItem<'a>>,
}

#[derive(Serialize)]
struct ListItem<'a> {
    /// The `id` of the stream's events, and text like it.
    number: String,
    /// The page of the result is `/results/{result_id}`.
    result_id: &'a str,
    #[serde(flatten)]
    update: Update<'a>,
}

/// `GET /api/inquiries`: the status of each, in the order of the last changes.
async fn list(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    texts: Option<Extension<Texts>>,
) -> Response {
    let Extension(texts) = texts.unwrap_or_default();
    let Some(user) = user else {
        return refuse(&texts, StatusCode::UNAUTHORIZED, ErrorCode::SignedOut);
    };
    match domain::list_inquiry_summaries(&state.store, &user.id).await {
        Ok(mut summaries) => {
            summaries.sort_by_key(|summary| summary.number);
            let inquiries = summaries.iter().map(|summary| ListItem {
                number: summary.number.to_string(),
                result_id: summary.result_id.as_str(),
                update: summary.into(),
            });
            let inquiries = inquiries.collect();
            Json(List { inquiries }).into_response()
        }
        Err(error) => {
            tracing::error!(
                error = error_chain(&error),
                "could not list the statuses of a user's inquiries"
            );
            refuse(&texts, StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TryAgain)
        }
    }
}

/// `GET /api/inquiries/live`: the status of each, and then each change.
async fn follow(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    session: Session,
    texts: Option<Extension<Texts>>,
    headers: HeaderMap,
) -> Response {
    let Extension(texts) = texts.unwrap_or_default();
    let Some((user, session)) = user.zip(current_digest(&session)) else {
        return refuse(&texts, StatusCode::UNAUTHORIZED, ErrorCode::SignedOut);
    };
    let subscription = match state.live.subscribe(&user.id) {
        Ok(subscription) => subscription,
        Err(limit) => {
            let (status, code) = match limit {
                LimitReached::User => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited),
                LimitReached::Process => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TryAgain),
            };
            let mut response = refuse(&texts, status, code);
            response
                .headers_mut()
                .insert(RETRY_AFTER, RETRY_AFTER_VALUE);
            return response;
        }
    };
    let last_event_id = headers
        .get(LAST_EVENT_ID)
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.parse().ok());
    let reader = if cross_origin::is_from_browser(&headers) {
        Reader::Browser
    } else {
        Reader::Program
    };
    let follower = Follower::new(
        state.store.clone(),
        subscription,
        reader,
        session,
        last_event_id,
    );
    let mut response = Sse::new(follower.into_stream()).into_response();
    let headers = response.headers_mut();
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    // axum sets `no-cache`, with which a disk cache may store it.
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}

fn refuse(texts: &Texts, status: StatusCode, code: ErrorCode) -> Response {
    (status, Json(ApiError::new(code).translated(texts))).into_response()
}
