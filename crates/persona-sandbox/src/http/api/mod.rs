//! Persona's REST API under `/api/v1`.
//!
//! The router is built from the registry in [`operation`]. Every request takes the same steps:
//! check the key and its permissions, find its environment, read the body, apply a fault if one is set, then, under one lock of the state,
//! check version and inflection, rate limit and idempotency key, and run the operation. The rate
//! limit comes before idempotency, as Persona documents (docs: `errors`).

mod accounts;
mod api_keys;
mod api_logs;
mod cases;
mod context;
mod create;
mod devices;
mod documents;
mod error;
mod events;
mod examples;
mod execute;
mod fault;
mod files;
mod foreign;
mod gate;
mod idempotency;
mod inquiries;
mod not_emulated;
mod operation;
mod params;
mod print;
mod query;
mod reports;
mod response;
mod review;
mod search;
mod search_query;
mod sessions;
mod simulate;
mod tags;
mod templates;
mod verifications;
mod webhooks;
mod workflows;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, on};
use axum::{Extension, Router};

use crate::core::clock::Moment;
use crate::http::transport::Abort;
use crate::openapi::OpenApi;
use crate::runtime::api_log::{LoggedBody, LoggedCall, path_without_secrets};
use crate::runtime::{Emulator, Environments};
use error::ApiError;
use execute::Call;
use fault::{apply_fault, response_or_close};
use idempotency::Key;
use not_emulated::NotEmulated;
pub(crate) use operation::operations;
use operation::{Operation, method_filter, route_path};
use response::ApiResponse;

/// The files that define operations.
const FILES: &[&[Operation]] = &[
    accounts::OPERATIONS,
    api_keys::OPERATIONS,
    api_logs::OPERATIONS,
    inquiries::OPERATIONS,
    create::OPERATIONS,
    review::OPERATIONS,
    search::OPERATIONS,
    print::OPERATIONS,
    simulate::OPERATIONS,
    sessions::OPERATIONS,
    devices::OPERATIONS,
    verifications::OPERATIONS,
    documents::OPERATIONS,
    cases::OPERATIONS,
    reports::OPERATIONS,
    workflows::OPERATIONS,
    templates::OPERATIONS,
    events::OPERATIONS,
    webhooks::OPERATIONS,
];

/// The path of the API.
const BASE: &str = "/api/v1";

/// The largest request body.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The routes of the API: one for each operation, emulated or not. Persona's API and this one take
/// a path with and without a slash at its end. What is not emulated is answered from the vendor's
/// `openapi` file, if there is one.
pub(crate) fn router(openapi: Option<Arc<OpenApi>>) -> Router<Environments> {
    let mut router = Router::new();
    for operation in operation::all() {
        let handler = async move |State(environments): State<Environments>,
                                  id: Result<RawPathParams, RawPathParamsRejection>,
                                  request: Request| {
            handle(&environments, operation, id, request).await
        };
        for path in paths(operation.info.path) {
            if let Some(method) = method_filter(operation.info.method) {
                router = router.route(&path, on(method, handler));
            }
        }
    }
    for operation in not_emulated::all() {
        let handler = async move |State(environments): State<Environments>, request: Request| {
            refuse_unmatched(&environments, request, &Unmatched::NotEmulated(operation)).await
        };
        for path in paths(operation.path) {
            if let Some(method) = method_filter(operation.method) {
                router = router.route(&path, on(method, handler));
            }
        }
    }
    let router = router
        .route("/files/{object-id}/{name}", get(files::download))
        .method_not_allowed_fallback(method_not_allowed)
        .route(BASE, any(unknown_path))
        .route(&format!("{BASE}/"), any(unknown_path))
        .route(&format!("{BASE}/{{*path}}"), any(unknown_path));
    match openapi {
        Some(openapi) => router.layer(Extension(openapi)),
        None => router,
    }
}

/// The routes that lead to an operation.
fn paths(path: &str) -> [String; 2] {
    let path = format!("{BASE}{}", route_path(path));
    [format!("{path}/"), path]
}

async fn handle(
    environments: &Environments,
    operation: &'static Operation,
    id: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let name = operation.info.name;
    let (emulator, checked) = gate::check_key(environments, &parts.headers);
    emulator.operations().count_call(name);
    let refused = |body: &Bytes, error: &ApiError| {
        refuse(&emulator, (&parts, body), name, error).into_response()
    };
    let permitted = checked.and_then(|key| gate::check_permission(&key, operation).map(|()| key));
    let key = match permitted {
        Ok(key) => key,
        Err(error) => return refused(&Bytes::new(), &error),
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return refused(&Bytes::new(), &ApiError::too_large(MAX_BODY_BYTES));
    };
    // An ID that is not UTF-8 after decoding does not exist.
    let id = id.as_ref().ok().and_then(|parameters| {
        let (_, id) = parameters.iter().next()?;
        Some(id.to_owned())
    });
    let call = Call {
        operation,
        id,
        parts,
        body,
        key,
        since: None,
    };
    let reference_ids = if emulator.faults().need_reference_ids() {
        call.reference_ids(&emulator)
    } else {
        Vec::new()
    };
    match emulator.faults().pick(name, &reference_ids) {
        None => response_or_close(call.execute(&emulator)),
        // A task of its own, which continues when the client gives up, because a sent request
        // cannot be taken back.
        Some(fault) => tokio::spawn(apply_fault(emulator, call, fault))
            .await
            .unwrap_or_else(|_| Abort::Close.into_response()),
    }
}

