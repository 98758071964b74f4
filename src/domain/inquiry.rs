//! Get or create: the user's unfinished inquiry, or a new one.

use std::time::Duration;

use rand::Rng as _;
use tokio::time::Instant;

use super::{
    activity::{self, WayIn},
    attempt::{self, Outcome},
    context::GetOrCreate,
    error::Error,
    policy::{NextStep, next_step},
    user::User,
};
use crate::{
    metrics,
    model::{InquiryId, InquiryStatus, OpenableInquiry, SessionToken},
    persona::{self, ErrorKind, Inquiry},
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
pub async fn get_or_create(context: GetOrCreate, user: User) -> Result<OpenableInquiry, Error> {
    activity::click(
        context,
        user,
        WayIn::GetOrCreate,
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
    context: &GetOrCreate,
    user: &User,
    unfinished: &Unfinished,
) -> Result<Option<SessionToken>, Error> {
    if unfinished.status == InquiryStatus::Created {
        return Ok(None);
    }
    context.resume(user, &unfinished.id).await.map(Some)
}

/// Whether Persona does not want to resume this inquiry, rather than being unable to.
fn is_refusal(error: &persona::Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Conflict { .. } | ErrorKind::Rejected { .. } | ErrorKind::NotFound
    )
}

/// After a refusal to resume: another inquiry than the refused one, or the end of this click.
///
/// An inquiry may have been finished since it was found. One that is still pending has used up its
/// sessions (25; docs.withpersona.com/docs/inquiry-sessions) or is refused for a reason that we do
/// not know: another beside it would break the promise that there is one, so it has to expire first.
async fn look_again(
    context: &GetOrCreate,
    user: &User,
    refused: &Unfinished,
    error: persona::Error,
) -> Result<Unfinished, Error> {
    let found = find_or_create(context, user).await?;
    if found.id == refused.id && found.status == refused.status {
        tracing::error!(
            "Persona does not resume a {} inquiry: its sessions may be used up; it can be gone on \
             with or begun anew once it has expired, by itself or in Persona's dashboard",
            refused.status
        );
        return Err(error.into());
    }
    Ok(found)
}

/// An inquiry that the person can go on with.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// Its ID.
    pub(super) id: InquiryId,
    /// Created opens by its ID alone; pending with a token; expired must be resumed first.
    pub(super) status: InquiryStatus,
    /// Whether it was made for this click.
    pub(super) is_new: bool,
}

/// Finds the user's unfinished inquiry or creates one.
///
/// The attempt is read before the lookup: what the lookup did not see, nobody can have created
/// since, if the attempt is then still as it was read.
pub(super) async fn find_or_create(
    context: &GetOrCreate,
    user: &User,
) -> Result<Unfinished, Error> {
    let mut patience = PATIENCE;
    loop {
        let attempt = context.store.find_attempt(&user.id).await?;
        let found = context.look_up(user).await?;
        match next_step(context.policy, &found, context.clock.now()) {
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
                return Ok(Unfinished {
                    id: inquiry.id.clone(),
                    status: inquiry.status.clone(),
                    is_new: false,
                });
            }
            NextStep::Refuse(refusal) => return Err(Error::Refused(refusal)),
            NextStep::Create => match attempt::create(context, user, attempt).await? {
                Outcome::Inquiry(inquiry) => {
                    context.keep(user, &inquiry).await?;
                    return Ok(Unfinished {
                        id: inquiry.id,
                        status: inquiry.status,
                        is_new: true,
                    });
                }
                Outcome::LookAgain => {}
            },
        }
        wait_for_writer(context, user, patience).await?;
        patience *= 2;
    }
}

/// Waits until whoever writes the attempt is done. Our own row tells; Persona need not be asked.
async fn wait_for_writer(
    context: &GetOrCreate,
    user: &User,
    patience: Duration,
) -> Result<(), Error> {
    let patience_ends = Instant::now() + patience;
    loop {
        let wait = GLANCE.mul_f64(rand::rng().random_range(0.3..1.0));
        if !context.has_time_for(wait) {
            return Err(Error::Busy);
        }
        tokio::time::sleep(wait).await;
        let attempt = context.store.find_attempt(&user.id).await?;
        let is_written =
            attempt.is_some_and(|it| attempt::is_under_way(&it, context.clock.now_ms()));
        if !is_written || Instant::now() >= patience_ends {
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
