//! `GET /files/{object-id}/{name}`: the files that the API links to.
//!
//! A link has its own permission, the `access_token`, and is followed without a key (docs:
//! `whats-new-in-v2023-01-05`). It ends with its expiry, or with the redaction of its object.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::error::ApiError;
use super::response::ApiResponse;
use crate::core::{photos, token};
use crate::runtime::Environments;
use crate::wire;

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    access_token: String,
}

/// Answers with the file.
pub(super) async fn download(
    State(environments): State<Environments>,
    Path((object_id, name)): Path<(String, String)>,
    Query(link): Query<Link>,
) -> Response {
    let path = format!("{object_id}/{name}");
    // A link names no environment, only an object that one of them has.
    let owner = environments.find(|state| {
        state.verification(&object_id).is_some() || state.cases.find(&object_id).is_some()
    });
    let emulator = owner.unwrap_or_else(|| environments.default_environment().clone());
    let found = emulator.with(|state, now| {
        if !token::opens_file(state.token_key(), &link.access_token, &path, now) {
            return Err(ApiError::forbidden(
                "The link to this file is not valid, or it is expired: retrieve the object again \
                 for a new one",
            ));
        }
        if let Some(case) = state.cases.find(&object_id) {
            let attachment = case.attachment(&name).ok_or_else(ApiError::not_found)?;
            let bytes = STANDARD.decode(&attachment.data);
            return bytes
                .map(|bytes| ("application/octet-stream", Bytes::from(bytes)))
                .map_err(|_| ApiError::not_found());
        }
        let (inquiry, verification) = state
            .verification(&object_id)
            .ok_or_else(ApiError::not_found)?;
        let photo = photos::find(&name)
            .filter(|_| wire::has_photo(verification, inquiry, &name))
            .ok_or_else(ApiError::not_found)?;
        Ok(("image/png", Bytes::from_static(photo.bytes)))
    });
    match found {
        Ok((content_type, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, "private, no-store"),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => ApiResponse::from_error(&error).into_response(),
    }
}
