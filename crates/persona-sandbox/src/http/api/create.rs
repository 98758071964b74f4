//! `POST /inquiries`.

use serde_json::{Map, Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::inquiries;
use super::operation::Operation;
use super::params::Params;
use super::response::OperationResult;
use crate::core::model::{OneTimeLink, fold_key};
use crate::domain::{AccountChoice, ExpiryOverrides, NewInquiry};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[Operation::post("/inquiries", create)
    .named(
        "inquiries.create",
        "Creates an inquiry, and on request a session and a one-time link.",
    )
    .alias(&["create"])
    .with_include()
    .creating_inquiry()];

/// Options in the meta part of the request.
#[derive(Default)]
struct Extras {
    auto_create_account: Option<bool>,
    account_type_id: Option<String>,
    account_reference_id: Option<String>,
    session: bool,
    one_time_link: bool,
    expiry: ExpiryOverrides,
    handoff_link_seconds: Option<i64>,
}

/// Creates an inquiry.
pub(super) fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = inquiries::includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.required_object("data")?;
    data.value("type");
    let mut attributes = data.required_object("attributes")?;
    let mut meta = body.object("meta")?;
    let extras = read_extras(&mut meta)?;
    let template_id = read_template(ctx, &mut attributes)?;
    let account = read_account(&mut attributes, &extras)?;
    let creator = attributes.nullable_string("creator-email-address")?;
    let mut fields = attributes.nullable_map("fields")?.unwrap_or_default();
    let note = attributes.nullable_string("note")?;
    let tags = attributes.nullable_tags("tags")?.unwrap_or_default();
    let redirect_uri = attributes.nullable_string("redirect-uri")?;
    // Accepted without effect: theming, and the beta choice of the first step.
    for ignored in ["theme-id", "theme-set-id", "initial-step-name"] {
        attributes.nullable_string(ignored)?;
    }
    read_flat_fields(ctx, &mut attributes, &mut fields);
    for part in [attributes, data, meta, body] {
        ctx.finish(part)?;
    }
    let new = NewInquiry {
        template_id,
        account,
        creator: creator.unwrap_or_else(|| "API".to_owned()),
        fields,
        note,
        tags,
        redirect_uri,
        expiry: extras.expiry,
        handoff_link_seconds: extras.handoff_link_seconds,
    };
    if let Some(decide_after_ms) = ctx.unknown_templates {
        ctx.tx
            .make_unknown_template(&new.template_id, decide_after_ms, ctx.now);
    }
    let mut inquiry = ctx.tx.create_inquiry(new, ctx.now)?;
    let mut session_token = None;
    if extras.session {
        let session = ctx.tx.create_session(&inquiry.id, ctx.now)?;
        session_token = Some(ctx.tx.token_for(&session, ctx.now));
    }
    let mut link = None;
    if extras.one_time_link {
        let (linked, made) = ctx.tx.create_one_time_link(&inquiry.id, None, ctx.now)?;
        inquiry = linked;
        link = Some(made);
    }
    let mut document = inquiries::document(ctx, &inquiry, &includes);
    document["meta"] = json!({
        "session-token": session_token,
        "one-time-link": link.as_deref().map(|link| long_link(ctx, link)),
        "one-time-link-short": link.as_deref().map(|link| short_link(ctx, link)),
    });
    Ok(OperationResult::created(document))
}

/// The address of a one-time link.
pub(super) fn long_link(ctx: &OperationContext<'_>, link: &OneTimeLink) -> String {
    format!("{}/verify?code={}", ctx.link_base, link.code)
}

/// The short address of a one-time link.
pub(super) fn short_link(ctx: &OperationContext<'_>, link: &OneTimeLink) -> String {
    format!("{}/verify?code={}", ctx.link_base, link.short_code)
}

