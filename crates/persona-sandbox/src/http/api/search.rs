//! `POST /inquiries/search`.
//!
//! Persona's search lags: it finds created and changed inquiries after about a minute. The sandbox does
//! the same; a client that needs the newest state lists inquiries instead.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::context::OperationContext;
use super::error::ApiError;
use super::inquiries::list_result;
use super::operation::Operation;
use super::params::Params;
use super::query::PageRequest;
use super::response::OperationResult;
use crate::core::clock::Moment;
use crate::core::inflection::to_kebab;
use crate::core::model::{Inquiry, Subject};
use crate::store::State;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[Operation::post("/inquiries/search", search)
    .named(
        "inquiries.search",
        "Searches inquiries, as they were a minute ago.",
    )
    .alias(&["search"])
    .paged(&[])];

/// How far search lags behind.
const LAG_SECONDS: i64 = 60;

/// The limits of a query, as its documentation states them.
const MAX_QUERY_DEPTH: usize = 2;
const MAX_CLAUSES: usize = 20;

/// Searches.
pub(super) fn search(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let mut body = ctx.params()?;
    let predicate = match body.value("query") {
        None => Predicate::Everything,
        Some(query) => Predicate::read(query, &mut 0, 0)?,
    };
    let sort = if body.has("sort") {
        Sort::read(body.object("sort")?)?
    } else {
        Sort::default()
    };
    let page = read_page(ctx, &mut body)?;
    ctx.finish(body)?;
    let indexed_until = ctx.now.plus_seconds(-LAG_SECONDS);
    let mut found: Vec<Arc<Inquiry>> = ctx
        .tx
        .inquiries
        .newest_first()
        .filter_map(|(_, inquiry)| as_indexed(ctx.tx, inquiry, indexed_until))
        .filter(|inquiry| predicate.holds(inquiry))
        .collect();
    sort.apply(&mut found);
    let page = page.paginate_sorted(&found)?;
    Ok(list_result(ctx, &page))
}

/// An inquiry as the index knows it: as it was a minute ago.
fn as_indexed(state: &State, inquiry: &Arc<Inquiry>, until: Moment) -> Option<Arc<Inquiry>> {
    if inquiry.updated_at <= until {
        return Some(Arc::clone(inquiry));
    }
    if inquiry.created_at > until {
        return None;
    }
    let events = state.events.in_group(&inquiry.id).map(|(_, event)| event);
    let mut then = events.filter(|event| event.created_at <= until);
    then.find_map(|event| match &event.subject {
        Subject::Inquiry(inquiry) => Some(Arc::clone(inquiry)),
        _ => None,
    })
}

/// The page may be in the body or, as in the links, in the query.
fn read_page(ctx: &OperationContext<'_>, body: &mut Params) -> Result<PageRequest, ApiError> {
    let mut request = ctx.query.page_request()?;
    let mut page = body.object("page")?;
    if let Some(size) = page.positive_integer("size")? {
        request.size = PageRequest::check_size(size)?;
    }
    request.after = page.string("after")?.or(request.after);
    request.before = page.string("before")?.or(request.before);
    ctx.finish(page)?;
    request.check()
}

/// What an inquiry must be like.
enum Predicate {
    Everything,
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Clause(Clause),
}

impl Predicate {
    fn read(query: Value, clauses: &mut usize, depth: usize) -> Result<Self, ApiError> {
        let Value::Object(query) = query else {
            return Err(ApiError::bad_request("query must be an object"));
        };
        if query.is_empty() && depth == 0 {
            return Ok(Self::Everything);
        }
        if query.len() > 1 {
            return Clause::read(query, clauses).map(Self::Clause);
        }
        let Some((connective, operand)) = query.into_iter().next() else {
            return Err(ApiError::bad_request("query must not be empty"));
        };
        if depth >= MAX_QUERY_DEPTH {
            return Err(ApiError::bad_request(format!(
                "query must be at most {MAX_QUERY_DEPTH} deep"
            )));
        }
        let mut each = |operands: Value| -> Result<Vec<Self>, ApiError> {
            let Value::Array(operands) = operands else {
                return Err(ApiError::bad_request(
                    "query.and and query.or must be arrays",
                ));
            };
            operands
                .into_iter()
                .map(|one| Self::read(one, clauses, depth + 1))
                .collect()
        };
        match connective.as_str() {
            "and" => each(operand).map(Self::And),
            "or" => each(operand).map(Self::Or),
            "not" => Self::read(operand, clauses, depth + 1).map(|one| Self::Not(Box::new(one))),
            _ => Err(ApiError::bad_request(
                "query must have and, or, not, or attribute, operator and value",
            )),
        }
    }

    fn holds(&self, inquiry: &Inquiry) -> bool {
        match self {
            Self::Everything => true,
            Self::And(all) => all.iter().all(|one| one.holds(inquiry)),
            Self::Or(any) => any.iter().any(|one| one.holds(inquiry)),
            Self::Not(one) => !one.holds(inquiry),
            Self::Clause(clause) => clause.holds(inquiry),
        }
    }
}

