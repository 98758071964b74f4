//! The operations on webhooks.
//!
//! As Persona's do, answers hold the secrets where they are made or asked for, and leave them out of
//! lists and after changes of anything else; the custom headers are never shown.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use serde_json::json;

use super::answer::Answer;
use super::error::ApiError;
use super::execute::Job;
use super::params::Params;
use crate::core::inflection::Inflection;
use crate::core::model::{EVERY_EVENT, Webhook, WebhookStatus, is_event_name};
use crate::domain::{WebhookRefusal, WebhookUpdate};
use crate::wire::{self, Includes, Version};

/// Since this version a webhook needs a name (comparison of the API specifications).
const NAME_REQUIRED_SINCE: &str = "2025-12-08";

fn document(job: &Job<'_>, webhook: &Webhook) -> Answer {
    answer(job, &wire::webhook(webhook))
}

fn document_with_secrets(job: &Job<'_>, webhook: &Webhook) -> Answer {
    answer(job, &wire::webhook_with_secrets(webhook, job.now))
}

fn answer(job: &Job<'_>, webhook: &serde_json::Value) -> Answer {
    let mut document = json!({ "data": webhook });
    if job.query.include.is_some() {
        document["included"] = json!([]);
    }
    job.answer(&document)
}

/// Webhooks have nothing to include.
fn check_include(job: &Job<'_>) -> Result<(), ApiError> {
    Includes::parse(job.query.include.as_deref(), &[])?;
    Ok(())
}

/// `GET /webhooks`.
pub(super) fn list(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    job.query.refuse_include()?;
    job.query.finish_filters()?;
    let request = job.query.page_request()?;
    let webhooks = &job.state.webhooks;
    let is_there = |webhook: &Webhook| webhook.status != WebhookStatus::Archived;
    let page = request.cut(webhooks, webhooks.newest_first(), is_there)?;
    let (previous, next) = page.links(job.path, job.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|webhook| wire::webhook(webhook))
        .collect();
    Ok(Answer::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `POST /webhooks`. The new webhook is disabled.
pub(super) fn create(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_include(job)?;
    let update = read_body(job)?;
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
    if !is_named && job.version.as_str() >= NAME_REQUIRED_SINCE {
        return Err(ApiError::bad_request("data.attributes.name is missing"));
    }
    let webhook = job
        .state
        .create_webhook(update, job.version.as_str(), job.now);
    let mut answer = document_with_secrets(job, &webhook);
    answer.status = axum::http::StatusCode::CREATED;
    Ok(answer)
}

/// `GET /webhooks/{id}`.
pub(super) fn retrieve(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_include(job)?;
    let webhook = job.state.webhook(job.id)?;
    Ok(document_with_secrets(job, &webhook))
}

/// `PATCH /webhooks/{id}`.
pub(super) fn update(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_include(job)?;
    let update = read_body(job)?;
    let webhook = job.state.update_webhook(job.id, update)?;
    Ok(document(job, &webhook))
}

/// `POST /webhooks/{id}/enable`.
pub(super) fn enable(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    set_status(job, WebhookStatus::Enabled)
}

/// `POST /webhooks/{id}/disable`.
pub(super) fn disable(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    set_status(job, WebhookStatus::Disabled)
}

/// `POST /webhooks/{id}/archive`.
pub(super) fn archive(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    set_status(job, WebhookStatus::Archived)
}

fn set_status(job: &mut Job<'_>, status: WebhookStatus) -> Result<Answer, ApiError> {
    check_include(job)?;
    let body = job.params()?;
    job.finish(body)?;
    let webhook = job.state.set_webhook_status(job.id, status)?;
    Ok(document(job, &webhook))
}

/// `POST /webhooks/{id}/rotate-secret`.
pub(super) fn rotate_secret(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_include(job)?;
    let mut body = job.params()?;
    let mut meta = body.object("meta")?;
    let overlap = meta.nullable_positive_integer("expires-in-seconds")?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let webhook = job
        .state
        .rotate_webhook_secret(job.id, overlap.unwrap_or(0), job.now)?;
    Ok(document_with_secrets(job, &webhook))
}

/// `POST /webhooks/{id}/clone`.
pub(super) fn clone(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_include(job)?;
    let body = job.params()?;
    job.finish(body)?;
    let webhook = job.state.clone_webhook(job.id, job.now)?;
    Ok(document_with_secrets(job, &webhook))
}

fn read_body(job: &mut Job<'_>) -> Result<WebhookUpdate, ApiError> {
    let mut body = job.params()?;
    let mut data = body.required_object("data")?;
    data.value("type");
    data.value("id");
    let mut attributes = data.required_object("attributes")?;
    let update = read_attributes(&mut attributes)?;
    for part in [attributes, data, body] {
        job.finish(part)?;
    }
    Ok(update)
}

fn read_attributes(attributes: &mut Params) -> Result<WebhookUpdate, ApiError> {
    let complain = |attributes: &Params, key: &str, complaint: &str| {
        ApiError::bad_request(format!("{} {complaint}", attributes.path_of(key)))
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
        let is_known = |name: &String| name == EVERY_EVENT || is_event_name(name);
        if !events.iter().all(is_known) {
            let complaint = "must be names of events, such as inquiry.approved, or *";
            return Err(complain(attributes, "enabled-events", complaint));
        }
        update.enabled_events = Some(events);
    }
    if let Some(version) = attributes.string("api-version")? {
        if Version::parse(&version).is_none() {
            return Err(complain(attributes, "api-version", "is not an API version"));
        }
        update.api_version = Some(version);
    }
    if let Some(inflection) = attributes.string("api-key-inflection")? {
        update.key_inflection = Some(Inflection::parse(&inflection).ok_or_else(|| {
            let complaint = "must be kebab, camel or snake";
            complain(attributes, "api-key-inflection", complaint)
        })?);
    }
    update.attribute_blocklist = attributes.strings("api-attributes-blocklist")?;
    let seconds = attributes.positive_integer("file-access-token-expires-in")?;
    update.file_access_token_expires_in = seconds;
    let filter = attributes.nullable_map("payload-filter")?;
    if filter.is_some_and(|filter| !filter.is_empty()) {
        return Err(ApiError::forbidden(
            "payload_filter is for enterprise organizations, and this sandbox is none",
        ));
    }
    update.has_included = read_allowlist(attributes, "included-allowlist")?;
    update.has_relationships = read_allowlist(attributes, "relationship-allowlist")?;
    update.custom_headers = read_headers(attributes)?;
    Ok(update)
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
        "custom" if key == "included-allowlist" => Err(ApiError::unprocessable(
            "this sandbox includes all related objects or none: included_allowlist.state cannot \
             be custom",
        )),
        _ => Err(ApiError::bad_request(format!(
            "{} must be include_all or include_none",
            allowlist.path_of("state")
        ))),
    }
}

fn read_headers(attributes: &mut Params) -> Result<Option<BTreeMap<String, String>>, ApiError> {
    let key = "custom-http-headers";
    let path = attributes.path_of(key);
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

impl From<WebhookRefusal> for ApiError {
    fn from(refusal: WebhookRefusal) -> Self {
        match refusal {
            WebhookRefusal::NotFound { .. } => Self::not_found(),
            WebhookRefusal::Archived | WebhookRefusal::NotEnabled => {
                Self::conflict(refusal.to_string())
            }
            WebhookRefusal::Write(error) => crate::domain::Refusal::from(error).into(),
        }
    }
}