fn read_extras(meta: &mut Params) -> Result<Extras, ApiError> {
    let extras = Extras {
        auto_create_account: meta.boolean("auto-create-account")?,
        account_type_id: meta.string("auto-create-account-type-id")?,
        account_reference_id: meta.string("auto-create-account-reference-id")?,
        session: meta
            .boolean("auto-create-inquiry-session")?
            .unwrap_or_default(),
        one_time_link: meta
            .boolean("auto-create-one-time-link")?
            .unwrap_or_default(),
        expiry: ExpiryOverrides {
            after_create: meta
                .nullable_positive_integer("expiration-after-create-interval-seconds")?,
            after_start: meta
                .nullable_positive_integer("expiration-after-start-interval-seconds")?,
            after_resume: meta
                .nullable_positive_integer("expiration-after-resume-interval-seconds")?,
        },
        handoff_link_seconds: meta.nullable_positive_integer("one-time-link-expiration-seconds")?,
    };
    Ok(extras)
}

fn read_template(ctx: &OperationContext<'_>, attributes: &mut Params) -> Result<String, ApiError> {
    let path = "data.attributes.inquiry_template_id";
    let template_id = attributes.nullable_id("inquiry-template-id", "itmpl")?;
    let version_id = attributes.nullable_id("inquiry-template-version-id", "itmplv")?;
    let legacy_id = attributes.nullable_id("template-id", "tmpl")?;
    match (template_id, version_id, legacy_id) {
        (Some(id), None, None) => Ok(id),
        (None, Some(version_id), None) => ctx
            .tx
            .templates
            .newest_first()
            .map(|(_, template)| template)
            .find(|template| template.version_id == version_id)
            .map(|template| template.id.clone())
            .ok_or_else(|| ApiError::missing_record("data.attributes.inquiry_template_version_id")),
        // Legacy templates cannot be created any more, and the sandbox has none.
        (None, None, Some(_)) => Err(ApiError::missing_record("data.attributes.template_id")),
        (None, None, None) => Err(ApiError::bad_request(format!("{path} is missing"))),
        _ => Err(ApiError::bad_request(
            "data.attributes must have only one of inquiry_template_id, \
             inquiry_template_version_id and template_id",
        )),
    }
}

fn read_account(attributes: &mut Params, extras: &Extras) -> Result<AccountChoice, ApiError> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    // Deprecated in favour of the one in meta (API specification), and used by the tutorial.
    let by_attribute = given(attributes.nullable_string("reference-id")?);
    let by_meta = given(extras.account_reference_id.clone());
    let account_id = attributes.nullable_id("account-id", "act")?;
    if extras.auto_create_account == Some(false)
        && (by_meta.is_some() || extras.account_type_id.is_some())
    {
        return Err(ApiError::bad_request(
            "meta.auto_create_account_reference_id and meta.auto_create_account_type_id need \
             meta.auto_create_account",
        ));
    }
    let reference_id = match (by_attribute, by_meta) {
        (Some(one), Some(other)) if one != other => {
            return Err(ApiError::bad_request(
                "data.attributes.reference_id and meta.auto_create_account_reference_id differ",
            ));
        }
        (one, other) => one.or(other),
    };
    match (account_id, reference_id) {
        (Some(_), Some(_)) => Err(ApiError::bad_request(
            "data.attributes.account_id excludes a reference ID",
        )),
        (Some(id), None) => Ok(AccountChoice::Existing(id)),
        (None, Some(reference_id)) if extras.auto_create_account == Some(false) => {
            Ok(AccountChoice::ReferenceOnly(reference_id))
        }
        (None, Some(reference_id)) => Ok(AccountChoice::ByReference(reference_id)),
        (None, None) if extras.auto_create_account == Some(false) => Ok(AccountChoice::None),
        (None, None) => Ok(AccountChoice::Anonymous),
    }
}

/// Field values that stand beside `fields`. Before 2025-10-27 they counted; since then they are
/// ignored (docs: `api-changelog`), although the specification calls them unknown.
pub(super) fn read_flat_fields(
    ctx: &OperationContext<'_>,
    attributes: &mut Params,
    fields: &mut Map<String, Value>,
) {
    let known: Vec<String> = ctx
        .tx
        .templates
        .newest_first()
        .flat_map(|(_, template)| &template.fields)
        .map(|field| fold_key(&field.key))
        .collect();
    let flat = attributes.take_if(|key| known.contains(&fold_key(key)));
    if ctx.version.is_before_fields_only() {
        for (key, value) in flat {
            fields.entry(key).or_insert(value);
        }
    }
}
