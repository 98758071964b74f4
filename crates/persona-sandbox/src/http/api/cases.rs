//! The operations on cases.
//!
//! Longer than 400 lines: one short function for each of the operations.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::params::Params;
use super::query::{Page, split};
use super::response::OperationResult;
use super::search_query::{self, Searchable, Searched};
use super::tags::{Tagged, add_tag, remove_tag, set_tags};
use crate::core::clock::Moment;
use crate::core::model::{Attachment, CASE_TEMPLATE_ID, Case, Subject, fold_key};
use crate::domain::{CaseUpdate, DomainError, NewCase};
use crate::store::Tx;
use crate::wire::{self, Includes};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/cases", list)
        .named("cases.list", "Lists cases, newest first.")
        .paged(&[
            "status",
            "case-template-id",
            "account-id",
            "reference-id",
            "inquiry-id",
            "report-id",
        ]),
    Operation::post("/cases", create)
        .named("cases.create", "Creates a case.")
        .with_include(),
    Operation::post("/cases/search", search)
        .named("cases.search", "Searches cases, as they were a minute ago.")
        .paged(&[]),
    Operation::get("/cases/{case-id}", retrieve)
        .named("cases.retrieve", "Retrieves a case.")
        .with_include(),
    Operation::patch("/cases/{case-id}", update)
        .named(
            "cases.update",
            "Changes fields of a case, and attaches files.",
        )
        .with_include(),
    Operation::delete("/cases/{case-id}", redact)
        .named("cases.redact", "Deletes fields and files of a case.")
        .with_include(),
    Operation::post("/cases/{case-id}/set-status", set_status)
        .named("cases.set-status", "Sets the status of a case.")
        .with_include(),
    Operation::post("/cases/{case-id}/assign", assign)
        .named("cases.assign", "Assigns a case to a user.")
        .with_include(),
    Operation::post("/cases/{case-id}/add-objects", add_objects)
        .named("cases.add-objects", "Adds objects to a case.")
        .with_include(),
    Operation::post("/cases/{case-id}/remove-objects", remove_objects)
        .named("cases.remove-objects", "Removes objects from a case.")
        .with_include(),
    Operation::post("/cases/{case-id}/add-tag", add_tag::<Case>)
        .named("cases.add-tag", "Adds a tag to a case.")
        .with_include(),
    Operation::post("/cases/{case-id}/remove-tag", remove_tag::<Case>)
        .named("cases.remove-tag", "Removes a tag from a case.")
        .with_include(),
    Operation::post("/cases/{case-id}/set-tags", set_tags::<Case>)
        .named("cases.set-tags", "Replaces the tags of a case.")
        .with_include(),
    Operation::get("/case-templates/{case-template-id}", retrieve_template)
        .named("case-templates.retrieve", "Retrieves a case template.")
        .with_include(),
];

fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::for_case(ctx.query.include.as_deref())?)
}

fn document(ctx: &OperationContext<'_>, case: &Case, includes: &Includes) -> Value {
    let mut document = json!({ "data": wire::case(ctx.tx, case, ctx.files()) });
    if ctx.query.include.is_some() {
        document["included"] = includes
            .case_objects(ctx.tx, case, ctx.version, ctx.files())
            .into();
    }
    document
}

fn list_result(ctx: &OperationContext<'_>, page: &Page<Case>) -> OperationResult {
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let rows = page.rows.iter();
    let data: Vec<_> = rows
        .map(|case| wire::case(ctx.tx, case, ctx.files()))
        .collect();
    OperationResult::ok(json!({ "data": data, "links": { "prev": previous, "next": next } }))
}

