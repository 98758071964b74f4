//! The operations on the API log, and the rate limits.
//!
//! A call is in the log once it is answered, so no call sees itself. Its ID is its `Request-Id`.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::runtime::api_log::LoggedCall;

/// The operations of this file. No permission of a key is documented for rate limits.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/api-logs", list)
        .named("api-logs.list", "Lists the calls of the API, newest first.")
        .paged(&[]),
    Operation::get("/api-logs/{api-log-id}", retrieve)
        .named("api-logs.retrieve", "Retrieves a call of the API.")
        .with_include(),
    Operation::get("/rate-limits", rate_limits)
        .named("rate-limits.list", "Lists the rate limits of the key.")
        .without_permission(),
];

/// `GET /api-logs`.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    ctx.query.finish_filters()?;
    let request = ctx.query.page_request()?;
    let page = request.paginate_sorted::<LoggedCall>(&ctx.log.newest_first(ctx.now))?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page.rows.iter().map(api_log).collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /api-logs/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let call = ctx.log.find(ctx.id).ok_or_else(ApiError::not_found)?;
    let document = ctx.document_without_includes(&api_log(&call));
    Ok(OperationResult::ok(document))
}

/// A call as the API shows it. Responses have no body here, as in Persona's API.
fn api_log(call: &Arc<LoggedCall>) -> Value {
    let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
    let headers: Map<_, _> = call
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_string(), json!(value)))
        .collect();
    let body = Some(call.request_document()).filter(Value::is_object);
    json!({
        "type": "api-log",
        "id": call.request_id,
        "attributes": {
            "request": {
                "method": call.method,
                "path": path,
                "headers": headers,
                "get-params": parameters(query),
                "post-params": body.unwrap_or_else(|| json!({})),
                "ip-address": "127.0.0.1",
            },
            "response": {
                "status": call.status,
                "headers": {
                    "Cache-Control": "no-store",
                    "Request-Id": call.request_id,
                },
            },
            "created-at": call.at,
            "redacted-at": null,
        },
    })
}

/// The parameters of a query, nested as `page[size]` says.
fn parameters(query: &str) -> Value {
    let mut parameters = json!({});
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let nested = name
            .split_once('[')
            .and_then(|(outer, inner)| Some((outer, inner.strip_suffix(']')?)));
        match nested {
            Some((outer, inner)) if !parameters[outer].is_string() => {
                parameters[outer][inner] = json!(value);
            }
            _ => parameters[&*name] = json!(value),
        }
    }
    parameters
}

/// `GET /rate-limits`.
fn rate_limits(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let reading = ctx.rate_limit;
    Ok(OperationResult::ok(json!({
        "data": [{
            "type": "rate-limit/api",
            "attributes": {
                "limit": reading.limit,
                "remaining": reading.remaining,
                "seconds-to-reset": reading.reset_seconds,
            },
        }],
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_nested_as_their_names_say() {
        assert_eq!(
            parameters("page[size]=1&page[after]=inq_1&include=a&x[=1"),
            json!({"page": {"size": "1", "after": "inq_1"}, "include": "a", "x[": "1"})
        );
        assert_eq!(parameters("a=1&a[b]=2"), json!({"a": "1", "a[b]": "2"}));
        assert_eq!(parameters(""), json!({}));
    }
}
