//! The context of an operation's handler.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::gate;
use super::params::Params;
use super::query::Query;
use super::response::{OperationResult, Payload};
use crate::core::api_key::KeySettings;
use crate::core::clock::Moment;
use crate::core::inflection::Inflection;
use crate::core::model::FILE_LINK_SECONDS;
use crate::runtime::Reading;
use crate::runtime::api_log::Log;
use crate::store::Tx;
use crate::wire::{FileLinks, Includes, Version};

/// The context of an operation.
pub(super) struct OperationContext<'a> {
    pub(super) tx: &'a mut Tx,
    pub(super) now: Moment,
    pub(super) id: &'a str,
    /// The start of links to the hosted flow.
    pub(super) link_base: String,
    /// The path with `/api/v1`, for links.
    pub(super) path: &'a str,
    pub(super) raw_query: &'a str,
    pub(super) query: Query,
    pub(super) body: Value,
    pub(super) version: Version,
    /// Whether the response's keys stay in kebab-case.
    pub(super) can_serialize_directly: bool,
    /// The delay of the decisions of templates that unknown IDs make; `None` if they make none.
    pub(super) unknown_templates: Option<u64>,
    /// Whether sandbox keys may read templates.
    pub(super) templates_are_readable: bool,
    /// The settings of the request's key.
    pub(super) key_settings: Arc<KeySettings>,
    /// The name of the environment, if it is a named one.
    pub(super) environment: Option<&'a str>,
    /// The calls before this one.
    pub(super) log: &'a Log,
    /// The count of requests, with this one.
    pub(super) rate_limit: Reading,
}

impl OperationContext<'_> {
    /// The body's top level.
    pub(super) fn params(&mut self) -> Result<Params, ApiError> {
        Params::from_body(std::mem::take(&mut self.body))
    }

    /// What `read` makes of `data.attributes` in the body; other parts of the body are refused.
    pub(super) fn attributes<T>(
        &mut self,
        read: impl FnOnce(&mut Params) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut body = self.params()?;
        let mut data = body.required_object("data")?;
        data.value("type");
        data.value("id");
        let mut attributes = data.required_object("attributes")?;
        let read = read(&mut attributes)?;
        for part in [attributes, data, body] {
            self.finish(part)?;
        }
        Ok(read)
    }

    /// Refuses any name in `include`: for a resource without related objects.
    pub(super) fn expect_no_includes(&self) -> Result<(), ApiError> {
        Includes::parse(self.query.include.as_deref(), &[])?;
        Ok(())
    }

    /// The document of a resource without related objects.
    pub(super) fn document_without_includes(&self, resource: &Value) -> Value {
        let mut document = json!({ "data": resource });
        if self.query.include.is_some() {
            document["included"] = json!([]);
        }
        document
    }

    /// Since when an object exists that nobody creates: an account type or a case template. One that
    /// a record names exists since its `first_use`, the sandbox's own since the first template.
    pub(super) fn implied_since(
        &self,
        first_use: Option<Moment>,
        own_id: &str,
    ) -> Result<Moment, ApiError> {
        if let Some(at) = first_use {
            return Ok(at);
        }
        if self.id != own_id {
            return Err(ApiError::not_found());
        }
        let templates = self.tx.templates.oldest_first();
        let published = templates.map(|template| template.published_at).min();
        Ok(published.unwrap_or(self.now))
    }

    /// Links to files, valid as long as the key says.
    pub(super) fn files(&self) -> FileLinks<'_> {
        let seconds = self.key_settings.file_link_seconds;
        FileLinks::valid_for(self.tx, seconds.unwrap_or(FILE_LINK_SECONDS))
    }

    /// 200 with this document, serialised directly if it needs no inflection and no sparse fields.
    pub(super) fn answer(&self, document: &impl Serialize) -> OperationResult {
        let payload = if self.can_serialize_directly && self.query.sparse.is_empty() {
            serde_json::to_vec(document).map(Payload::SerializedJson)
        } else {
            serde_json::to_value(document).map(Payload::Json)
        };
        OperationResult {
            status: StatusCode::OK,
            payload: payload.expect("resources have text keys, so they always serialise"),
        }
    }

    /// Refuses unknown parts of an object; before 2025-10-27 they were ignored.
    pub(super) fn finish(&self, params: Params) -> Result<(), ApiError> {
        if self.version.is_before_fields_only() {
            Ok(())
        } else {
            params.finish()
        }
    }
}

/// The format that a request wants.
#[derive(Clone, Copy)]
pub(super) struct ResponseFormat {
    pub(super) version: Version,
    pub(super) inflection: Inflection,
}

impl ResponseFormat {
    pub(super) fn from_headers(headers: &HeaderMap, key: &KeySettings) -> Result<Self, ApiError> {
        Ok(Self {
            version: gate::version(headers, key)?,
            inflection: gate::inflection(headers, key)?,
        })
    }
}
