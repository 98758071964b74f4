//! Get or create: the user's unfinished inquiry, or a new one.

use tokio::time::Instant;

use super::{
    error::Error,
    policy::{NextStep, next_step},
    user::User,
};
use crate::{
    model::{InquiryId, InquiryStatus, OpenableInquiry, TemplateId},
    persona::{Client, ErrorKind, InquiryFilter, NewInquiry},
};

/// How many unfinished inquiries a lookup sees: enough to notice that there are several.
const LOOKUP_SIZE: u8 = 10;

/// What get-or-create works with.
#[derive(Debug, Clone, Copy)]
pub struct GetOrCreate<'a> {
    /// The client to ask.
    pub persona: &'a Client,
    /// The template to look for, and to create from.
    pub template: &'a TemplateId,
    /// When the click must have its answer.
    pub deadline: Instant,
}

/// Finds the user's unfinished inquiry, resuming a pending one, or creates one with the user's data.
///
/// # Errors
/// See [`Error`]. A resume that yields no token is an error: the flow would not open.
pub async fn get_or_create(
    context: GetOrCreate<'_>,
    user: &User,
) -> Result<OpenableInquiry, Error> {
    match find_or_create(context, user).await? {
        Unfinished::Created(inquiry_id) => Ok(OpenableInquiry {
            inquiry_id,
            session_token: None,
        }),
        Unfinished::Pending(inquiry_id) => {
            tracing::info!("Inquiry is pending, generating session token to resume");
            let token = context
                .persona
                .resume_inquiry(&inquiry_id, context.deadline)
                .await?;
            Ok(OpenableInquiry {
                inquiry_id,
                session_token: Some(token),
            })
        }
    }
}

/// An inquiry that the person can go on with.
#[derive(Debug)]
pub(super) enum Unfinished {
    /// Opens by its ID alone.
    Created(InquiryId),
    /// Opens with a session token, or by a one-time link.
    Pending(InquiryId),
}

/// Finds the user's unfinished inquiry or creates one.
///
/// A lookup that fails is an error. It is never taken for "none there": that would create
/// duplicates.
pub(super) async fn find_or_create(
    context: GetOrCreate<'_>,
    user: &User,
) -> Result<Unfinished, Error> {
    let filter = InquiryFilter {
        reference_id: Some(&user.id),
        statuses: &[InquiryStatus::Created, InquiryStatus::Pending],
        template: Some(context.template),
        page_size: LOOKUP_SIZE,
    };
    let found = context
        .persona
        .list_inquiries(filter, context.deadline)
        .await?
        .inquiries;
    if found.len() > 1 {
        tracing::warn!(
            reference_id = %user.id,
            found = found.len(),
            "several unfinished inquiries found, continuing with the newest"
        );
    }

    match next_step(&found) {
        NextStep::Create => {
            tracing::info!("No incomplete inquiry found, creating new one");
            create(context, user).await.map(Unfinished::Created)
        }
        NextStep::Open(id) => {
            tracing::info!("Found existing inquiry {id} with status: created");
            tracing::info!("Inquiry is created, continuing without session token");
            Ok(Unfinished::Created(id))
        }
        NextStep::Resume(id) => {
            tracing::info!("Found existing inquiry {id} with status: pending");
            Ok(Unfinished::Pending(id))
        }
    }
}

async fn create(context: GetOrCreate<'_>, user: &User) -> Result<InquiryId, Error> {
    let body = NewInquiry {
        template: context.template,
        reference_id: &user.id,
        name_first: &user.first_name,
        name_last: &user.last_name,
        birthdate: &user.birthdate.to_string(),
    }
    .to_body()?;
    let created = context
        .persona
        .create_inquiry(body, None, context.deadline)
        .await;
    if let Err(error) = &created
        && matches!(
            error.kind,
            ErrorKind::NotFound | ErrorKind::Rejected { status: 400, .. }
        )
    {
        // Sandbox keys cannot read templates, so this may be the first proof of a wrong one.
        tracing::error!(
            "Persona refuses to create an inquiry: check PERSONA_INQUIRY_TEMPLATE_ID (in Persona's \
             dashboard, Inquiries > Templates)"
        );
    }
    Ok(created?.id)
}
