//! The operations on reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::params::Params;
use super::print::sheet;
use super::response::OperationResult;
use super::tags::{Tagged, add_tag, remove_tag, set_tags};
use crate::core::clock::Moment;
use crate::core::model::{Report, ReportAction, ReportKind};
use crate::domain::{DomainError, NewReport, ReportSubject};
use crate::store::Tx;
use crate::wire::{self, Includes};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/reports", list)
        .named("reports.list", "Lists reports, newest first.")
        .paged(&["reference-id", "account-id"]),
    Operation::post("/reports", create)
        .named("reports.create", "Runs a report.")
        .with_include(),
    Operation::get("/reports/{report-id}", retrieve)
        .named("reports.retrieve", "Retrieves a report.")
        .with_include(),
    Operation::delete("/reports/{report-id}", redact)
        .named("reports.redact", "Deletes the personal data of a report.")
        .with_include(),
    Operation::get("/reports/{report-id}/history", history)
        .named(
            "reports.history",
            "Lists the runs of a report and what was done with it, newest first.",
        )
        .paged(&[]),
    Operation::get("/reports/{report-id}/print", print)
        .named("reports.print", "Prints a report as a PDF."),
    Operation::post("/reports/{report-id}/run", run)
        .named("reports.run", "Runs a monitored report again.")
        .with_include(),
    Operation::post("/reports/{report-id}/pause", |ctx| pause(ctx, true))
        .named("reports.pause", "Pauses the monitoring of a report.")
        .with_include(),
    Operation::post("/reports/{report-id}/resume", |ctx| pause(ctx, false))
        .named("reports.resume", "Resumes the monitoring of a report.")
        .with_include(),
    Operation::post("/reports/{report-id}/dismiss", dismiss)
        .named("reports.dismiss", "Dismisses the match of a report.")
        .with_include(),
    Operation::post("/reports/{report-id}/add-tag", add_tag::<Report>)
        .named("reports.add-tag", "Adds a tag to a report.")
        .with_include(),
    Operation::post("/reports/{report-id}/remove-tag", remove_tag::<Report>)
        .named("reports.remove-tag", "Removes a tag from a report.")
        .with_include(),
    Operation::post("/reports/{report-id}/set-tags", set_tags::<Report>)
        .named("reports.set-tags", "Replaces the tags of a report.")
        .with_include(),
];

fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::for_report(ctx.query.include.as_deref())?)
}

fn document(ctx: &OperationContext<'_>, report: &Report, includes: &Includes) -> Value {
    let mut document = json!({ "data": wire::report(report, ctx.version) });
    if ctx.query.include.is_some() {
        document["included"] = includes.report_objects(ctx.tx, report, ctx.version).into();
    }
    document
}

/// `GET /reports`.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let account_id = ctx.query.take_filter("account-id");
    let reference_id = ctx.query.take_filter("reference-id");
    ctx.query.finish_filters()?;
    let state = &*ctx.tx;
    let has_reference = |report: &Report, wanted: &str| {
        let account = report.account_id.as_ref();
        let account = account.and_then(|id| state.accounts.find(id));
        account.is_some_and(|account| account.reference_id.as_deref() == Some(wanted))
    };
    let keep = |report: &Report| {
        account_id
            .as_ref()
            .is_none_or(|id| report.account_id.as_ref() == Some(id))
            && reference_id
                .as_ref()
                .is_none_or(|id| has_reference(report, id))
    };
    let page = request.paginate(&state.reports, state.reports.newest_first(), keep)?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|it| wire::report(it, ctx.version))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `POST /reports`.
fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.required_object("data")?;
    let resource_type = data.required_string("type")?;
    let kind = ReportKind::from_resource_type(&resource_type).ok_or_else(|| {
        let known = ReportKind::ALL.iter().map(|kind| kind.resource_type());
        let known: Vec<_> = known.collect();
        ApiError::bad_request(format!("data.type must be one of {}", known.join(", ")))
    })?;
    let mut attributes = data.object("attributes")?;
    let template_id = attributes.nullable_id("report-template-id", "rptp")?;
    let account_id = attributes.nullable_id("account-id", "act")?;
    let reference_id = attributes.nullable_string("reference-id")?;
    let query = read_query(&mut attributes, kind)?;
    for part in [attributes, data, body] {
        ctx.finish(part)?;
    }
    let subject = match (account_id, reference_id) {
        (Some(id), _) => ReportSubject::Account(id),
        (None, Some(id)) => ReportSubject::Reference(id),
        (None, None) => ReportSubject::Nobody,
    };
    let new = NewReport {
        kind,
        template_id,
        subject,
        query,
    };
    let report = ctx.tx.create_report(new, ctx.now)?;
    Ok(OperationResult::created(document(ctx, &report, &includes)))
}

