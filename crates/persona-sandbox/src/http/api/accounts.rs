//! The operations on accounts.

use serde_json::json;

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::core::model::Account;
use crate::wire::{self, Includes, Related};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/accounts/{account-id}", retrieve)
        .named("accounts.retrieve", "Retrieves an account.")
        .with_include(),
    Operation::delete("/accounts/{account-id}", redact)
        .named(
            "accounts.redact",
            "Deletes the personal data of an account and its inquiries.",
        )
        .with_include(),
];

/// Account types are not modelled: including one adds nothing.
const INCLUDES: [Related; 1] = [("account-type", &[])];

fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    check_include(ctx)?;
    let account = ctx.tx.account(ctx.id)?;
    Ok(document(ctx, &account))
}

fn redact(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    check_include(ctx)?;
    let account = ctx.tx.redact_account(ctx.id, ctx.now)?;
    Ok(document(ctx, &account))
}

fn check_include(ctx: &OperationContext<'_>) -> Result<(), ApiError> {
    Includes::parse(ctx.query.include.as_deref(), &INCLUDES)?;
    Ok(())
}

fn document(ctx: &OperationContext<'_>, account: &Account) -> OperationResult {
    let mut document = json!({ "data": wire::account(account) });
    if ctx.query.include.is_some() {
        document["included"] = json!([]);
    }
    OperationResult::ok(document)
}
