//! The operations on webhooks.
//!
//! As Persona's do, answers hold the secrets where they are made or asked for, and leave them out of
//! lists and after changes of anything else; the custom headers are never shown.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::params::Params;
use super::response::OperationResult;
use crate::core::model::{ALL_EVENTS, Webhook, WebhookStatus, is_event_name, is_event_type};
use crate::domain::{WebhookError, WebhookUpdate};
use crate::wire;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/webhooks", list)
        .named(
            "webhooks.list",
            "Lists webhooks, newest first, without their secrets.",
        )
        .alias(&["webhook-list"])
        .paged(&[]),
    Operation::post("/webhooks", create)
        .named("webhooks.create", "Creates a webhook, disabled at first.")
        .alias(&["webhook-create"])
        .with_include(),
    Operation::get("/webhooks/{webhook-id}", retrieve)
        .named("webhooks.retrieve", "Retrieves a webhook with its secrets.")
        .alias(&["webhook-retrieve"])
        .with_include(),
    Operation::patch("/webhooks/{webhook-id}", update)
        .named("webhooks.update", "Changes the settings of a webhook.")
        .alias(&["webhook-update"])
        .with_include(),
    Operation::post("/webhooks/{webhook-id}/archive", archive)
        .named("webhooks.archive", "Archives a webhook for good.")
        .alias(&["webhook-archive"])
        .with_include(),
    Operation::post("/webhooks/{webhook-id}/enable", enable)
        .named("webhooks.enable", "Enables a webhook.")
        .alias(&["webhook-enable"])
        .with_include(),
    Operation::post("/webhooks/{webhook-id}/disable", disable)
        .named(
            "webhooks.disable",
            "Disables a webhook, which cancels its retries.",
        )
        .alias(&["webhook-disable"])
        .with_include(),
    Operation::post("/webhooks/{webhook-id}/rotate-secret", rotate_secret)
        .named("webhooks.rotate-secret", "Gives a webhook a new secret.")
        .alias(&["webhook-rotate-secret"])
        .with_include(),
    Operation::post("/webhooks/{webhook-id}/clone", clone)
        .named(
            "webhooks.clone",
            "Copies a webhook, with a secret of its own.",
        )
        .alias(&["webhook-clone"])
        .with_include(),
];

/// The names of the related objects that are included, by the type of event.
type IncludedByType = BTreeMap<String, Vec<String>>;

/// Since this version a webhook needs a name (comparison of the API specifications).
const NAME_REQUIRED_SINCE: &str = "2025-12-08";

fn document(ctx: &OperationContext<'_>, webhook: &Webhook) -> OperationResult {
    answer(ctx, &wire::webhook(webhook))
}

fn document_with_secrets(ctx: &OperationContext<'_>, webhook: &Webhook) -> OperationResult {
    answer(ctx, &wire::webhook_with_secrets(webhook, ctx.now))
}

fn answer(ctx: &OperationContext<'_>, webhook: &Value) -> OperationResult {
    ctx.answer(&ctx.document_without_includes(webhook))
}

/// `GET /webhooks`.
pub(super) fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    ctx.query.finish_filters()?;
    let request = ctx.query.page_request()?;
    let webhooks = &ctx.tx.webhooks;
    let is_there = |webhook: &Webhook| webhook.status != WebhookStatus::Archived;
    let page = request.paginate(webhooks, webhooks.newest_first(), is_there)?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|webhook| wire::webhook(webhook))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `POST /webhooks`. The new webhook is disabled.
pub(super) fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let update = ctx.attributes(read_attributes)?;
    for (key, is_there) in [
        ("url", update.url.is_some()),
        ("enabled_events", update.enabled_events.is_some()),
    ] {
        if !is_there {
            let complaint = format!("data.attributes.{key} is missing");
            return Err(ApiError::bad_request(complaint));
        }
    }
    let is_named = matches!(update.name, Some(Some(_)));
    if !is_named && ctx.version.as_str() >= NAME_REQUIRED_SINCE {
        return Err(ApiError::bad_request("data.attributes.name is missing"));
    }
    let webhook = ctx.tx.create_webhook(update, ctx.version.as_str(), ctx.now);
    let mut answer = document_with_secrets(ctx, &webhook);
    answer.status = axum::http::StatusCode::CREATED;
    Ok(answer)
}

