//! Server functions on inquiries.

use leptos::server;

use super::{ApiError, EmptyPost};
use crate::model::OpenableInquiry;

/// Gets the signed-in user's unfinished inquiry, or creates one. The request has no arguments:
/// the session names the user.
///
/// # Errors
/// See [`ErrorCode`](super::ErrorCode).
#[server(prefix = "/api", endpoint = "inquiries/get-or-create", protocol = EmptyPost)]
pub async fn get_or_create_inquiry() -> Result<OpenableInquiry, ApiError> {
    use super::request;
    use crate::domain;

    let answer = async {
        let (state, user) = request::state_and_user()?;
        domain::get_or_create(state.get_or_create(request::click_permit()), user)
            .await
            .map_err(|error| {
                request::log(&error);
                request::set_retry_after(&error);
                ApiError::from(&error)
            })
    }
    .await;
    answer
        .map_err(request::translate)
        .inspect_err(request::set_status)
}
