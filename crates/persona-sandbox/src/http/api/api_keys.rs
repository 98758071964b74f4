//! `GET /api-keys/permissions`: what the key of a request may do.
//!
//! Not in the vendor's specification: the shape is that of an API key with this attribute alone.

use serde_json::json;

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[Operation::get("/api-keys/permissions", permissions)
    .named(
        "api-keys.permissions",
        "Lists the permissions of the key that asks.",
    )
    .without_permission()];

/// The paths of operations that the vendor's specification does not have.
#[cfg(test)]
pub(super) const UNSPECIFIED: &[&str] = &["/api-keys/permissions"];

fn permissions(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let permissions: Vec<_> = ctx.key_settings.permissions().collect();
    Ok(OperationResult::ok(json!({
        "data": {
            "type": "api-key",
            "id": "api_sandbox",
            "attributes": { "permissions": permissions },
        },
    })))
}
