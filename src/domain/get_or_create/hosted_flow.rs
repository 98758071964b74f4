//! Persona's hosted flow: for browsers that do not run our page's script.

use super::{ClickContext, OpenInquiry, find_and_open};
use crate::{
    base::{error_chain, metrics},
    domain::{
        accounts::User,
        error::Error,
        get_or_create::click::{self, EntryPoint},
    },
    model::InquiryStatus,
};
use persona_api::OneTimeLink;

/// Gets or creates the user's inquiry, and makes a one-time link to it.
///
/// The link is made on the click, because it expires; it contains neither the inquiry's ID nor a
/// session token. An expired inquiry is resumed first, because Persona makes no link to it
/// (docs.withpersona.com/docs/inquiry-one-time-links). The redirect URI is set only here: in the
/// embedded flow it would lead away from our page.
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
            let (context, user, return_uri) = (&context, &user, &return_uri);
            let open = |unfinished: OpenInquiry| async move {
                link_to(context, user, &unfinished, return_uri).await
            };
            let (unfinished, link) = find_and_open(context, user, open).await?;
            metrics::get_or_create("linked");
            Ok((unfinished.id, link))
        },
    )
    .await
}

async fn link_to(
    context: &ClickContext,
    user: &User,
    unfinished: &OpenInquiry,
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
        // The flow works all the same, but ends on Persona's page.
        tracing::warn!(
            reference_id = %user.id,
            error = error_chain(&error),
            "could not set the redirect URI of an inquiry: the hosted flow will not return to our \
             page"
        );
    }
    context.generate_one_time_link(user, unfinished).await
}
