//! `GET /files/{object-id}/{name}`: the files that the API links to.
//!
//! A link has its own permission, the `access_token`, and is followed without a key (docs:
//! `whats-new-in-v2023-01-05`). It ends with its expiry, or with the redaction of its object.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
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
    let owner = environments.find(|state| state.verification(&object_id).is_some());
    let emulator = owner.unwrap_or_else(|| environments.default_environment().clone());
    let found = emulator.with(|state, now| {
        if !token::opens_file(state.token_key(), &link.access_token, &path, now) {
            return Err(ApiError::forbidden(
                "The link to this file is not valid, or it is expired: retrieve the object again \
                 for a new one",
            ));
        }
        let (inquiry, verification) = state
            .verification(&object_id)
            .ok_or_else(ApiError::not_found)?;
        if !wire::has_photo(verification, inquiry, &name) {
            return Err(ApiError::not_found());
        }
        photos::find(&name).ok_or_else(ApiError::not_found)
    });
    match found {
        Ok(photo) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, "private, no-store"),
            ];
            (headers, photo.bytes).into_response()
        }
        Err(error) => ApiResponse::from_error(&error).into_response(),
    }
}
