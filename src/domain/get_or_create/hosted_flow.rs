//! The way through without our page's script: Persona's hosted flow.

use super::{ClickContext, Unfinished, find_or_create, is_refusal, look_again};
use crate::{
    base::metrics,
    domain::{
        accounts::User,
        error::Error,
        get_or_create::click::{self, EntryPoint},
    },
    model::InquiryStatus,
};
use persona_api::OneTimeLink;

/// Gets or creates the user's inquiry, and makes a link that opens it once in the hosted flow.
///
/// The link is made at the click and not before, since it runs out; it carries neither the
/// inquiry's ID nor a session token. None is made for an expired inquiry: it is resumed first
/// (docs.withpersona.com/docs/inquiry-one-time-links). The way back is set on the inquiry only here,
/// since in the embedded flow it would lead away from our page.
///
/// # Errors
/// See [`Error`].
pub async fn hosted_flow_link(
    context: ClickContext,
    user: User,
    return_uri: String,
) -> Result<OneTimeLink, Error> {
    click::run(
        context,
        user,
        EntryPoint::HostedFlow,
        move |context, user| async move {
            let mut unfinished = find_or_create(&context, &user).await?;
            let link = match link_to(&context, &user, &unfinished, &return_uri).await {
                Err(Error::Persona(error)) if is_refusal(&error) => {
                    unfinished = look_again(&context, &user, &unfinished, error).await?;
                    link_to(&context, &user, &unfinished, &return_uri).await?
                }
                linked => linked?,
            };
            metrics::get_or_create("linked");
            Ok((unfinished.id, link))
        },
    )
    .await
}

async fn link_to(
    context: &ClickContext,
    user: &User,
    unfinished: &Unfinished,
    return_uri: &str,
) -> Result<OneTimeLink, Error> {
    if unfinished.status == InquiryStatus::Expired {
        context.resume(user, unfinished).await?;
    }
    let set = context
        .persona
        .set_redirect_uri(&unfinished.id, return_uri, context.deadline)
        .await;
    if let Err(error) = set {
        // The flow works without it; the person has to find the way back alone.
        tracing::warn!(
            "the hosted flow will not lead back: {error}: {}",
            error.kind
        );
    }
    context.generate_one_time_link(user, unfinished).await
}