/// `GET /cases`.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let mut list_of = |key: &str| {
        let list = ctx.query.take_filter(key)?;
        Some(split(&list).map(str::to_owned).collect::<Vec<_>>())
    };
    let (statuses, templates) = (list_of("status"), list_of("case-template-id"));
    let (accounts, inquiries) = (list_of("account-id"), list_of("inquiry-id"));
    let reference_ids = list_of("reference-id");
    let reports = list_of("report-id");
    ctx.query.finish_filters()?;
    let state = &*ctx.tx;
    let matches = |wanted: &Option<Vec<String>>, actual: &[String]| {
        let wanted = wanted.as_ref();
        wanted.is_none_or(|wanted| actual.iter().any(|id| wanted.contains(id)))
    };
    let is_of_person = |case: &Case| {
        let ids = case.account_ids.iter();
        let accounts = ids.filter_map(|id| state.accounts.find(id));
        let references: Vec<_> = accounts
            .filter_map(|account| account.reference_id.clone())
            .collect();
        matches(&reference_ids, &references)
    };
    let keep = |case: &Case| {
        let status_matches = statuses.as_ref().is_none_or(|statuses| {
            let mut statuses = statuses.iter();
            statuses.any(|status| status.eq_ignore_ascii_case(&case.status))
        });
        status_matches
            && templates
                .as_ref()
                .is_none_or(|ids| ids.contains(&case.template_id))
            && matches(&accounts, &case.account_ids)
            && matches(&inquiries, &case.inquiry_ids)
            && matches(&reports, &case.report_ids)
            && is_of_person(case)
    };
    let page = request.paginate(&state.cases, state.cases.newest_first(), keep)?;
    Ok(list_result(ctx, &page))
}

/// `POST /cases/search`.
fn search(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let page = search_query::search(ctx, |state| &state.cases)?;
    Ok(list_result(ctx, &page))
}

/// `POST /cases`.
fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.required_object("data")?;
    data.value("type");
    let mut attributes = data.object("attributes")?;
    let template_id = attributes.nullable_id("case-template-id", "ctmpl")?;
    let template_id = template_id
        .ok_or_else(|| ApiError::bad_request("data.attributes.case_template_id is missing"))?;
    // Accepted without effect: users are not modelled.
    attributes.nullable_string("creator-email-address")?;
    read_queue(&mut attributes)?;
    let fields = attributes.nullable_map("fields")?.unwrap_or_default();
    let mut meta = body.object("meta")?;
    let object_ids = meta.strings("object-ids")?.unwrap_or_default();
    let sla_seconds = meta.nullable_positive_integer("sla-expires-in-seconds")?;
    for part in [attributes, data, meta, body] {
        ctx.finish(part)?;
    }
    let new = NewCase {
        template_id,
        fields,
        object_ids,
        sla_seconds,
    };
    let case = ctx.tx.create_case(new, ctx.now)?;
    Ok(OperationResult::created(document(ctx, &case, &includes)))
}

/// The sandbox has no queues.
fn read_queue(attributes: &mut Params) -> Result<(), ApiError> {
    match attributes.nullable_string("case-queue-id")? {
        Some(_) => Err(ApiError::missing_record("data.attributes.case_queue_id")),
        None => Ok(()),
    }
}

/// `GET /cases/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let case = ctx.tx.case(ctx.id)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

