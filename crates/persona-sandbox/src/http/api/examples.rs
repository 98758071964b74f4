//! What is not emulated, answered with the examples of the vendor's OpenAPI file (`--openapi`).

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::BASE;
use super::context::ResponseFormat;
use super::error::ApiError;
use super::print::sheet;
use super::response::ApiResponse;
use crate::core::api_key::KeySettings;
use crate::core::inflection::document_to_kebab;
use crate::openapi::{ExampleBody, OpenApi, RequestParts};

/// The header of answers that are examples: nothing was stored, and nothing was looked up.
const FIDELITY: (&str, &str) = ("persona-sandbox-fidelity", "example");

/// The answer to this request, and the name of its operation, if the file has it.
pub(super) fn answer(
    (parts, body): (&Parts, &Bytes),
    key: &KeySettings,
) -> Option<(String, ApiResponse)> {
    let file = parts.extensions.get::<Arc<OpenApi>>()?;
    let path = parts.uri.path().strip_prefix(BASE)?;
    let operation = file.find(parts.method.as_str(), path)?;
    let kebab = serde_json::from_slice(body)
        .ok()
        .map(|document| document_to_kebab(document).to_string());
    let request = RequestParts {
        path,
        query: parts.uri.query().unwrap_or_default(),
        body: kebab.as_deref().map_or(body.as_ref(), str::as_bytes),
    };
    let answer = ResponseFormat::from_headers(&parts.headers, key).and_then(|format| {
        let example = file
            .answer(operation, &request)
            .map_err(ApiError::bad_request)?;
        let status = StatusCode::from_u16(example.status).unwrap_or(StatusCode::OK);
        Ok(match example.body {
            ExampleBody::None => ApiResponse::text(status, Vec::new()),
            ExampleBody::Json(document) => {
                ApiResponse::json(status, &format.inflection.apply(document, false))
            }
            ExampleBody::Pdf => {
                let page = sheet(&["Persona sandbox: example".to_owned()]);
                ApiResponse::raw(status, "application/pdf", page.into())
            }
        })
    });
    let mut response = answer.unwrap_or_else(|error| ApiResponse::from_error(&error));
    response.text_header(FIDELITY.0, FIDELITY.1);
    Some((operation.name().to_owned(), response))
}
