//! Links to files: signed, and valid for a while.

use serde_json::{Value, json};

use super::Context;
use crate::core::photos::Photo;
use crate::core::token;

/// What links to files are made of.
#[derive(Clone, Copy)]
pub(crate) struct FileLinks<'a> {
    state: Context<'a>,
    valid_seconds: i64,
}

impl<'a> FileLinks<'a> {
    /// Links that are valid for this long.
    pub(crate) fn valid_for(state: Context<'a>, valid_seconds: i64) -> Self {
        Self {
            state,
            valid_seconds,
        }
    }

    /// The URL of a file of the object with this ID.
    pub(super) fn url(self, object_id: &str, filename: &str) -> String {
        let now = self.state.now();
        let expires = now.plus_seconds(self.valid_seconds);
        let path = format!("{object_id}/{filename}");
        let token = token::issue_for_file(self.state.token_key(), &path, now, expires);
        format!(
            "{}/files/{path}?access_token={token}",
            self.state.files_url()
        )
    }

    /// A picture of the object with this ID, as the API describes a file.
    pub(super) fn photo(self, object_id: &str, photo: &Photo) -> Value {
        json!({
            "filename": photo.filename,
            "url": self.url(object_id, photo.filename),
            "byte-size": photo.bytes.len(),
        })
    }
}
