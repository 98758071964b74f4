//! The operations on devices.

use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::wire;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/devices", list)
        .named("devices.list", "Lists the devices of an inquiry session.")
        .filtered(&["inquiry-session-id"]),
    Operation::get("/devices/{device-id}", retrieve)
        .named("devices.retrieve", "Retrieves a device.")
        .with_include(),
];

/// `GET /devices`. A session has one device, once a browser used it.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let id = ctx.query.take_filter("inquiry-session-id");
    let id = id.ok_or_else(|| ApiError::bad_request("filter.inquiry_session_id is missing"))?;
    ctx.query.finish_filters()?;
    let session = ctx.tx.sessions.find(&id);
    let device = session.and_then(|session| wire::device(session));
    let data: Vec<Value> = device.into_iter().collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": null, "next": null } }),
    ))
}

/// `GET /devices/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let session_id = wire::session_id_of_device(ctx.id);
    let session = session_id.and_then(|id| ctx.tx.sessions.find(&id));
    let device = session.and_then(|session| wire::device(session));
    let device = device.ok_or_else(ApiError::not_found)?;
    let document = ctx.document_without_includes(&device);
    Ok(OperationResult::ok(document))
}
