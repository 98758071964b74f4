//! The user behind a request.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
};

use crate::domain::User;

/// The signed-in user, if any. It is an extension of every request to a page or a server function.
#[derive(Debug, Clone)]
pub struct CurrentUser(pub Option<User>);

impl CurrentUser {
    /// The signed-in user of a request with these extensions.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&User> {
        extensions.get::<Self>()?.0.as_ref()
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or(Self(None)))
    }
}
