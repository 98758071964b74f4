//! Get or create: the user's unfinished inquiry, or a new one.

mod attempt;
mod context;
mod hosted_flow;
mod policy;

use std::time::Duration;

use rand::Rng as _;
use tokio::time::Instant;

use self::{
    attempt::{AttemptWatch, Outcome},
    policy::{NextStep, is_spent, is_unfinished, next_step},
};
use super::{
    activity::{self, EntryPoint},
    error::Error,
    user::User,
};
use crate::{
    metrics,
    model::{InquiryId, InquiryStatus, OpenableInquiry, SessionToken},
    persona::{self, ErrorKind, Inquiry},
};

pub use self::{
    context::ClickContext,
    hosted_flow::hosted_flow_link,
    policy::{InquiryPolicy, PolicyDenial},
};

/// How often to see whether another click of the same user is done, at most.
const GLANCE: Duration = Duration::from_millis(150);
/// How long to wait for it before Persona is asked again, at first; then twice as long each time.
const PATIENCE: Duration = Duration::from_secs(1);

/// Finds the user's unfinished inquiry, resuming it where that is needed, or creates one with the
/// user's data.
///
/// The work goes on when the caller goes away: a browser that hangs up leaves nothing half done.
///
/// # Errors
/// See [`Error`]. A resume that yields no token is an error: the flow would not open.
pub async fn get_or_create(context: ClickContext, user: User) -> Result<OpenableInquiry, Error> {
    activity::click(
        context,
        user,
        EntryPoint::EmbeddedFlow,
        |context, user| async move {
            let mut unfinished = find_or_create(&context, &user).await?;
            let session_token = match resume(&context, &user, &unfinished).await {
                Err(Error::Persona(error)) if is_refusal(&error) => {
                    unfinished = look_again(&context, &user, &unfinished, error).await?;
                    resume(&context, &user, &unfinished).await?
                }
                resumed => resumed?,
            };
            let Unfinished { id, is_new, .. } = unfinished;
            metrics::get_or_create(match (is_new, &session_token) {
                (true, _) => "created",
                (false, None) => "continued",
                (false, Some(_)) => "resumed",
            });
            let openable = OpenableInquiry {
                inquiry_id: id.clone(),
                session_token,
            };
            Ok((id, openable))
        },
    )
    .await
}

/// A session token where the inquiry needs one to open.
async fn resume(
    context: &ClickContext,
    user: &User,
    unfinished: &Unfinished,
) -> Result<Option<SessionToken>, Error> {
    if unfinished.status == InquiryStatus::Created {
        return Ok(None);
    }
    context.resume(user, unfinished).await.map(Some)
}

/// Whether Persona does not want to resume this inquiry, rather than being unable to.
pub(super) fn is_refusal(error: &persona::Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Conflict { .. } | ErrorKind::Rejected { .. } | ErrorKind::NotFound
    )
}

/// After a refusal to open an inquiry: another one, or the end of this click.
///
/// An inquiry may have been finished since it was found. One that is still unfinished may have used
/// up its sessions: then it is expired, and another follows. If it is refused for a reason that we
/// do not know, it stays: another one beside it would break the promise that there is one.
pub(super) async fn look_again(
    context: &ClickContext,
    user: &User,
    refused: &Unfinished,
    error: persona::Error,
) -> Result<Unfinished, Error> {
    let found = find_or_create(context, user).await?;
    if found.id != refused.id || found.status != refused.status {
        return Ok(found);
    }
    if found.is_spent {
        expire_spent(context, user, &found.id).await?;
        return find_or_create(context, user).await;
    }
    tracing::error!(
        "Persona refuses to open a {} inquiry that has sessions left; the user can go on once it \
         has expired: expire it in Persona's dashboard, or wait until it does",
        refused.status
    );
    Err(error.into())
}

