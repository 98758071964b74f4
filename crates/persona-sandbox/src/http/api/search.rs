//! `POST /inquiries/search`.

use std::sync::Arc;

use super::context::OperationContext;
use super::error::ApiError;
use super::inquiries::list_result;
use super::operation::Operation;
use super::response::OperationResult;
use super::search_query;
use super::search_query::{Searchable, Searched};
use crate::core::clock::Moment;
use crate::core::model::{Inquiry, Subject};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[Operation::post("/inquiries/search", search)
    .named(
        "inquiries.search",
        "Searches inquiries, as they were a minute ago.",
    )
    .alias(&["search"])
    .paged(&[])];

/// Searches.
pub(super) fn search(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let page = search_query::search(ctx, |state| &state.inquiries)?;
    Ok(list_result(ctx, &page))
}

impl Searchable for Inquiry {
    fn has_attribute(name: &str) -> bool {
        matches!(
            name,
            "status" | "created-at" | "updated-at" | "reference-id" | "inquiry-template-id"
        )
    }

    const SORTED_BY: &'static [&'static str] = &["status"];

    fn attribute(&self, name: &str) -> Option<Searched> {
        match name {
            "status" => Some(Searched::text(self.status.as_str())),
            "reference-id" => self.reference_id.clone().map(Searched::Text),
            "inquiry-template-id" => Some(Searched::text(self.template_id.as_str())),
            _ => None,
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
            Subject::Inquiry(inquiry) => Some(inquiry),
            _ => None,
        }
    }
}