/// What is asked: the keys of the kind, and those that it cannot do without.
fn read_query(
    attributes: &mut Params,
    kind: ReportKind,
) -> Result<BTreeMap<String, Value>, ApiError> {
    let (keys, required) = kind.query_keys();
    // A profile can be asked for by its account alone.
    let mut asked = if kind == ReportKind::Profile {
        attributes.object("query")?
    } else {
        attributes.required_object("query")?
    };
    let mut query = BTreeMap::new();
    for (place, &key) in keys.iter().enumerate() {
        let value = if place < required {
            Some(asked.required_string(key)?)
        } else {
            asked.nullable_string(key)?
        };
        let Some(value) = value else { continue };
        if key == "birthdate" && value.parse::<jiff::civil::Date>().is_err() {
            return Err(ApiError::bad_request(format!(
                "{} must be a date (YYYY-MM-DD)",
                asked.path_to(key)
            )));
        }
        query.insert(key.to_owned(), Value::String(value));
    }
    if kind == ReportKind::BusinessLookup {
        let people = asked.objects("associated-people")?.unwrap_or_default();
        let people = people.into_iter().map(read_associated_person);
        let people: Vec<_> = people.collect::<Result<_, ApiError>>()?;
        query.insert("associated-people".to_owned(), people.into());
    }
    asked.finish()?;
    Ok(query)
}

fn read_associated_person(mut person: Params) -> Result<Value, ApiError> {
    let mut read = json!({});
    for key in ["name-full", "name-first", "name-last"] {
        read[key] = json!(person.nullable_string(key)?);
    }
    let titles = person.nullable_strings("titles")?;
    read["titles"] = json!(titles.unwrap_or_default());
    person.finish()?;
    Ok(read)
}

/// `GET /reports/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let report = ctx.tx.report(ctx.id)?;
    Ok(OperationResult::ok(document(ctx, &report, &includes)))
}

/// `DELETE /reports/{id}`.
fn redact(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let report = ctx.tx.redact_report(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &report, &includes)))
}

/// `GET /reports/{id}/history`.
fn history(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    ctx.query.finish_filters()?;
    let request = ctx.query.page_request()?;
    let report = ctx.tx.report(ctx.id)?;
    let actions = report.history.iter().rev();
    let actions: Vec<_> = actions.map(|action| Arc::new(action.clone())).collect();
    let page = request.paginate_sorted::<ReportAction>(&actions)?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let first = report.history.first();
    let is_first = |action: &ReportAction| first.is_some_and(|first| first.id == action.id);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|action| wire::report_action(action, is_first(action)))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /reports/{id}/print`.
fn print(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let report = ctx.tx.report(ctx.id)?;
    let mut lines = vec![
        "Persona sandbox: report".to_owned(),
        String::new(),
        format!("ID: {}", report.id),
        format!("Kind: {}", report.kind.as_str()),
        format!("Template: {}", report.template_id),
        format!("Completed: {}", report.completed_at),
        format!("Match: {}", if report.has_match { "yes" } else { "no" }),
        String::new(),
    ];
    let query = report.query.iter();
    let texts = query.filter_map(|(key, value)| Some((key, value.as_str()?)));
    lines.extend(texts.map(|(key, value)| format!("{key}: {value}")));
    Ok(OperationResult::pdf(sheet(&lines)))
}

/// `POST /reports/{id}/run`.
fn run(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let report = ctx.tx.rerun_report(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &report, &includes)))
}

/// `POST /reports/{id}/pause` and `POST /reports/{id}/resume`.
fn pause(ctx: &mut OperationContext<'_>, pause: bool) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let report = ctx.tx.pause_report(ctx.id, pause, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &report, &includes)))
}

/// `POST /reports/{id}/dismiss`.
fn dismiss(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.required_object("data")?;
    let mut attributes = data.object("attributes")?;
    // Accepted without effect: a report of the sandbox has one match at most.
    attributes.nullable_string("dismiss-type")?;
    let entity_id = attributes.nullable_string("entity-id")?;
    let reason = attributes.nullable_string("reason")?;
    for part in [attributes, data, body] {
        ctx.finish(part)?;
    }
    let report = ctx
        .tx
        .dismiss_report(ctx.id, entity_id.as_deref(), reason, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &report, &includes)))
}

impl Tagged for Report {
    fn load(tx: &Tx, id: &str) -> Result<Arc<Self>, DomainError> {
        tx.report(id)
    }

    fn tags(&self) -> &[String] {
        &self.tags
    }

    fn set_tags(
        tx: &mut Tx,
        id: &str,
        tags: Vec<String>,
        _now: Moment,
    ) -> Result<Arc<Self>, DomainError> {
        tx.set_report_tags(id, tags)
    }

    fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
        includes(ctx)
    }

    fn document(&self, ctx: &OperationContext<'_>, includes: &Includes) -> Value {
        document(ctx, self, includes)
    }
}
