//! Persona's REST API under `/api/v1`.
//!
//! Every request takes the same way: check the key, read the body, find the operation, meet a
//! fault if one is set, then (under one lock of the state) check version and inflection, rate
//! limit, idempotency, and run the operation. The order of key and rate limit before idempotency
//! is Persona's (docs: `errors`).

mod create;
mod error;
mod events;
mod execute;
mod foreign;
mod gate;
mod idempotency;
mod inquiries;
mod not_emulated;
mod params;
mod print;
mod query;
mod response;
mod review;
mod route;
mod search;
mod sessions;
mod simulate;
mod templates;
mod webhooks;

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use hyper::body::Frame;

use super::transport::Abort;
use crate::core::clock::Moment;
use crate::runtime::Emulator;
use crate::runtime::api_log::{LoggedBody, LoggedCall, path_without_secrets};
use crate::runtime::faults::{Fault, FaultKind};
use error::ApiError;
use execute::Call;
use idempotency::Key;
use response::ApiResponse;
use route::Route;

/// Where the API is.
pub(crate) const BASE: &str = "/api/v1";

/// The largest request body.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long after its answer a `late_commit` acts, on the sandbox's clock.
const LATE_COMMIT_DELAY: Duration = Duration::from_secs(2);

/// What a truncated answer's first half gets to leave in.
const TRUNCATE_PAUSE: Duration = Duration::from_millis(50);

/// The API's routes.
pub(crate) fn router() -> Router<Emulator> {
    Router::new()
        .route("/api/v1", any(handle))
        .route("/api/v1/", any(handle))
        .route("/api/v1/{*path}", any(handle))
}

async fn handle(State(emulator): State<Emulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix(BASE).unwrap_or_default();
    let route = route::route(&parts.method, path);
    if let Route::Operation(operation, _) = route {
        emulator.count_call(operation);
    }
    let refused = |body: &Bytes, error: &ApiError| {
        refuse(&emulator, (&parts, body), route.name(), error).into_response()
    };
    if let Err(error) = gate::check_key(&parts.headers) {
        return refused(&Bytes::new(), &error);
    }
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return refused(&Bytes::new(), &ApiError::too_large(MAX_BODY_BYTES));
    };
    let (operation, id) = match route {
        Route::Operation(operation, id) => (operation, id),
        unmatched => return refuse_unmatched(&emulator, (&parts, &body), &unmatched),
    };
    let call = Call {
        operation,
        id,
        parts,
        body,
        since: None,
    };
    match emulator.faults().pick(operation) {
        None => or_close(call.execute(&emulator)),
        // Goes on when the client gives up: what has been sent cannot be taken back.
        Some(fault) => tokio::spawn(apply_fault(emulator, call, fault))
            .await
            .unwrap_or_else(|_| Abort::Close.into_response()),
    }
}

/// Answers as the fault wants.
async fn apply_fault(emulator: Emulator, mut call: Call, fault: Fault) -> Response {
    let since = emulator.with(|state, _| state.reset_count());
    call.since = Some(since);
    let has_passed = emulator.sleep(fault.delay).await;
    if !has_passed || emulator.with(|state, _| state.reset_count()) != since {
        return Abort::Close.into_response();
    }
    match fault.kind {
        // The second kind is refused for operations of the API.
        FaultKind::Delay | FaultKind::Webhook(_) => or_close(call.execute(&emulator)),
        FaultKind::DropAnswer => {
            call.execute(&emulator);
            Abort::Close.into_response()
        }
        FaultKind::Reset => Abort::Reset.into_response(),
        FaultKind::Status(status) => or_close(call.answer_with(&emulator, status)),
        FaultKind::LateCommit => {
            let answer = call.refuse(&emulator, &ApiError::from_status(StatusCode::BAD_GATEWAY));
            tokio::spawn(async move {
                if emulator.sleep(LATE_COMMIT_DELAY).await {
                    call.execute(&emulator);
                }
            });
            answer.into_response()
        }
        FaultKind::Truncate => match call.execute(&emulator) {
            Some(response) => truncated(response),
            None => Abort::Close.into_response(),
        },
        FaultKind::Foreign => or_close(call.execute_and_answer_foreign(&emulator)),
        FaultKind::Html => {
            let page = "<!doctype html><title>Please wait</title><p>Checking your browser…";
            ([("content-type", "text/html; charset=utf-8")], page).into_response()
        }
    }
}