/// `GET /webhooks/{id}`.
pub(super) fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let webhook = ctx.tx.webhook(ctx.id)?;
    Ok(document_with_secrets(ctx, &webhook))
}

/// `PATCH /webhooks/{id}`.
pub(super) fn update(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let update = ctx.attributes(read_attributes)?;
    let webhook = ctx.tx.update_webhook(ctx.id, update)?;
    Ok(document(ctx, &webhook))
}

/// `POST /webhooks/{id}/enable`.
pub(super) fn enable(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    set_status(ctx, WebhookStatus::Enabled)
}

/// `POST /webhooks/{id}/disable`.
pub(super) fn disable(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    set_status(ctx, WebhookStatus::Disabled)
}

/// `POST /webhooks/{id}/archive`.
pub(super) fn archive(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    set_status(ctx, WebhookStatus::Archived)
}

fn set_status(
    ctx: &mut OperationContext<'_>,
    status: WebhookStatus,
) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let webhook = ctx.tx.set_webhook_status(ctx.id, status)?;
    Ok(document(ctx, &webhook))
}

/// `POST /webhooks/{id}/rotate-secret`.
pub(super) fn rotate_secret(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let mut body = ctx.params()?;
    let mut meta = body.object("meta")?;
    let overlap = meta.nullable_positive_integer("expires-in-seconds")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let webhook = ctx
        .tx
        .rotate_webhook_secret(ctx.id, overlap.unwrap_or(0), ctx.now)?;
    Ok(document_with_secrets(ctx, &webhook))
}

/// `POST /webhooks/{id}/clone`.
pub(super) fn clone(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let webhook = ctx.tx.clone_webhook(ctx.id, ctx.now)?;
    Ok(document_with_secrets(ctx, &webhook))
}

fn read_attributes(attributes: &mut Params) -> Result<WebhookUpdate, ApiError> {
    let complain = |attributes: &Params, key: &str, complaint: &str| {
        ApiError::bad_request(format!("{} {complaint}", attributes.path_to(key)))
    };
    let mut update = WebhookUpdate::default();
    if let Some(url) = attributes.string("url")? {
        if !WebhookUpdate::is_web_address(&url) {
            let complaint = "must begin with http:// or https://";
            return Err(complain(attributes, "url", complaint));
        }
        update.url = Some(url);
    }
    for (key, text) in [
        ("name", &mut update.name),
        ("description", &mut update.description),
    ] {
        if attributes.has(key) {
            *text = Some(attributes.nullable_string(key)?);
        }
    }
    if let Some(events) = attributes.strings("enabled-events")? {
        let is_known = |name: &String| name == ALL_EVENTS || is_event_name(name);
        if !events.iter().all(is_known) {
            let complaint = "must be names of events, such as inquiry.approved, or *";
            return Err(complain(attributes, "enabled-events", complaint));
        }
        update.enabled_events = Some(events);
    }
    update.api_version = attributes.api_version("api-version")?;
    update.key_inflection = attributes.inflection("api-key-inflection")?;
    update.attribute_blocklist = attributes.strings("api-attributes-blocklist")?;
    let seconds = attributes.positive_integer("file-access-token-expires-in")?;
    update.file_access_token_expires_in = seconds;
    if attributes.has("payload-filter") {
        update.payload_filter = Some(read_payload_filter(attributes)?);
    }
    if let Some(included) = read_included(attributes)? {
        let (has_included, by_type) = included;
        update.has_included = Some(has_included);
        update.included_by_type = Some(by_type);
    }
    update.has_relationships = read_allowlist(attributes, "relationship-allowlist")?;
    update.custom_headers = read_headers(attributes)?;
    Ok(update)
}

/// What a payload must contain: Persona's filters have `data` at their top. An empty one is none.
fn read_payload_filter(attributes: &mut Params) -> Result<Option<Map<String, Value>>, ApiError> {
    let path = attributes.path_to("payload-filter");
    let filter = attributes.nullable_map("payload-filter")?;
    let filter = filter.filter(|filter| !filter.is_empty());
    let keys = filter.iter().flat_map(Map::keys);
    if let Some(unknown) = keys.into_iter().find(|key| *key != "data") {
        return Err(ApiError::bad_request(format!(
            "{path}.{unknown} is not a known parameter: a filter has data at its top"
        )));
    }
    Ok(filter)
}

