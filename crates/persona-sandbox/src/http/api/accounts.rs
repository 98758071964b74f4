//! The operations on accounts.
//!
//! Longer than 400 lines: every operation on accounts.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::params::Params;
use super::query::Page;
use super::response::OperationResult;
use super::search_query::{self, Searchable, Searched};
use super::tags::{Tagged, add_tag, remove_tag, set_tags};
use crate::core::clock::Moment;
use crate::core::model::{ACCOUNT_FIELDS, ACCOUNT_TYPE_ID, Account, Subject, fold_key};
use crate::domain::{AccountUpdate, DomainError};
use crate::store::Tx;
use crate::wire::{self, Includes};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/accounts", list)
        .named("accounts.list", "Lists accounts, newest first.")
        .paged(&["reference-id"]),
    Operation::post("/accounts", create)
        .named(
            "accounts.create",
            "Creates an account, or on request updates the one that has a value.",
        )
        .with_include(),
    Operation::post("/accounts/search", search)
        .named(
            "accounts.search",
            "Searches accounts, as they were a minute ago.",
        )
        .paged(&[]),
    Operation::get("/accounts/{account-id}", retrieve)
        .named("accounts.retrieve", "Retrieves an account.")
        .with_include(),
    Operation::patch("/accounts/{account-id}", update)
        .named(
            "accounts.update",
            "Changes attributes and fields of an account.",
        )
        .with_include(),
    Operation::delete("/accounts/{account-id}", redact)
        .named(
            "accounts.redact",
            "Deletes the personal data of an account and its inquiries.",
        )
        .with_include(),
    Operation::post("/accounts/{account-id}/consolidate", consolidate)
        .named(
            "accounts.consolidate",
            "Moves what belongs to other accounts to this one.",
        )
        .with_include(),
    Operation::post("/accounts/{account-id}/run-action", run_action)
        .named("accounts.run-action", "Runs an action of an account."),
    Operation::get("/accounts/{account-id}/relations", relations)
        .named(
            "accounts.list-relations",
            "Lists the accounts that an account is related to.",
        )
        .with_include()
        .filtered(&["key", "created-at-start", "created-at-end"]),
    Operation::post("/accounts/{account-id}/add-relation", add_relation)
        .named(
            "accounts.add-relation",
            "Relates an account to another one.",
        )
        .with_include(),
    Operation::post("/accounts/{account-id}/remove-relation", remove_relation)
        .named(
            "accounts.remove-relation",
            "Removes a relation of an account.",
        )
        .with_include(),
    Operation::post("/accounts/{account-id}/add-tag", add_tag::<Account>)
        .named("accounts.add-tag", "Adds a tag to an account.")
        .with_include(),
    Operation::post("/accounts/{account-id}/remove-tag", remove_tag::<Account>)
        .named("accounts.remove-tag", "Removes a tag from an account.")
        .with_include(),
    Operation::post("/accounts/{account-id}/set-tags", set_tags::<Account>)
        .named("accounts.set-tags", "Replaces the tags of an account.")
        .with_include(),
    Operation::get("/account-types/{account-type-id}", retrieve_type)
        .named("account-types.retrieve", "Retrieves an account type.")
        .with_include(),
];

fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::for_account(ctx.query.include.as_deref())?)
}

fn document(ctx: &OperationContext<'_>, account: &Account, includes: &Includes) -> Value {
    let mut document = json!({ "data": wire::account(account, ctx.version) });
    if ctx.query.include.is_some() {
        document["included"] = includes.account_objects(account).into();
    }
    document
}

fn list_result(ctx: &OperationContext<'_>, page: &Page<Account>) -> OperationResult {
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let rows = page.rows.iter();
    let data: Vec<_> = rows
        .map(|account| wire::account(account, ctx.version))
        .collect();
    OperationResult::ok(json!({ "data": data, "links": { "prev": previous, "next": next } }))
}

/// `GET /accounts`.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let reference_id = ctx.query.take_filter("reference-id");
    ctx.query.finish_filters()?;
    let accounts = &ctx.tx.accounts;
    let page = match &reference_id {
        Some(id) => request.paginate(accounts, accounts.in_group(id), |_| true)?,
        None => request.paginate(accounts, accounts.newest_first(), |_| true)?,
    };
    Ok(list_result(ctx, &page))
}

/// `POST /accounts/search`.
fn search(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let page = search_query::search(ctx, |state| &state.accounts)?;
    Ok(list_result(ctx, &page))
}

