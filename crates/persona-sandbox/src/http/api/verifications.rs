//! The operations on verifications, each kind under its own path and all under one.

use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::print::sheet;
use super::response::OperationResult;
use crate::core::model::{Inquiry, Verification, VerificationKind};
use crate::wire::{self, Includes};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/verifications/{verification-id}", retrieve)
        .named("verifications.retrieve", "Retrieves a verification.")
        .with_include(),
    Operation::delete("/verifications/{verification-id}", redact)
        .named(
            "verifications.redact",
            "Deletes the personal data of a verification.",
        )
        .with_include(),
    Operation::get("/verifications/{verification-id}/print", print)
        .named("verifications.print", "Prints a verification as a PDF."),
    Operation::post("/verifications/{verification-id}/investigation-lock", lock)
        .named(
            "verifications.investigation-lock",
            "Keeps a verification from being redacted.",
        )
        .with_include(),
    Operation::post(
        "/verifications/{verification-id}/investigation-unlock",
        unlock,
    )
    .named(
        "verifications.investigation-unlock",
        "Lets a verification be redacted again.",
    )
    .with_include(),
    Operation::get("/verification/government-ids/{verification-id}", |ctx| {
        retrieve_kind(ctx, VerificationKind::GovernmentId)
    })
    .named(
        "verification.retrieve-government-id",
        "Retrieves a government ID verification.",
    )
    .with_include(),
    Operation::get("/verification/selfies/{verification-id}", |ctx| {
        retrieve_kind(ctx, VerificationKind::Selfie)
    })
    .named(
        "verification.retrieve-selfie",
        "Retrieves a selfie verification.",
    )
    .with_include(),
    Operation::get("/verification/documents/{verification-id}", |ctx| {
        retrieve_kind(ctx, VerificationKind::Document)
    })
    .named(
        "verification.retrieve-document",
        "Retrieves a document verification.",
    )
    .with_include(),
    Operation::get("/verification/databases/{verification-id}", |ctx| {
        retrieve_kind(ctx, VerificationKind::Database)
    })
    .named(
        "verification.retrieve-database",
        "Retrieves a database verification.",
    )
    .with_include(),
    Operation::get("/verification/phone-numbers/{verification-id}", |ctx| {
        retrieve_kind(ctx, VerificationKind::PhoneNumber)
    })
    .named(
        "verification.retrieve-phone-number",
        "Retrieves a phone number verification.",
    )
    .with_include(),
    Operation::get("/verification/email-addresses/{verification-id}", |ctx| {
        retrieve_kind(ctx, VerificationKind::EmailAddress)
    })
    .named(
        "verification.retrieve-email-address",
        "Retrieves an e-mail address verification.",
    )
    .with_include(),
];

fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::for_verification(ctx.query.include.as_deref())?)
}

/// The inquiry and the verification of this ID.
fn find<'a>(
    ctx: &'a OperationContext<'_>,
    is_wanted: impl Fn(&Verification) -> bool,
) -> Result<(&'a Inquiry, &'a Verification), ApiError> {
    let found = ctx.tx.verification(ctx.id);
    let found = found.filter(|(_, verification)| verification.id == ctx.id);
    match found {
        Some((inquiry, verification)) if is_wanted(verification) => Ok((inquiry, verification)),
        _ => Err(ApiError::not_found()),
    }
}

/// The document of the verification of this ID.
fn document(
    ctx: &OperationContext<'_>,
    includes: &Includes,
    is_wanted: impl Fn(&Verification) -> bool,
) -> Result<Value, ApiError> {
    let (inquiry, verification) = find(ctx, is_wanted)?;
    let files = ctx.files();
    let mut document = json!({ "data": wire::verification_resource(verification, inquiry, files) });
    if ctx.query.include.is_some() {
        let objects =
            includes.verification_objects(ctx.tx, inquiry, verification, ctx.version, files);
        document["included"] = objects.into();
    }
    Ok(document)
}

/// `GET /verifications/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    Ok(OperationResult::ok(document(ctx, &includes, |_| true)?))
}

/// `GET /verification/{kind}/{id}`. A verification of another kind is not there.
fn retrieve_kind(
    ctx: &mut OperationContext<'_>,
    kind: VerificationKind,
) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let document = document(ctx, &includes, |verification| verification.kind == kind)?;
    Ok(OperationResult::ok(document))
}

/// `DELETE /verifications/{id}`.
fn redact(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    find(ctx, |_| true)?;
    ctx.tx.redact_verification(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &includes, |_| true)?))
}

/// `POST /verifications/{id}/investigation-lock`.
fn lock(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    set_locked(ctx, true)
}

/// `POST /verifications/{id}/investigation-unlock`.
fn unlock(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    set_locked(ctx, false)
}

fn set_locked(
    ctx: &mut OperationContext<'_>,
    is_locked: bool,
) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    find(ctx, |_| true)?;
    ctx.tx.lock_verification(ctx.id, is_locked, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &includes, |_| true)?))
}

/// `GET /verifications/{id}/print`.
fn print(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let (inquiry, verification) = find(ctx, |_| true)?;
    let resource = wire::verification_resource(verification, inquiry, ctx.files());
    let mut lines = vec![
        "Persona sandbox: verification".to_owned(),
        String::new(),
        format!("ID: {}", verification.id),
        format!("Type: {}", verification.kind.resource_type()),
        format!("Inquiry: {}", inquiry.id),
        format!("Created: {}", verification.created_at),
        String::new(),
    ];
    let checks = resource["attributes"]["checks"].as_array();
    lines.extend(checks.into_iter().flatten().filter_map(|check| {
        let (name, status) = (check["name"].as_str()?, check["status"].as_str()?);
        Some(format!("{name}: {status}"))
    }));
    Ok(OperationResult::pdf(sheet(&lines)))
}
