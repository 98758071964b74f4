//! `POST /webhooks/persona`: verifies the signature of an event and stores it in the inbox.
//!
//! The route is outside the layers for people: the cross-origin rule, sessions, their rate limits.
//! Persona takes 200, 201, 202 and 204 for success and retries after any other status
//! (docs.withpersona.com/docs/webhooks). The body is never logged, and the response to a wrong signature gives no detail.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_TYPE, EXPECT, RETRY_AFTER},
    },
    response::{IntoResponse as _, Response},
    routing::post,
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::Instant;

use crate::{
    api::retry_after_value, app::AppState, base::metrics, domain::Receipt,
    web::middleware::rate_limit::Limits,
};
use persona_api::{SIGNATURE_HEADER, verify_signature};

/// The largest body that is read, in bytes: an event with all related objects.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// How much of a larger body is read and dropped before the response, in bytes, and for how long.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a sender may take for its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(4);
/// How long an exchange may take: Persona gives up after 5 s, and gets a 503 before that.
const EXCHANGE_TIMEOUT: Duration = Duration::from_millis(4_500);

/// The outcome of a delivery, as logs and metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Received(Receipt),
    RateLimited(Duration),
    NotJson,
    TooLarge,
    TooSlow,
    CutOff,
    BadSignature,
    NotKept,
}

/// The route. The limits are shared with the other routes.
pub(crate) fn routes(limits: Limits) -> Router<AppState> {
    Router::new().route(
        "/webhooks/persona",
        post(move |State(state): State<AppState>, request: Request| {
            let limits = limits.clone();
            async move { answer(take(&state, &limits, request).await) }
        }),
    )
}

async fn take(state: &AppState, limits: &Limits, request: Request) -> Outcome {
    let deadline = Instant::now() + EXCHANGE_TIMEOUT;
    let (parts, body) = request.into_parts();
    if let Err(wait) = limits.check_webhook(&parts) {
        return Outcome::RateLimited(wait);
    }
    if !may_be_json(&parts.headers) {
        return Outcome::NotJson;
    }
    // A client that sent `Expect: 100-continue` is rejected before it sends the body.
    if parts.headers.contains_key(EXPECT) && body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Outcome::TooLarge;
    }
    let body = match tokio::time::timeout(BODY_TIMEOUT, read(body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(outcome)) => return outcome,
        Err(_) => return Outcome::TooSlow,
    };

    let signatures = parts.headers.get_all(SIGNATURE_HEADER).iter();
    let verified = verify_signature(
        signatures.map(HeaderValue::as_bytes),
        &body,
        &state.config.persona.webhook_secrets,
        state.clock.now(),
    );
    if let Err(problem) = verified {
        tracing::warn!("refused a webhook: {problem}");
        return Outcome::BadSignature;
    }
    match tokio::time::timeout_at(deadline, state.inbox.receive(&body)).await {
        Ok(Ok(taken)) => Outcome::Received(taken),
        Ok(Err(_)) | Err(_) => Outcome::NotKept,
    }
}

/// Whether the content type allows JSON. Without a content type the body decides.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next();
    essence.is_some_and(|it| {
        let it = it.trim().to_ascii_lowercase();
        it == "application/json" || (it.starts_with("application/") && it.ends_with("+json"))
    })
}

async fn read(mut body: Body) -> Result<Bytes, Outcome> {
    if body.size_hint().lower() <= MAX_BODY_BYTES as u64 {
        match Limited::new(&mut body, MAX_BODY_BYTES).collect().await {
            Ok(body) => return Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {}
            Err(_) => return Err(Outcome::CutOff),
        }
    }
    // The response is the same whether the rest arrives or not.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, drain(body)).await;
    Err(Outcome::TooLarge)
}

/// Reads and drops the rest of the body: closing a connection with unread data resets it, and the
/// sender would not get the response.
async fn drain(mut body: Body) {
    let mut size = 0;
    while let Some(Ok(frame)) = body.frame().await {
        size += frame.data_ref().map_or(0, Bytes::len);
        if size > MAX_DRAINED_BYTES {
            return;
        }
    }
}

fn answer(outcome: Outcome) -> Response {
    metrics::webhook(outcome.name());
    tracing::debug!(webhook.outcome = outcome.name(), "a webhook was delivered");
    let (status, text) = match outcome {
        Outcome::Received(_) => (StatusCode::OK, "ok\n"),
        Outcome::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "too many requests\n"),
        Outcome::NotJson => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send application/json\n",
        ),
        Outcome::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n"),
        Outcome::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body came too slowly\n"),
        Outcome::CutOff => (StatusCode::BAD_REQUEST, "the body was cut off\n"),
        Outcome::BadSignature => (StatusCode::UNAUTHORIZED, "unauthorized\n"),
        Outcome::NotKept => (StatusCode::SERVICE_UNAVAILABLE, "try again later\n"),
    };
    let mut response = (status, text).into_response();
    if matches!(
        outcome,
        Outcome::TooLarge | Outcome::TooSlow | Outcome::CutOff
    ) {
        // The rest of the body may still arrive; it must not be read as the next request.
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Outcome::RateLimited(wait) = outcome {
        let seconds = retry_after_value(wait);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Received(Receipt::New) => "new",
            Self::Received(Receipt::Parked) => "parked",
            Self::Received(Receipt::Duplicate) => "duplicate",
            Self::RateLimited(_) => "rate_limited",
            Self::NotJson => "not_json",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::CutOff => "cut_off",
            Self::BadSignature => "bad_signature",
            Self::NotKept => "not_kept",
        }
    }
}