/// `POST /accounts`.
fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    let mut attributes = data.object("attributes")?;
    let update = read_attributes(&mut attributes)?;
    let mut meta = body.object("meta")?;
    let upsert_by = meta.nullable_string("upsert-by")?;
    for part in [attributes, data, meta, body] {
        ctx.finish(part)?;
    }
    if let Some(key) = upsert_by
        && let Some(id) = find_to_update(ctx, &key, &update)?
    {
        let account = ctx.tx.update_account(&id, update, ctx.now)?;
        return Ok(OperationResult::ok(document(ctx, &account, &includes)));
    }
    let account = ctx.tx.create_account(update, ctx.now)?;
    Ok(OperationResult::created(document(ctx, &account, &includes)))
}

/// The account that has the value which the request gives for this attribute or field.
fn find_to_update(
    ctx: &OperationContext<'_>,
    key: &str,
    update: &AccountUpdate,
) -> Result<Option<String>, ApiError> {
    let missing = || {
        ApiError::bad_request(format!(
            "meta.upsert_by names {key}, which the request gives no value for"
        ))
    };
    let folded = fold_key(key.strip_prefix("fields.").unwrap_or(key));
    let mut accounts = ctx.tx.accounts.newest_first().map(|(_, account)| account);
    let found = if folded == "referenceid" {
        let given = update.reference_id.as_ref();
        let wanted = given.and_then(Option::as_deref).ok_or_else(missing)?;
        accounts.find(|account| account.reference_id.as_deref() == Some(wanted))
    } else {
        let mut given = update.fields.iter();
        let (_, wanted) = given
            .find(|(key, _)| fold_key(key) == folded)
            .ok_or_else(missing)?;
        accounts.find(|account| {
            let mut values = account.fields.iter().chain(&account.custom_fields);
            values.any(|(key, value)| fold_key(key) == folded && value == wanted)
        })
    };
    Ok(found.map(|account| account.id.clone()))
}

/// The attributes that a request gives, with the values of fields that stand beside `fields`.
fn read_attributes(attributes: &mut Params) -> Result<AccountUpdate, ApiError> {
    let update = AccountUpdate {
        reference_id: if attributes.has("reference-id") {
            Some(attributes.nullable_string("reference-id")?)
        } else {
            None
        },
        type_id: attributes.nullable_id("account-type-id", "acttp")?,
        status: attributes.tag("account-status")?,
        tags: attributes.nullable_tags("tags")?,
        fields: attributes.nullable_map("fields")?.unwrap_or_default(),
    };
    // Accepted without effect: an account of the sandbox has no picture.
    attributes.nullable_map("selfie-photo")?;
    let flat = attributes.take_if(|key| {
        let folded = fold_key(key);
        let mut names = ACCOUNT_FIELDS.iter();
        folded == "countrycode"
            || folded == "socialsecuritynumber"
            || names.any(|name| fold_key(name) == folded)
    });
    let fields: Map<_, _> = flat.into_iter().chain(update.fields).collect();
    Ok(AccountUpdate { fields, ..update })
}

/// `GET /accounts/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let account = ctx.tx.account(ctx.id)?;
    Ok(OperationResult::ok(document(ctx, &account, &includes)))
}

/// `PATCH /accounts/{id}`.
fn update(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    data.value("id");
    let mut attributes = data.object("attributes")?;
    let update = read_attributes(&mut attributes)?;
    for part in [attributes, data, body] {
        ctx.finish(part)?;
    }
    let account = ctx.tx.update_account(ctx.id, update, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &account, &includes)))
}

/// `DELETE /accounts/{id}`.
fn redact(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let account = ctx.tx.redact_account(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &account, &includes)))
}

/// `POST /accounts/{id}/consolidate`. Persona works on it after the response; here it is done.
fn consolidate(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.required_object("meta")?;
    let sources = meta.strings("source-account-ids")?;
    let sources =
        sources.ok_or_else(|| ApiError::bad_request("meta.source_account_ids is missing"))?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let account = ctx.tx.consolidate_accounts(ctx.id, &sources, ctx.now)?;
    Ok(OperationResult {
        status: StatusCode::ACCEPTED,
        ..OperationResult::ok(document(ctx, &account, &includes))
    })
}