/// Expires an inquiry that Persona gives no further session, so that another one may follow.
///
/// The order keeps the promise that there is one: Persona is asked to expire it, a read confirms
/// that it has ended, and only then the caller looks again and may begin an attempt. A crash after
/// any step leaves the next click to repeat what is missing, and two processes may do it at once:
/// expiring twice does no harm, and the attempt's row lets one of them create.
async fn expire_spent(context: &ClickContext, user: &User, id: &InquiryId) -> Result<(), Error> {
    tracing::warn!(
        reference_id = %user.id,
        "the user's inquiry has used up its sessions: expiring it, another one follows"
    );
    let refusal = match context.persona.expire_inquiry(id, context.deadline).await {
        Ok(()) => None,
        // It may have ended already: the read tells.
        Err(error) if is_refusal(&error) => Some(error),
        Err(error) => return Err(error.into()),
    };
    let inquiry = context.owner_check(user).retrieve(id, None).await?;
    context.keep(user, &inquiry).await?;
    if is_unfinished(&inquiry) {
        tracing::error!(
            reference_id = %user.id,
            "Persona does not expire an inquiry that has used up its sessions: expire it in \
             Persona's dashboard"
        );
        return Err(refusal.map_or(Error::Busy, Error::from));
    }
    Ok(())
}

/// An inquiry that the person can go on with.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// Its ID.
    pub(super) id: InquiryId,
    /// Created opens by its ID alone; pending with a token; expired must be resumed first.
    pub(super) status: InquiryStatus,
    /// The template it was created from, if Persona says so.
    pub(super) template_id: Option<String>,
    /// Whether it has used up its sessions.
    pub(super) is_spent: bool,
    /// Whether it was made for this click.
    pub(super) is_new: bool,
}

impl Unfinished {
    fn new(inquiry: &Inquiry, is_new: bool) -> Self {
        Self {
            id: inquiry.id.clone(),
            status: inquiry.status.clone(),
            template_id: inquiry.template_id.clone(),
            is_spent: is_spent(inquiry),
            is_new,
        }
    }
}

/// Finds the user's unfinished inquiry or creates one.
///
/// The attempt is read before the lookup: what the lookup did not see, nobody can have created
/// since, if the attempt is then still as it was read.
pub(super) async fn find_or_create(
    context: &ClickContext,
    user: &User,
) -> Result<Unfinished, Error> {
    let mut patience = PATIENCE;
    let mut watch = AttemptWatch::default();
    loop {
        let attempt = watch.read(context, user).await?;
        let found = context.look_up(user, attempt.template().as_ref()).await?;
        match next_step(context.policy, &found, context.clock.now()) {
            // It opens by a new session alone, and there is none left.
            NextStep::Continue(inquiry)
                if inquiry.status == InquiryStatus::Created && is_spent(inquiry) =>
            {
                attempt::settle_forsaken(context, user, attempt).await?;
                expire_spent(context, user, &inquiry.id).await?;
            }
            NextStep::Continue(inquiry) => {
                attempt::settle_forsaken(context, user, attempt).await?;
                context.keep(user, inquiry).await?;
                log_found(inquiry);
                if context.persona.is_of_other_version(inquiry) {
                    tracing::info!(
                        "The inquiry is of another template version than the published one, and \
                         is continued all the same"
                    );
                }
                return Ok(Unfinished::new(inquiry, false));
            }
            NextStep::Deny(refusal) => return Err(Error::Denied(refusal)),
            NextStep::Create => match attempt::create(context, user, attempt).await? {
                Outcome::Inquiry(inquiry) => {
                    context.keep(user, &inquiry).await?;
                    return Ok(Unfinished::new(&inquiry, true));
                }
                Outcome::LookAgain => {}
            },
        }
        wait_for_writer(context, user, &mut watch, patience).await?;
        patience *= 2;
    }
}

/// Waits until whoever writes the attempt is done. Our own row tells; Persona need not be asked.
async fn wait_for_writer(
    context: &ClickContext,
    user: &User,
    watch: &mut AttemptWatch,
    patience: Duration,
) -> Result<(), Error> {
    let patience_ends = Instant::now() + patience;
    loop {
        let wait = GLANCE.mul_f64(rand::rng().random_range(0.3..1.0));
        if !context.has_time_for(wait) {
            return Err(Error::Busy);
        }
        tokio::time::sleep(wait).await;
        let is_under_way = watch.read(context, user).await?.is_under_way();
        if !is_under_way || Instant::now() >= patience_ends {
            return Ok(());
        }
    }
}

fn log_found(inquiry: &Inquiry) {
    tracing::info!(
        "Found existing inquiry {} with status: {}",
        inquiry.id,
        inquiry.status
    );
    match inquiry.status {
        InquiryStatus::Created => {
            tracing::info!("Inquiry is created, continuing without session token");
        }
        InquiryStatus::Pending => {
            tracing::info!("Inquiry is pending, generating session token to resume");
        }
        _ => tracing::info!("Inquiry is {}, resuming it", inquiry.status),
    }
}
