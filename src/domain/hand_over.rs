//! The way through without our page's script: Persona's hosted flow.

use super::{
    error::Error,
    inquiry::{GetOrCreate, Unfinished, find_or_create},
    user::User,
};
use crate::persona::OneTimeLink;

/// Gets or creates the user's inquiry, and makes a link that opens it once in the hosted flow.
///
/// The link is made at the click and not before, since it runs out; it carries neither the
/// inquiry's ID nor a session token.
///
/// # Errors
/// See [`Error`].
pub async fn hosted_flow_link(context: GetOrCreate<'_>, user: &User) -> Result<OneTimeLink, Error> {
    let (Unfinished::Created(id) | Unfinished::Pending(id)) = find_or_create(context, user).await?;
    Ok(context
        .persona
        .generate_one_time_link(&id, context.deadline)
        .await?)
}
