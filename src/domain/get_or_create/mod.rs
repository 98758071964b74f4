//! Get or create: returns the user's unfinished inquiry, or a new one. Read it from top to bottom:
//! it follows one click.
//!
//! ```text
//! get_or_create ─▶ find_and_open ─▶ check_submission   asks about a submitted inquiry first
//!                       ├─────────▶ find_or_create ─▶ runner ─▶ attempt    the row, lookups, creates
//!                       │                  └─────────▶ keep, log_found     local copy of the inquiry
//!                       ├─────────▶ resume             a session token for a pending one
//!                       └─────────▶ look_again         after Persona refused to open it
//! ```
//!
//! | file | contains |
//! |---|---|
//! | `policy.rs` | the pure function from the inquiries found to the next step |
//! | `attempt/` | the pure state machine: when to look up, create, retry, wait, rotate the key |
//! | `runner.rs` | the IO: performs the effects of `attempt` |
//! | `context.rs` | the calls to Persona about one user, each response checked for its owner |
//! | `submission.rs` | asks Persona about a submitted inquiry before anything is created |
//! | `correction.rs` | corrects the user's data, and that of an unfinished inquiry |
//! | `click.rs` | what surrounds every click: it runs to its end, and is written to the activity log |
//! | `hosted_flow.rs` | the same for a browser without our script |

mod attempt;
mod click;
mod context;
mod correction;
mod hosted_flow;
mod policy;
mod runner;
mod submission;

use self::{
    click::EntryPoint,
    correction::update_prefill,
    policy::is_spent,
    runner::{AttemptResult, run},
    submission::check_submission,
};
use super::{accounts::User, error::Error, ownership::Expected};
use crate::{
    base::{error_chain, metrics},
    model::{InquiryId, InquiryStatus, OpenableInquiry, SessionToken},
};
use persona_api::{ErrorKind, Inquiry, Operation};

pub use self::{
    context::ClickContext,
    correction::{
        CorrectionError, ProfileFields, ProfileProblems, correct_profile, find_correction_refusal,
    },
    hosted_flow::hosted_flow_link,
    policy::{InquiryPolicy, NextStep, next_step},
};

/// Finds the user's unfinished inquiry, resuming it where that is needed, or creates one with the
/// user's data.
///
/// The work continues if the caller disconnects, so that a closed browser leaves nothing half done.
///
/// # Errors
/// See [`Error`]. A resume that yields no token is an error: the flow would not open.
pub async fn get_or_create(context: ClickContext, user: User) -> Result<OpenableInquiry, Error> {
    click::run(
        context,
        user,
        EntryPoint::EmbeddedFlow,
        |context, user| async move {
            let (context, user) = (&context, &user);
            let open =
                |unfinished: OpenInquiry| async move { resume(context, user, &unfinished).await };
            let (unfinished, session_token) = find_and_open(context, user, open).await?;
            let OpenInquiry { id, is_new, .. } = unfinished;
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

/// Finds the user's unfinished inquiry or creates one, and opens it: by a session token, or by a
/// one-time link. If Persona refuses to open it, looks again once.
async fn find_and_open<T, F>(
    context: &ClickContext,
    user: &User,
    open: impl Fn(OpenInquiry) -> F,
) -> Result<(OpenInquiry, T), Error>
where
    F: Future<Output = Result<T, Error>>,
{
    check_submission(context, user).await?;
    let unfinished = find_or_create(context, user).await?;
    match open(unfinished.clone()).await {
        Err(Error::Persona(error)) if is_refusal(&error) => {
            let unfinished = look_again(context, user, &unfinished, error).await?;
            let opened = open(unfinished.clone()).await?;
            Ok((unfinished, opened))
        }
        opened => Ok((unfinished, opened?)),
    }
}

/// Finds the user's unfinished inquiry or creates one, and keeps a copy of it.
async fn find_or_create(context: &ClickContext, user: &User) -> Result<OpenInquiry, Error> {
    let AttemptResult { inquiry, is_new } = run(context, user).await?;
    let operation = if is_new {
        Operation::CreateInquiry
    } else {
        Operation::ListInquiries
    };
    let expected = Expected::from_operation(operation);
    context.keep(user, &inquiry, expected).await?;
    update_prefill(context, user, &inquiry.id).await?;
    if !is_new {
        log_found(context, &inquiry);
    }
    Ok(OpenInquiry {
        is_spent: is_spent(&inquiry),
        id: inquiry.id,
        status: inquiry.status,
        template_id: inquiry.template_id,
        is_new,
    })
}

/// An inquiry that the person can continue.
#[derive(Debug, Clone)]
struct OpenInquiry {
    /// Its ID.
    id: InquiryId,
    /// Created opens by its ID alone; pending with a token; expired must be resumed first.
    status: InquiryStatus,
    /// The template it was created from, if Persona says so.
    template_id: Option<String>,
    /// Whether it has used up its sessions.
    is_spent: bool,
    /// Whether this click created it.
    is_new: bool,
}

fn log_found(context: &ClickContext, inquiry: &Inquiry) {
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
    if context.persona.has_other_template_version(inquiry) {
        tracing::info!(
            "The inquiry is of another template version than the published one, and is continued \
             all the same"
        );
    }
}

/// A session token, if the inquiry needs one to open.
async fn resume(
    context: &ClickContext,
    user: &User,
    unfinished: &OpenInquiry,
) -> Result<Option<SessionToken>, Error> {
    if unfinished.status == InquiryStatus::Created {
        return Ok(None);
    }
    context.resume(user, unfinished).await.map(Some)
}

/// Whether Persona refuses to open this inquiry, rather than being unable to.
fn is_refusal(error: &persona_api::Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Conflict { .. } | ErrorKind::Rejected { .. } | ErrorKind::NotFound
    )
}

/// After Persona refused to open an inquiry: finds another one, or fails.
///
/// The inquiry may have been finished since it was found. If it is still unfinished, it may have
/// used up its sessions: then it is expired, and another one is created. If Persona refuses it for
/// an unknown reason, the click fails: a new one would be a second open inquiry.
async fn look_again(
    context: &ClickContext,
    user: &User,
    refused: &OpenInquiry,
    error: persona_api::Error,
) -> Result<OpenInquiry, Error> {
    let found = find_or_create(context, user).await?;
    if found.id != refused.id || found.status != refused.status {
        return Ok(found);
    }
    if found.is_spent {
        context.expire_spent(user, &found.id).await?;
        return find_or_create(context, user).await;
    }
    tracing::error!(
        reference_id = %user.id,
        request_id = error.request_id,
        error = error_chain(&error),
        "Persona refuses to open the user's {} inquiry although it has sessions left, so the user \
         cannot continue: expire the inquiry in Persona's dashboard, or wait until it expires",
        refused.status
    );
    Err(error.into())
}
