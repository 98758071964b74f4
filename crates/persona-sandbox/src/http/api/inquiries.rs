//! The operations on inquiries that an onboarding needs: list, retrieve, update, resume,
//! one-time link.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::context::OperationContext;
use super::create::{long_link, read_flat_fields, short_link};
use super::error::ApiError;
use super::operation::Operation;
use super::query::{Page, Query, split};
use super::response::OperationResult;
use crate::core::model::{Inquiry, Status};
use crate::domain::InquiryUpdate;
use crate::wire::{self, Includes, InquiryResource};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/inquiries", list)
        .named("inquiries.list", "Lists inquiries, newest first.")
        .alias(&["list"])
        .paged(&[
            "reference-id",
            "status",
            "inquiry-template-id",
            "template-id",
            "account-id",
            "inquiry-id",
            "note",
            "created-at-start",
            "created-at-end",
        ]),
    Operation::get("/inquiries/{inquiry-id}", retrieve)
        .named("inquiries.retrieve", "Retrieves an inquiry.")
        .alias(&["retrieve"])
        .with_include(),
    Operation::patch("/inquiries/{inquiry-id}", update)
        .named(
            "inquiries.update",
            "Changes attributes and fields of an inquiry.",
        )
        .alias(&["update"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/resume", resume)
        .named(
            "inquiries.resume",
            "Gives out a session token; an expired inquiry becomes pending.",
        )
        .alias(&["resume"])
        .with_include(),
    Operation::post(
        "/inquiries/{inquiry-id}/generate-one-time-link",
        one_time_link,
    )
    .named(
        "inquiries.generate-one-time-link",
        "Creates a link that opens an inquiry once.",
    )
    .alias(&["one-time-link"])
    .with_include(),
];

/// The related objects that the request wants.
pub(super) fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::for_inquiry(
        ctx.query.include.as_deref(),
        ctx.version,
    )?)
}

/// The document of one inquiry.
pub(super) fn document(
    ctx: &OperationContext<'_>,
    inquiry: &Inquiry,
    includes: &Includes,
) -> Value {
    let mut document = json!({ "data": wire::inquiry(ctx.tx, inquiry, ctx.version) });
    if !includes.is_empty() || ctx.query.include.is_some() {
        document["included"] =
            Value::Array(includes.objects(ctx.tx, inquiry, ctx.version, ctx.files()));
    }
    document
}

/// `GET /inquiries`.
pub(super) fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let filter = Filter::read(&mut ctx.query)?;
    let inquiries = &ctx.tx.inquiries;
    let keep = |inquiry: &Inquiry| filter.keeps(inquiry);
    let page = match &filter.reference_id {
        Some(reference_id) => {
            request.paginate(inquiries, inquiries.in_group(reference_id), keep)?
        }
        None => request.paginate(inquiries, inquiries.newest_first(), keep)?,
    };
    Ok(list_result(ctx, &page))
}

/// The answer with a page of inquiries.
pub(super) fn list_result(ctx: &OperationContext<'_>, page: &Page<Inquiry>) -> OperationResult {
    #[derive(Serialize)]
    struct Links {
        prev: Option<String>,
        next: Option<String>,
    }
    #[derive(Serialize)]
    struct List<'a> {
        data: Vec<InquiryResource<'a>>,
        links: Links,
    }
    let (prev, next) = page.links(ctx.path, ctx.raw_query);
    let inquiries = page.rows.iter();
    ctx.answer(&List {
        data: inquiries
            .map(|inquiry| wire::inquiry(ctx.tx, inquiry, ctx.version))
            .collect(),
        links: Links { prev, next },
    })
}

/// Which inquiries a list has.
#[derive(Default)]
struct Filter {
    reference_id: Option<String>,
    statuses: Option<Vec<Status>>,
    template_ids: Option<Vec<String>>,
    account_ids: Option<Vec<String>>,
    inquiry_ids: Option<HashSet<String>>,
    note: Option<String>,
    created_from: Option<crate::core::clock::Moment>,
    created_until: Option<crate::core::clock::Moment>,
    nothing: bool,
}