/// `PATCH /cases/{id}`.
fn update(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    data.value("id");
    let mut attributes = data.object("attributes")?;
    read_queue(&mut attributes)?;
    let fields = attributes.nullable_map("fields")?.unwrap_or_default();
    let mut attachments = Vec::new();
    for mut file in attributes.objects("attachments")?.unwrap_or_default() {
        attachments.push(read_attachment(&mut file)?);
        ctx.finish(file)?;
    }
    let mut meta = body.object("meta")?;
    let sla_seconds = if meta.has("sla-expires-in-seconds") {
        Some(meta.nullable_positive_integer("sla-expires-in-seconds")?)
    } else {
        None
    };
    for part in [attributes, data, meta, body] {
        ctx.finish(part)?;
    }
    let update = CaseUpdate {
        fields,
        attachments,
        sla_seconds,
    };
    let case = ctx.tx.update_case(ctx.id, update, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

fn read_attachment(file: &mut Params) -> Result<Attachment, ApiError> {
    let path = file.path_to("data");
    let filename = file.required_string("filename")?;
    let data = file.required_string("data")?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._- ".contains(letter);
    if filename.trim_matches('.').trim().is_empty() || !filename.chars().all(is_plain) {
        return Err(ApiError::bad_request(format!(
            "{} must be a file name of letters, digits, dots, hyphens, underscores and spaces",
            file.path_to("filename")
        )));
    }
    let bytes = STANDARD
        .decode(&data)
        .map_err(|_| ApiError::bad_request(format!("{path} must be in base64")))?;
    Ok(Attachment {
        filename,
        byte_size: bytes.len(),
        data,
    })
}

/// `DELETE /cases/{id}`.
fn redact(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let case = ctx.tx.redact_case(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

/// `POST /cases/{id}/set-status`.
fn set_status(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.object("meta")?;
    let status = meta.required_string("status")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let case = ctx.tx.set_case_status(ctx.id, &status, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

/// `POST /cases/{id}/assign`. Users are not modelled: any address is one.
fn assign(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.required_object("meta")?;
    let user = meta.required_string("user-email-address")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let is_address = user
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !is_address {
        return Err(ApiError::bad_request(
            "meta.user_email_address must be an e-mail address",
        ));
    }
    let case = ctx.tx.assign_case(ctx.id, &user, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

/// `POST /cases/{id}/add-objects`.
fn add_objects(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let object_ids = read_objects(ctx)?;
    let case = ctx.tx.add_to_case(ctx.id, &object_ids, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

/// `POST /cases/{id}/remove-objects`.
fn remove_objects(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let object_ids = read_objects(ctx)?;
    let case = ctx.tx.remove_from_case(ctx.id, &object_ids, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &case, &includes)))
}

fn read_objects(ctx: &mut OperationContext<'_>) -> Result<Vec<String>, ApiError> {
    let mut body = ctx.params()?;
    let mut meta = body.object("meta")?;
    let object_ids = meta.nullable_strings("object-ids")?.unwrap_or_default();
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    Ok(object_ids)
}

/// `GET /case-templates/{id}`. That of the sandbox exists, and every one that a case names.
fn retrieve_template(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let mut cases = ctx.tx.cases.oldest_first();
    let first = cases.find(|case| case.template_id == ctx.id);
    let first_use = first.map(|case| case.created_at);
    let created_at = ctx.implied_since(first_use, CASE_TEMPLATE_ID)?;
    let document = ctx.document_without_includes(&wire::case_template(ctx.id, created_at));
    Ok(OperationResult::ok(document))
}

impl Searchable for Case {
    fn has_attribute(name: &str) -> bool {
        matches!(
            name,
            "template"
                | "status"
                | "state"
                | "created-at"
                | "updated-at"
                | "resolved-at"
                | "sla-expires-at"
                | "assignee"
                | "case-queue"
                | "resolver"
        ) || name
            .strip_prefix("fields.")
            .is_some_and(|key| !key.is_empty())
    }

    const SORTED_BY: &'static [&'static str] = &["status", "resolved-at", "sla-expires-at"];

    fn attribute(&self, name: &str) -> Option<Searched> {
        match name {
            "template" => Some(Searched::text(self.template_id.as_str())),
            // The example of the specification writes statuses in lower case.
            "status" => Some(Searched::Text(self.status.to_lowercase())),
            "state" => Some(Searched::text(if self.is_resolved() {
                "resolved"
            } else {
                "open"
            })),
            "resolved-at" => self.resolved_at.map(Searched::Moment),
            "sla-expires-at" => self.sla_expires_at.map(Searched::Moment),
            "assignee" => self.assignee.clone().map(Searched::Text),
            name => {
                let folded = fold_key(name.strip_prefix("fields.")?);
                let mut fields = self.fields.iter();
                let (_, value) = fields.find(|(key, _)| fold_key(key) == folded)?;
                Searched::from_field(value)
            }
        }
    }

    fn created_at(&self) -> Moment {
        self.created_at
    }

    fn updated_at(&self) -> Moment {
        self.updated_at
    }

    fn from_subject(subject: &Subject) -> Option<&Arc<Self>> {
        match subject {
            Subject::Case(case) => Some(case),
            _ => None,
        }
    }
}

impl Tagged for Case {
    fn load(tx: &Tx, id: &str) -> Result<Arc<Self>, DomainError> {
        tx.case(id)
    }

    fn tags(&self) -> &[String] {
        &self.tags
    }

    fn set_tags(
        tx: &mut Tx,
        id: &str,
        tags: Vec<String>,
        now: Moment,
    ) -> Result<Arc<Self>, DomainError> {
        tx.set_case_tags(id, tags, now)
    }

    fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
        includes(ctx)
    }

    fn document(&self, ctx: &OperationContext<'_>, includes: &Includes) -> Value {
        document(ctx, self, includes)
    }
}
