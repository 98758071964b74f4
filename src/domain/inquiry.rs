//! Get or create: the user's unfinished inquiry, or a new one.

use std::time::Duration;

use rand::Rng as _;

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
    model::{InquiryId, InquiryStatus, OpenableInquiry},
    persona::Inquiry,
};

/// How long to wait for another click of the same user before looking again, at most.
const PATIENCE: Duration = Duration::from_millis(150);

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
            let Unfinished { id, status, is_new } = find_or_create(&context, &user).await?;
            let session_token = match status {
                InquiryStatus::Created => None,
                _ => Some(
                    context
                        .persona
                        .resume_inquiry(&id, context.deadline)
                        .await?,
                ),
            };
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
    loop {
        let attempt = context.store.find_attempt(&user.id).await?;
        let found = context.look_up(user).await?;
        match next_step(context.policy, &found, context.clock.now()) {
            NextStep::Continue(inquiry) => {
                attempt::settle_forsaken(context, user, attempt).await?;
                context.keep(user, inquiry).await?;
                log_found(inquiry);
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
        let wait = PATIENCE.mul_f64(rand::rng().random_range(0.3..1.0));
        if !context.has_time_for(wait) {
            return Err(Error::Busy);
        }
        tokio::time::sleep(wait).await;
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