/// An attribute that can be searched.
#[derive(Clone, Copy)]
enum Attribute {
    Status,
    CreatedAt,
    UpdatedAt,
    ReferenceId,
    TemplateId,
}

impl Attribute {
    fn read(text: &str) -> Option<Self> {
        Some(match to_kebab(text).as_str() {
            "status" => Self::Status,
            "created-at" => Self::CreatedAt,
            "updated-at" => Self::UpdatedAt,
            "reference-id" => Self::ReferenceId,
            "inquiry-template-id" => Self::TemplateId,
            _ => return None,
        })
    }
}

/// A comparison with a value.
struct Clause {
    attribute: Attribute,
    allowed: &'static [Ordering],
    value: Operand,
}

enum Operand {
    Text(String),
    Moment(Moment),
}

impl Clause {
    fn read(mut clause: Map<String, Value>, clauses: &mut usize) -> Result<Self, ApiError> {
        *clauses += 1;
        if *clauses > MAX_CLAUSES {
            return Err(ApiError::bad_request(format!(
                "query must have at most {MAX_CLAUSES} clauses"
            )));
        }
        let mut text = |key: &str| match clause.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(ApiError::bad_request(format!(
                "query.{key} must be a string"
            ))),
        };
        let attribute = Attribute::read(&text("attribute")?)
            .ok_or_else(|| ApiError::bad_request("query.attribute cannot be searched"))?;
        let allowed: &[Ordering] = match text("operator")?.as_str() {
            "eq" => &[Ordering::Equal],
            "gt" => &[Ordering::Greater],
            "gte" => &[Ordering::Greater, Ordering::Equal],
            "lt" => &[Ordering::Less],
            "lte" => &[Ordering::Less, Ordering::Equal],
            _ => {
                let complaint = "query.operator must be one of eq, gt, gte, lt, lte";
                return Err(ApiError::bad_request(complaint));
            }
        };
        let value = text("value")?;
        if let Some(unknown) = clause.keys().next() {
            return Err(ApiError::bad_request(format!(
                "query.{unknown} is not known"
            )));
        }
        let value = match attribute {
            Attribute::CreatedAt | Attribute::UpdatedAt => {
                Operand::Moment(read_moment(&value).ok_or_else(|| {
                    ApiError::bad_request("query.value must be a date or date time (ISO 8601)")
                })?)
            }
            _ => Operand::Text(value),
        };
        Ok(Self {
            attribute,
            allowed,
            value,
        })
    }

    fn holds(&self, inquiry: &Inquiry) -> bool {
        let ordering = match (&self.value, self.attribute) {
            (Operand::Moment(moment), Attribute::UpdatedAt) => inquiry.updated_at.cmp(moment),
            (Operand::Moment(moment), _) => inquiry.created_at.cmp(moment),
            (Operand::Text(text), attribute) => {
                let value = match attribute {
                    Attribute::Status => Some(inquiry.status.as_str()),
                    Attribute::ReferenceId => inquiry.reference_id.as_deref(),
                    Attribute::TemplateId => Some(inquiry.template_id.as_str()),
                    Attribute::CreatedAt | Attribute::UpdatedAt => None,
                };
                let Some(value) = value else { return false };
                value.cmp(text.as_str())
            }
        };
        self.allowed.contains(&ordering)
    }
}

/// A date time, or the beginning of a day in UTC.
fn read_moment(text: &str) -> Option<Moment> {
    Moment::parse(text).or_else(|| {
        let date = text.parse::<jiff::civil::Date>().ok()?;
        Moment::parse(&format!("{date}T00:00:00Z"))
    })
}

/// The order of the found inquiries.
struct Sort {
    by: Attribute,
    ascending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by: Attribute::CreatedAt,
            ascending: false,
        }
    }
}

impl Sort {
    fn read(mut sort: Params) -> Result<Self, ApiError> {
        let attribute = sort.required_string("attribute")?;
        let direction = sort.required_string("direction")?;
        let by = Attribute::read(&attribute).filter(|by| {
            matches!(
                by,
                Attribute::CreatedAt | Attribute::UpdatedAt | Attribute::Status
            )
        });
        let by = by.ok_or_else(|| {
            ApiError::bad_request("sort.attribute must be one of created_at, updated_at, status")
        })?;
        let ascending = match direction.as_str() {
            "asc" => true,
            "desc" => false,
            _ => {
                return Err(ApiError::bad_request(
                    "sort.direction must be one of asc, desc",
                ));
            }
        };
        sort.finish()?;
        Ok(Self { by, ascending })
    }

    /// The inquiries come newest first, so equal ones stay in that order.
    fn apply(&self, found: &mut [Arc<Inquiry>]) {
        match self.by {
            Attribute::UpdatedAt => found.sort_by_key(|inquiry| Reverse(inquiry.updated_at)),
            Attribute::Status => found.sort_by_key(|inquiry| Reverse(inquiry.status.as_str())),
            _ => {}
        }
        if self.ascending {
            found.reverse();
        }
    }
}
