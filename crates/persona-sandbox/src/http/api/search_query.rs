//! The query language of searches: `POST /inquiries/search` and its like.
//!
//! Persona's searches lag: they find created and changed objects after about a minute. The sandbox
//! does the same; a client that needs the newest state lists objects instead.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::context::OperationContext;
use super::error::ApiError;
use super::params::Params;
use super::query::{Page, PageRequest};
use crate::core::clock::Moment;
use crate::core::inflection::to_kebab;
use crate::core::model::{Entity, Subject};
use crate::store::{State, Table};

/// How far searches lag behind.
const LAG_SECONDS: i64 = 60;

/// The limits of a query, as its documentation states them.
const MAX_QUERY_DEPTH: usize = 2;
const MAX_CLAUSES: usize = 20;

/// A value that a search compares.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Searched {
    Text(String),
    Moment(Moment),
    Number(f64),
    Boolean(bool),
}

impl Searched {
    /// The value of a field, if it can be compared.
    pub(super) fn from_field(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Bool(value) => Some(Self::Boolean(*value)),
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Moment(one), Self::Moment(other)) => Some(one.cmp(other)),
            (Self::Number(one), Self::Number(other)) => one.partial_cmp(other),
            (Self::Boolean(one), Self::Boolean(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}

/// An object that can be searched.
pub(super) trait Searchable: Entity {
    /// Whether an attribute can be searched. Names come in kebab-case, `fields.<key>` with the key
    /// as it was written.
    fn has_attribute(name: &str) -> bool;

    /// The attributes by which results can be sorted, besides the two times.
    const SORTED_BY: &'static [&'static str];

    /// The value of an attribute.
    fn attribute(&self, name: &str) -> Option<Searched>;

    fn created_at(&self) -> Moment;

    fn updated_at(&self) -> Moment;

    /// The object of an event, if it is of this kind.
    fn from_subject(subject: &Subject) -> Option<&Arc<Self>>;
}

/// Searches a table, as the request's body says.
pub(super) fn search<T: Searchable>(
    ctx: &mut OperationContext<'_>,
    table: fn(&State) -> &Table<T>,
) -> Result<Page<T>, ApiError> {
    ctx.query.refuse_include()?;
    let mut body = ctx.params()?;
    let predicate = match body.value("query") {
        None => Predicate::Everything,
        Some(query) => Predicate::read::<T>(query, &mut 0, 0)?,
    };
    let sort = if body.has("sort") {
        Sort::read::<T>(body.object("sort")?)?
    } else {
        Sort::default()
    };
    let page = read_page(ctx, &mut body)?;
    ctx.finish(body)?;
    let indexed_until = ctx.now.plus_seconds(-LAG_SECONDS);
    let mut found: Vec<Arc<T>> = table(ctx.tx)
        .newest_first()
        .filter_map(|(_, row)| as_indexed(ctx.tx, row, indexed_until))
        .filter(|row| predicate.holds(row.as_ref()))
        .collect();
    sort.apply(&mut found);
    page.paginate_sorted(&found)
}

/// An object as the index knows it: as it was a minute ago.
fn as_indexed<T: Searchable>(state: &State, row: &Arc<T>, until: Moment) -> Option<Arc<T>> {
    if row.updated_at() <= until {
        return Some(Arc::clone(row));
    }
    if row.created_at() > until {
        return None;
    }
    let events = state.events.in_group(row.id()).map(|(_, event)| event);
    let mut then = events.filter(|event| event.created_at <= until);
    then.find_map(|event| T::from_subject(&event.subject).cloned())
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

/// What an object must be like.
enum Predicate {
    Everything,
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Clause(Clause),
}

impl Predicate {
    fn read<T: Searchable>(
        query: Value,
        clauses: &mut usize,
        depth: usize,
    ) -> Result<Self, ApiError> {
        let Value::Object(query) = query else {
            return Err(ApiError::bad_request("query must be an object"));
        };
        if query.is_empty() && depth == 0 {
            return Ok(Self::Everything);
        }
        if query.len() > 1 {
            return Clause::read::<T>(query, clauses).map(Self::Clause);
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
                .map(|one| Self::read::<T>(one, clauses, depth + 1))
                .collect()
        };
        match connective.as_str() {
            "and" => each(operand).map(Self::And),
            "or" => each(operand).map(Self::Or),
            "not" => {
                Self::read::<T>(operand, clauses, depth + 1).map(|one| Self::Not(Box::new(one)))
            }
            _ => Err(ApiError::bad_request(
                "query must have and, or, not, or attribute, operator and value",
            )),
        }
    }

    fn holds<T: Searchable>(&self, row: &T) -> bool {
        match self {
            Self::Everything => true,
            Self::And(all) => all.iter().all(|one| one.holds(row)),
            Self::Or(any) => any.iter().any(|one| one.holds(row)),
            Self::Not(one) => !one.holds(row),
            Self::Clause(clause) => clause.holds(row),
        }
    }
}

/// The name of an attribute in kebab-case, with the keys of fields as they are.
fn attribute_name(text: &str) -> String {
    match text.split_once('.') {
        Some((first, rest)) => format!("{}.{rest}", to_kebab(first)),
        None => to_kebab(text),
    }
}

/// Whether an attribute is a time.
fn is_time(name: &str) -> bool {
    name.ends_with("-at")
}

/// A comparison with a value.
struct Clause {
    attribute: String,
    allowed: &'static [Ordering],
    value: Searched,
}

impl Clause {
    fn read<T: Searchable>(
        mut clause: Map<String, Value>,
        clauses: &mut usize,
    ) -> Result<Self, ApiError> {
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
        let attribute = attribute_name(&text("attribute")?);
        if !T::has_attribute(&attribute) {
            return Err(ApiError::bad_request("query.attribute cannot be searched"));
        }
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
        let value = clause
            .remove("value")
            .and_then(|value| Searched::from_field(&value))
            .ok_or_else(|| {
                ApiError::bad_request("query.value must be a string, a number or a boolean")
            })?;
        if let Some(unknown) = clause.keys().next() {
            return Err(ApiError::bad_request(format!(
                "query.{unknown} is not known"
            )));
        }
        let value = match value {
            Searched::Text(text) if is_time(&attribute) => {
                Searched::Moment(read_moment(&text).ok_or_else(|| {
                    ApiError::bad_request("query.value must be a date or date time (ISO 8601)")
                })?)
            }
            _ if is_time(&attribute) => {
                return Err(ApiError::bad_request(
                    "query.value must be a date or date time (ISO 8601)",
                ));
            }
            value => value,
        };
        Ok(Self {
            attribute,
            allowed,
            value,
        })
    }

    fn holds<T: Searchable>(&self, row: &T) -> bool {
        let value = value_of(row, &self.attribute);
        let ordering = value.and_then(|value| value.compare(&self.value));
        ordering.is_some_and(|ordering| self.allowed.contains(&ordering))
    }
}

/// The value of an attribute; every object has the two times.
fn value_of<T: Searchable>(row: &T, name: &str) -> Option<Searched> {
    match name {
        "created-at" => Some(Searched::Moment(row.created_at())),
        "updated-at" => Some(Searched::Moment(row.updated_at())),
        name => row.attribute(name),
    }
}

/// A date time, or the beginning of a day in UTC.
fn read_moment(text: &str) -> Option<Moment> {
    Moment::parse(text).or_else(|| {
        let date = text.parse::<jiff::civil::Date>().ok()?;
        Moment::parse(&format!("{date}T00:00:00Z"))
    })
}

/// The order of the found objects.
struct Sort {
    by: String,
    ascending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by: "created-at".to_owned(),
            ascending: false,
        }
    }
}

