//! The operations on accounts.

use serde_json::json;

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::wire::{self, Includes, Related};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[Operation::get("/accounts/{account-id}", retrieve)
    .named("accounts.retrieve", "Retrieves an account.")
    .with_include()];

/// Account types are not modelled: including one adds nothing.
const INCLUDES: [Related; 1] = [("account-type", &[])];

fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let include = ctx.query.include.as_deref();
    Includes::parse(include, &INCLUDES)?;
    let account = ctx
        .tx
        .accounts
        .find(ctx.id)
        .ok_or_else(ApiError::not_found)?;
    let mut document = json!({ "data": wire::account(account) });
    if include.is_some() {
        document["included"] = json!([]);
    }
    Ok(OperationResult::ok(document))
}