/// `POST /accounts/{id}/run-action`. Any action is taken, with any parameters.
fn run_action(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let mut body = ctx.params()?;
    let mut data = body.required_object("data")?;
    let action_id = data.required_string("account-action-id")?;
    if !is_action_id(&action_id) {
        return Err(ApiError::bad_request(
            "data.account_action_id must be accac_ and 24 to 28 letters or digits",
        ));
    }
    // Which ones there are is up to the action.
    data.object("parameters")?;
    for part in [data, body] {
        ctx.finish(part)?;
    }
    let (account, run_id) = ctx.tx.run_account_action(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(json!({
        "data": wire::account(&account, ctx.version),
        "meta": { "workflow-run-id": run_id },
    })))
}

/// The form that the API specification gives (`POST /accounts/{account-id}/run-action`).
fn is_action_id(id: &str) -> bool {
    id.strip_prefix("accac_").is_some_and(|id| {
        (24..=28).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// `GET /accounts/{id}/relations`.
fn relations(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    includes(ctx)?;
    let key = ctx.query.take_filter("key");
    let key = key.ok_or_else(|| ApiError::bad_request("filter.key is missing"))?;
    let from = ctx.query.take_moment("created-at-start")?;
    let until = ctx.query.take_moment("created-at-end")?;
    ctx.query.finish_filters()?;
    let account = ctx.tx.account(ctx.id)?;
    let relations = account.relations.iter().rev().filter(|relation| {
        relation.key == key
            && from.is_none_or(|from| relation.created_at >= from)
            && until.is_none_or(|until| relation.created_at <= until)
    });
    let targets = relations.filter_map(|relation| ctx.tx.accounts.find(&relation.target_id));
    let data: Vec<_> = targets
        .map(|account| wire::account(account, ctx.version))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": null, "next": null } }),
    ))
}

/// `POST /accounts/{id}/add-relation`.
fn add_relation(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let (key, target) = read_relation(ctx)?;
    let account = ctx
        .tx
        .add_account_relation(ctx.id, &key, &target, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &account, &includes)))
}

/// `POST /accounts/{id}/remove-relation`.
fn remove_relation(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let (key, target) = read_relation(ctx)?;
    let account = ctx
        .tx
        .remove_account_relation(ctx.id, &key, &target, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &account, &includes)))
}

fn read_relation(ctx: &mut OperationContext<'_>) -> Result<(String, String), ApiError> {
    let mut body = ctx.params()?;
    let mut meta = body.required_object("meta")?;
    let key = meta.required_string("relation-schema-key")?;
    let target = meta.required_string("target-object-id")?;
    if key.trim().is_empty() {
        return Err(ApiError::bad_request(
            "meta.relation_schema_key must not be blank",
        ));
    }
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    Ok((key, target))
}

/// `GET /account-types/{id}`. The type of the sandbox exists, and every type that an account names.
fn retrieve_type(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let mut accounts = ctx.tx.accounts.oldest_first();
    let first = accounts.find(|account| account.type_id == ctx.id);
    let first_use = first.map(|account| account.created_at);
    let created_at = ctx.implied_since(first_use, ACCOUNT_TYPE_ID)?;
    let document = ctx.document_without_includes(&wire::account_type(ctx.id, created_at));
    Ok(OperationResult::ok(document))
}

impl Searchable for Account {
    fn has_attribute(name: &str) -> bool {
        matches!(name, "type" | "status" | "created-at" | "updated-at")
            || name == "identifiers.reference_id"
            || name
                .strip_prefix("fields.")
                .is_some_and(|key| !key.is_empty())
    }

    const SORTED_BY: &'static [&'static str] = &[];

    fn attribute(&self, name: &str) -> Option<Searched> {
        match name {
            "type" => Some(Searched::text(self.type_id.as_str())),
            "status" => Some(Searched::text(self.status.as_str())),
            "identifiers.reference_id" => self.reference_id.clone().map(Searched::Text),
            name => {
                let folded = fold_key(name.strip_prefix("fields.")?);
                let mut values = self.fields.iter().chain(&self.custom_fields);
                let (_, value) = values.find(|(key, _)| fold_key(key) == folded)?;
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
            Subject::Account(account) => Some(account),
            _ => None,
        }
    }
}

impl Tagged for Account {
    fn load(tx: &Tx, id: &str) -> Result<Arc<Self>, DomainError> {
        tx.account(id)
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
        tx.set_account_tags(id, tags, now)
    }

    fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
        includes(ctx)
    }

    fn document(&self, ctx: &OperationContext<'_>, includes: &Includes) -> Value {
        document(ctx, self, includes)
    }
}