impl Filter {
    fn read(query: &mut Query) -> Result<Self, ApiError> {
        let note = query.take_filter("note");
        if note.is_some() && query.filters_left() > 0 {
            return Err(ApiError::bad_request("filter.note must be the only filter"));
        }
        let filter = Self {
            reference_id: query.take_filter("reference-id"),
            statuses: query
                .take_filter("status")
                .map(|list| statuses(&list))
                .transpose()?,
            template_ids: query.take_ids("inquiry-template-id", "itmpl")?,
            // There are no legacy templates, so no inquiry has one.
            nothing: query.take_ids("template-id", "tmpl")?.is_some(),
            account_ids: query.take_ids("account-id", "act")?,
            inquiry_ids: query
                .take_ids("inquiry-id", "inq")?
                .map(|ids| ids.into_iter().collect()),
            note,
            created_from: query.take_moment("created-at-start")?,
            created_until: query.take_moment("created-at-end")?,
        };
        query.finish_filters()?;
        Ok(filter)
    }

    fn keeps(&self, inquiry: &Inquiry) -> bool {
        !self.nothing
            && self
                .statuses
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&inquiry.status))
            && self
                .template_ids
                .as_ref()
                .is_none_or(|ids| ids.contains(&inquiry.template_id))
            && self
                .inquiry_ids
                .as_ref()
                .is_none_or(|ids| ids.contains(&inquiry.id))
            && self.account_ids.as_ref().is_none_or(|ids| {
                inquiry
                    .account_id
                    .as_ref()
                    .is_some_and(|account| ids.contains(account))
            })
            && self
                .note
                .as_ref()
                .is_none_or(|note| inquiry.note.as_ref() == Some(note))
            && self
                .created_from
                .is_none_or(|from| inquiry.created_at >= from)
            && self
                .created_until
                .is_none_or(|until| inquiry.created_at <= until)
    }
}

fn statuses(list: &str) -> Result<Vec<Status>, ApiError> {
    split(list)
        .map(|text| {
            Status::parse(text)
                .ok_or_else(|| ApiError::bad_request("filter.status has an unknown status"))
        })
        .collect()
}

/// `GET /inquiries/{id}`.
pub(super) fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let inquiry = ctx.tx.inquiry(ctx.id)?;
    Ok(OperationResult::ok(document(ctx, &inquiry, &includes)))
}

/// `PATCH /inquiries/{id}`.
pub(super) fn update(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    data.value("id");
    let mut attributes = data.object("attributes")?;
    let mut update = InquiryUpdate {
        note: if attributes.has("note") {
            Some(attributes.nullable_string("note")?)
        } else {
            None
        },
        redirect_uri: if attributes.has("redirect-uri") {
            Some(attributes.nullable_string("redirect-uri")?)
        } else {
            None
        },
        tags: attributes.tags("tags")?,
        fields: attributes.nullable_map("fields")?.unwrap_or_default(),
    };
    read_flat_fields(ctx, &mut attributes, &mut update.fields);
    for part in [attributes, data, body] {
        ctx.finish(part)?;
    }
    let inquiry = ctx.tx.update_inquiry(ctx.id, update, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &inquiry, &includes)))
}

/// `POST /inquiries/{id}/resume`.
pub(super) fn resume(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    // The specification has no body; the tutorial sends an empty `meta`.
    let mut body = ctx.params()?;
    let meta = body.object("meta")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let (inquiry, token) = ctx.tx.resume_inquiry(ctx.id, ctx.now)?;
    let mut document = document(ctx, &inquiry, &includes);
    document["meta"] = json!({ "session-token": token });
    Ok(OperationResult::ok(document))
}

/// `POST /inquiries/{id}/generate-one-time-link`.
pub(super) fn one_time_link(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.object("meta")?;
    let valid_seconds = meta.positive_integer("expires-in-seconds")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let (inquiry, link) = ctx
        .tx
        .create_one_time_link(ctx.id, valid_seconds, ctx.now)?;
    let mut document = document(ctx, &inquiry, &includes);
    document["meta"] = json!({
        "one-time-link": long_link(ctx, &link),
        "one-time-link-short": short_link(ctx, &link),
    });
    Ok(OperationResult::ok(document))
}