impl Sort {
    fn read<T: Searchable>(mut sort: Params) -> Result<Self, ApiError> {
        let by = attribute_name(&sort.required_string("attribute")?);
        let direction = sort.required_string("direction")?;
        let sortable = ["created-at", "updated-at"].iter().chain(T::SORTED_BY);
        if !sortable.clone().any(|name| *name == by) {
            let names: Vec<_> = sortable.map(|name| name.replace('-', "_")).collect();
            return Err(ApiError::bad_request(format!(
                "sort.attribute must be one of {}",
                names.join(", ")
            )));
        }
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

    /// The objects come newest first, so equal ones stay in that order.
    fn apply<T: Searchable>(&self, found: &mut [Arc<T>]) {
        match self.by.as_str() {
            // In order already.
            "created-at" => {}
            "updated-at" => found.sort_by_key(|row| Reverse(row.updated_at())),
            name => found.sort_by(|one, other| {
                let (one, other) = (value_of(one.as_ref(), name), value_of(other.as_ref(), name));
                let ordering = match (one, other) {
                    (Some(one), Some(other)) => one.compare(&other).unwrap_or(Ordering::Equal),
                    (one, other) => one.is_some().cmp(&other.is_some()),
                };
                ordering.reverse()
            }),
        }
        if self.ascending {
            found.reverse();
        }
    }
}