/// A refusal before the operation. Like every response it counts against the rate limit and has its
/// headers, except a 401, for which no key is known (API specification, the shared responses).
fn refuse(
    emulator: &Emulator,
    request: (&Parts, &Bytes),
    operation: &'static str,
    error: &ApiError,
) -> ApiResponse {
    refuse_and_log(emulator, request, operation, error, false)
}

/// A request that no emulated operation takes.
enum Unmatched {
    /// Persona has the operation, and the sandbox does not.
    NotEmulated(&'static NotEmulated),
    /// The path exists, with other methods only.
    OtherMethod,
    /// Persona's API has nothing at this path.
    UnknownPath,
}

/// axum lists the methods of a path in the order of its routes, and HEAD with every GET; here they
/// are Persona's, sorted.
async fn method_not_allowed(
    State(environments): State<Environments>,
    matched: MatchedPath,
    request: Request,
) -> Response {
    let is_matched = |path| paths(path).iter().any(|path| path == matched.as_str());
    let emulated = operation::all().map(|operation| (operation.info.path, operation.info.method));
    let others = not_emulated::all().map(|operation| (operation.path, operation.method));
    let mut methods: Vec<_> = emulated
        .chain(others)
        .filter(|(path, _)| is_matched(path))
        .map(|(_, method)| method)
        .collect();
    methods.sort_unstable();
    let refused = refuse_unmatched(&environments, request, &Unmatched::OtherMethod).await;
    if refused.status() != StatusCode::METHOD_NOT_ALLOWED {
        return refused;
    }
    ([(header::ALLOW, methods.join(", "))], refused).into_response()
}

async fn unknown_path(State(environments): State<Environments>, request: Request) -> Response {
    refuse_unmatched(&environments, request, &Unmatched::UnknownPath).await
}

/// Answers a request that no emulated operation takes, once its key is checked.
async fn refuse_unmatched(
    environments: &Environments,
    request: Request,
    unmatched: &Unmatched,
) -> Response {
    let (parts, body) = request.into_parts();
    let name = match unmatched {
        Unmatched::NotEmulated(operation) => operation.name,
        Unmatched::OtherMethod | Unmatched::UnknownPath => "",
    };
    let (emulator, checked) = gate::check_key(environments, &parts.headers);
    let key = match checked {
        Ok(key) => key,
        Err(error) => {
            return refuse(&emulator, (&parts, &Bytes::new()), name, &error).into_response();
        }
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        let error = ApiError::too_large(MAX_BODY_BYTES);
        return refuse(&emulator, (&parts, &Bytes::new()), name, &error).into_response();
    };
    if let Some((name, response)) = examples::answer((&parts, &body), &key) {
        let answered = (Cow::Owned(name), true);
        return finish(&emulator, (&parts, &body), answered, response).into_response();
    }
    let error = match unmatched {
        Unmatched::NotEmulated(operation) => ApiError::not_emulated(operation),
        Unmatched::OtherMethod => ApiError::method_not_allowed(),
        Unmatched::UnknownPath => ApiError::unknown_path(parts.uri.path()),
    };
    refuse_and_log(&emulator, (&parts, &body), name, &error, true).into_response()
}

fn refuse_and_log(
    emulator: &Emulator,
    request: (&Parts, &Bytes),
    operation: &'static str,
    error: &ApiError,
    unmatched: bool,
) -> ApiResponse {
    let response = ApiResponse::from_error(error);
    let operation = (Cow::Borrowed(operation), unmatched);
    finish(emulator, request, operation, response)
}

/// Counts and logs a request that did not run an operation: its name, and whether nothing is emulated
/// for it.
fn finish(
    emulator: &Emulator,
    request: (&Parts, &Bytes),
    (operation, unmatched): (Cow<'static, str>, bool),
    mut response: ApiResponse,
) -> ApiResponse {
    let began = Instant::now();
    let reading = emulator.with_store(|store, now| {
        response.request_id = Some(store.request_id());
        let call = logged_call(request, operation, &response, now, began.elapsed());
        emulator.log().add(LoggedCall { unmatched, ..call });
        // No key is known for a 401, so no limit applies.
        let is_counted = response.status != StatusCode::UNAUTHORIZED;
        is_counted.then(|| emulator.meter().count_request(now))
    });
    if let Some(reading) = reading {
        response.rate_limit(reading);
        response.environment(emulator.config());
    }
    response
}

/// The log entry of a request to `operation` and its response.
fn logged_call(
    (parts, body): (&Parts, &Bytes),
    operation: Cow<'static, str>,
    response: &ApiResponse,
    at: Moment,
    duration: Duration,
) -> LoggedCall {
    let path = parts.uri.path_and_query();
    let path = path.map_or("", |path| path.as_str());
    LoggedCall {
        request_id: response.request_id.clone().unwrap_or_default(),
        at,
        operation,
        unmatched: false,
        method: parts.method.to_string(),
        path: path_without_secrets(path).into_owned(),
        status: response.status.as_u16(),
        duration,
        headers: LoggedCall::logged_headers(&parts.headers),
        idempotency_key: Key::header_value(&parts.headers, &parts.method).map(str::to_owned),
        request_body: LoggedBody::Raw(body.clone()),
        response_body: LoggedBody::Raw(response.body.clone()),
    }
}
