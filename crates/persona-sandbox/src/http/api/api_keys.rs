//! The operations on API keys.
//!
//! Any key that begins like a sandbox key works without being made here. One that is made here has
//! its own permissions, defaults and expiry, as Persona's have.
//!
//! `GET /api-keys/permissions` is not in the vendor's specification: the shape is that of an API key
//! with this attribute alone.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::params::Params;
use super::response::OperationResult;
use crate::core::api_key::check_permission;
use crate::core::model::ApiKey;
use crate::domain::ApiKeyUpdate;
use crate::wire;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/api-keys", list)
        .named(
            "api-keys.list",
            "Lists the API keys that the API made, newest first.",
        )
        .paged(&[]),
    Operation::post("/api-keys", create)
        .named("api-keys.create", "Creates an API key.")
        .with_include(),
    Operation::get("/api-keys/permissions", permissions)
        .named(
            "api-keys.permissions",
            "Lists the permissions of the key that asks.",
        )
        .without_permission(),
    Operation::get("/api-keys/{api-key-id}", retrieve)
        .named(
            "api-keys.retrieve",
            "Retrieves an API key without its value.",
        )
        .with_include(),
    Operation::patch("/api-keys/{api-key-id}", update)
        .named("api-keys.update", "Changes an API key.")
        .with_include(),
    Operation::post("/api-keys/{api-key-id}/expire", expire)
        .named("api-keys.expire", "Lets an API key expire.")
        .with_include(),
    Operation::post("/api-keys/{api-key-id}/clone", clone)
        .named(
            "api-keys.clone",
            "Copies an API key, with a value of its own.",
        )
        .with_include(),
];

/// The paths of operations that the vendor's specification does not have.
#[cfg(test)]
pub(super) const UNSPECIFIED: &[&str] = &["/api-keys/permissions"];

/// `GET /api-keys`.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    ctx.query.finish_filters()?;
    let request = ctx.query.page_request()?;
    let keys = &ctx.tx.api_keys;
    let page = request.paginate(keys, keys.newest_first(), |_| true)?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page.rows.iter().map(|key| wire::api_key(key)).collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `POST /api-keys`.
fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let update = ctx.attributes(read_attributes)?;
    if update.name.is_none() {
        return Err(ApiError::bad_request("data.attributes.name is missing"));
    }
    let key = ctx
        .tx
        .create_api_key(update, ctx.version.as_str(), ctx.environment, ctx.now);
    Ok(with_value(ctx, &key, StatusCode::CREATED))
}

fn result(ctx: &OperationContext<'_>, key: &ApiKey) -> OperationResult {
    OperationResult::ok(ctx.document_without_includes(&wire::api_key(key)))
}

fn with_value(ctx: &OperationContext<'_>, key: &ApiKey, status: StatusCode) -> OperationResult {
    let document = ctx.document_without_includes(&wire::api_key_with_value(key));
    OperationResult {
        status,
        ..OperationResult::ok(document)
    }
}

/// `GET /api-keys/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let key = ctx.tx.api_key(ctx.id)?;
    Ok(result(ctx, &key))
}

/// `PATCH /api-keys/{id}`.
fn update(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let update = ctx.attributes(read_attributes)?;
    let key = ctx.tx.update_api_key(ctx.id, update)?;
    Ok(result(ctx, &key))
}

/// `POST /api-keys/{id}/expire`.
fn expire(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let mut body = ctx.params()?;
    let mut meta = body.required_object("meta")?;
    let seconds = meta.value("expires-in-seconds");
    let seconds = seconds
        .as_ref()
        .and_then(Value::as_i64)
        .filter(|seconds| *seconds >= 0)
        .ok_or_else(|| {
            ApiError::bad_request("meta.expires_in_seconds must be an integer of 0 or more")
        })?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let key = ctx.tx.expire_api_key(ctx.id, seconds, ctx.now)?;
    Ok(result(ctx, &key))
}

/// `POST /api-keys/{id}/clone`.
fn clone(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let key = ctx.tx.clone_api_key(ctx.id, ctx.environment, ctx.now)?;
    Ok(with_value(ctx, &key, StatusCode::OK))
}

fn read_attributes(attributes: &mut Params) -> Result<ApiKeyUpdate, ApiError> {
    let permissions = attributes.nullable_strings("permissions")?;
    for permission in permissions.iter().flatten() {
        check_permission(permission).map_err(|details| {
            let path = attributes.path_to("permissions");
            ApiError::bad_request(format!("{path}: {details}"))
        })?;
    }
    Ok(ApiKeyUpdate {
        name: attributes.nullable_string("name")?,
        note: attributes.nullable_string("note")?,
        api_version: attributes.nullable_api_version("api-version")?,
        inflection: attributes.nullable_inflection("api-key-inflection")?,
        attribute_blocklist: attributes.nullable_strings("api-attributes-blocklist")?,
        permissions,
        ip_address_allowlist: attributes.nullable_strings("ip-address-allowlist")?,
        file_access_token_expires_in: attributes
            .nullable_positive_integer("file-access-token-expires-in")?,
    })
}

/// `GET /api-keys/permissions`.
fn permissions(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let permissions: Vec<_> = ctx.key_settings.permissions().collect();
    let id = ctx.key_settings.key_id.as_deref().unwrap_or("api_sandbox");
    Ok(OperationResult::ok(json!({
        "data": {
            "type": "api-key",
            "id": id,
            "attributes": { "permissions": permissions },
        },
    })))
}