/// An answer, or none: the sandbox that was asked is no more.
fn or_close(response: Option<ApiResponse>) -> Response {
    match response {
        Some(response) => response.into_response(),
        None => Abort::Close.into_response(),
    }
}

/// An answer from before the operation. Like every other it counts against the rate limit and says
/// so, but for a 401: there nobody is known whose limit it would be (API specification, the shared
/// responses).
fn refuse(
    emulator: &Emulator,
    request: (&Parts, &Bytes),
    operation: &'static str,
    error: &ApiError,
) -> ApiResponse {
    refuse_and_log(emulator, request, operation, error, false)
}

/// The answer to a request that is none of an emulated operation.
fn refuse_unmatched(emulator: &Emulator, request: (&Parts, &Bytes), route: &Route) -> Response {
    let error = match route {
        Route::NotEmulated(operation) => ApiError::not_emulated(operation),
        Route::OtherMethod(_) => ApiError::method_not_allowed(),
        Route::Operation(..) | Route::Unknown => ApiError::unknown_path(request.0.uri.path()),
    };
    let mut response = refuse_and_log(emulator, request, route.name(), &error, true);
    if let Route::OtherMethod(methods) = route {
        let names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
        response.text_header("allow", &names.join(", "));
    }
    response.into_response()
}

fn refuse_and_log(
    emulator: &Emulator,
    request: (&Parts, &Bytes),
    operation: &'static str,
    error: &ApiError,
    unmatched: bool,
) -> ApiResponse {
    let began = Instant::now();
    let mut response = ApiResponse::from_error(error);
    let reading = emulator.with_store(|store, now| {
        response.request_id = Some(store.request_id());
        let call = logged_call(request, operation, &response, now, began.elapsed());
        emulator.log().add(LoggedCall { unmatched, ..call });
        // Of a 401 nobody knows whose limit it would be.
        let is_counted = error.status != StatusCode::UNAUTHORIZED;
        is_counted.then(|| emulator.meter().count_request(now))
    });
    if let Some(reading) = reading {
        response.rate_limit(reading);
        response.environment(emulator.config());
    }
    response
}

/// Headers that promise the whole body, half of it, and the end of the connection.
fn truncated(response: ApiResponse) -> Response {
    let length = response.body.len();
    let half = response.body.slice(..length / 2);
    let mut response = response.into_response();
    let end = Box::pin(tokio::time::sleep(TRUNCATE_PAUSE));
    *response.body_mut() = Body::new(TruncatedBody {
        piece: Some(half),
        end,
    });
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    response
}

/// A body that fails after its first piece, late enough for the piece to have left.
struct TruncatedBody {
    piece: Option<Bytes>,
    end: Pin<Box<tokio::time::Sleep>>,
}

impl hyper::body::Body for TruncatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(piece) = self.piece.take() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        self.end
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(io::Error::other("cut short on demand"))))
    }
}

/// The log entry of a request to `operation` and its response.
fn logged_call(
    (parts, body): (&Parts, &Bytes),
    operation: &'static str,
    response: &ApiResponse,
    at: Moment,
    duration: Duration,
) -> LoggedCall {
    let path = parts.uri.path_and_query();
    let path = path.map_or("", |path| path.as_str());
    LoggedCall {
        request_id: response.request_id.clone().unwrap_or_default(),
        at,
        operation: Cow::Borrowed(operation),
        unmatched: false,
        method: parts.method.to_string(),
        path: path_without_secrets(path).into_owned(),
        status: response.status.as_u16(),
        duration,
        idempotency_key: Key::header_value(&parts.headers, &parts.method).map(str::to_owned),
        request_body: LoggedBody::Raw(body.clone()),
        response_body: LoggedBody::Raw(response.body.clone()),
    }
}