/// Whether payloads include related objects, and which of them.
fn read_included(attributes: &mut Params) -> Result<Option<(bool, IncludedByType)>, ApiError> {
    let key = "included-allowlist";
    if !attributes.has(key) {
        return Ok(None);
    }
    let mut allowlist = attributes.object(key)?;
    let state = allowlist.required_string("state")?;
    let mut by_type = IncludedByType::new();
    match state.as_str() {
        "include_all" | "include_none" => {}
        "custom" => {
            for mut entry in allowlist.objects("event-types")?.unwrap_or_default() {
                let (name, relationships) = read_included_type(&mut entry)?;
                let path = entry.path_to("event-type");
                entry.finish()?;
                if by_type.insert(name, relationships).is_some() {
                    return Err(ApiError::bad_request(format!("{path} is there twice")));
                }
            }
            if by_type.is_empty() {
                let path = allowlist.path_to("event-types");
                return Err(ApiError::bad_request(format!("{path} must not be empty")));
            }
        }
        _ => {
            return Err(ApiError::bad_request(format!(
                "{} must be include_all, include_none or custom",
                allowlist.path_to("state")
            )));
        }
    }
    allowlist.finish()?;
    // As Persona normalizes it (API specification, `included-allowlist`).
    let is_all = |names: &Vec<String>| names.as_slice() == [ALL_EVENTS];
    if by_type.values().all(is_all) {
        by_type.clear();
    }
    Ok(Some((state != "include_none", by_type)))
}

fn read_included_type(entry: &mut Params) -> Result<(String, Vec<String>), ApiError> {
    let complain = |entry: &Params, key: &str, complaint: &str| {
        ApiError::bad_request(format!("{} {complaint}", entry.path_to(key)))
    };
    let name = entry.required_string("event-type")?;
    if !is_event_type(&name) {
        let complaint = "must be a type of events, such as inquiry";
        return Err(complain(entry, "event-type", complaint));
    }
    let names = entry.strings("relationships")?.unwrap_or_default();
    let has_all = names.iter().any(|name| name == ALL_EVENTS);
    if names.is_empty() || has_all && names.len() > 1 {
        let complaint = "must be names of related objects, or * alone";
        return Err(complain(entry, "relationships", complaint));
    }
    Ok((name, names))
}

/// Whether an allowlist lets everything through.
fn read_allowlist(attributes: &mut Params, key: &str) -> Result<Option<bool>, ApiError> {
    if !attributes.has(key) {
        return Ok(None);
    }
    let mut allowlist = attributes.object(key)?;
    let state = allowlist.required_string("state")?;
    match state.as_str() {
        "include_all" => {
            allowlist.finish()?;
            Ok(Some(true))
        }
        "include_none" => {
            allowlist.finish()?;
            Ok(Some(false))
        }
        _ => Err(ApiError::bad_request(format!(
            "{} must be include_all or include_none",
            allowlist.path_to("state")
        ))),
    }
}

fn read_headers(attributes: &mut Params) -> Result<Option<BTreeMap<String, String>>, ApiError> {
    let key = "custom-http-headers";
    let path = attributes.path_to(key);
    let Some(map) = attributes.nullable_map(key)? else {
        return Ok(None);
    };
    let mut headers = BTreeMap::new();
    for (name, value) in map {
        let Some(value) = value
            .as_str()
            .filter(|value| HeaderValue::from_str(value).is_ok())
        else {
            return Err(ApiError::bad_request(format!(
                "{path} must have values that a header can have"
            )));
        };
        if !HeaderName::try_from(&name).is_ok_and(|name| is_free(&name)) {
            return Err(ApiError::bad_request(format!(
                "{path} must have names of headers that the webhook does not set itself"
            )));
        }
        headers.insert(name, value.to_owned());
    }
    Ok(Some(headers))
}

/// Not one that is sent anyway or that steers the connection.
fn is_free(name: &HeaderName) -> bool {
    let name = name.as_str();
    !name.starts_with("persona-")
        && !matches!(
            name,
            "connection" | "content-length" | "content-type" | "host" | "transfer-encoding"
        )
}

impl From<WebhookError> for ApiError {
    fn from(refusal: WebhookError) -> Self {
        match refusal {
            WebhookError::NotFound { .. } => Self::not_found(),
            WebhookError::Archived | WebhookError::NotEnabled => {
                Self::conflict(refusal.to_string())
            }
            WebhookError::Write(error) => crate::domain::DomainError::from(error).into(),
        }
    }
}
