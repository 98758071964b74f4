//! Reading a request's query: filters, pages, sparse fields, includes.

use std::sync::Arc;

use url::form_urlencoded;

use super::error::ApiError;
use crate::core::clock::Moment;
use crate::core::inflection::to_kebab;
use crate::core::model::Entity;
use crate::store::Table;

/// The largest page (docs: `pagination`).
const MAX_PAGE_SIZE: usize = 100;
const DEFAULT_PAGE_SIZE: usize = 10;

/// A query, taken apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    filters: Vec<(String, String)>,
    page: Vec<(String, String)>,
    /// Which attributes to answer, by resource type.
    pub(super) sparse: Vec<(String, Vec<String>)>,
    /// Which related objects to add, if the request says.
    pub(super) include: Option<Vec<String>>,
}

impl Query {
    /// Takes a query apart. Parameters that Persona does not know are ignored. One without a value
    /// counts as absent, as clients that send every parameter expect; but an empty `include` asks
    /// for nothing (docs: `response-body`).
    pub(super) fn parse(query: &str) -> Result<Self, ApiError> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            if value.is_empty() && name != "include" {
                continue;
            }
            if let Some(key) = inner(&name, "filter") {
                set(&mut parsed.filters, to_kebab(key), value);
            } else if let Some(key) = inner(&name, "page") {
                set(&mut parsed.page, to_kebab(key), value);
            } else if let Some(key) = inner(&name, "fields") {
                if key.contains(['[', ']']) {
                    return Err(ApiError::bad_request("fields must name resource types"));
                }
                let wanted = split(&value).map(to_kebab_path).collect();
                parsed.sparse.push((to_kebab(key), wanted));
            } else if name == "include" {
                parsed.include = Some(split(&value).map(to_kebab_path).collect());
            }
        }
        Ok(parsed)
    }

    /// One filter's value; each may be read once.
    pub(super) fn take_filter(&mut self, key: &str) -> Option<String> {
        let position = self.filters.iter().position(|(name, _)| name == key)?;
        Some(self.filters.remove(position).1)
    }

    /// A filter that holds a list of IDs with this prefix.
    pub(super) fn take_ids(
        &mut self,
        key: &str,
        prefix: &str,
    ) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.take_filter(key) else {
            return Ok(None);
        };
        let ids: Vec<String> = split(&value).map(str::to_owned).collect();
        let path = key.replace('-', "_");
        if ids.iter().any(|id| !id.starts_with(&format!("{prefix}_"))) {
            return Err(ApiError::bad_request(format!(
                "filter.{path} must start with {prefix}"
            )));
        }
        // Docs: `changelog` of 2025-06-09.
        if ids.len() > MAX_PAGE_SIZE {
            let complaint = format!("filter.{path} must have at most {MAX_PAGE_SIZE} IDs");
            return Err(ApiError::bad_request(complaint));
        }
        Ok(Some(ids))
    }

    /// A filter that holds a date and time.
    pub(super) fn take_moment(&mut self, key: &str) -> Result<Option<Moment>, ApiError> {
        let Some(value) = self.take_filter(key) else {
            return Ok(None);
        };
        let path = key.replace('-', "_");
        let moment = Moment::parse(&value).ok_or_else(|| {
            ApiError::bad_request(format!("filter.{path} must be a date time (ISO 8601)"))
        })?;
        Ok(Some(moment))
    }

    /// How many filters are left.
    pub(super) fn filters_left(&self) -> usize {
        self.filters.len()
    }

    /// Complains about a filter that nobody read.
    pub(super) fn finish_filters(&self) -> Result<(), ApiError> {
        match self.filters.first() {
            None => Ok(()),
            Some((unknown, _)) => {
                let path = unknown.replace('-', "_");
                Err(ApiError::bad_request(format!(
                    "filter.{path} is not a known filter"
                )))
            }
        }
    }

    /// Complains if related objects are asked for, as lists do not have them.
    pub(super) fn refuse_include(&self) -> Result<(), ApiError> {
        match &self.include {
            Some(include) if !include.is_empty() => Err(ApiError::bad_request(
                "include is not allowed on this endpoint",
            )),
            _ => Ok(()),
        }
    }

    /// The page that is asked for.
    pub(super) fn page_request(&self) -> Result<PageRequest, ApiError> {
        let mut page = PageRequest {
            size: DEFAULT_PAGE_SIZE,
            after: None,
            before: None,
        };
        for (key, value) in &self.page {
            match key.as_str() {
                "size" => page.size = parse_size(value)?,
                "after" => page.after = Some(value.clone()),
                "before" => page.before = Some(value.clone()),
                _ => {
                    let path = key.replace('-', "_");
                    return Err(ApiError::bad_request(format!("page.{path} is not known")));
                }
            }
        }
        page.check()
    }
}

impl PageRequest {
    /// A page size given as a number.
    pub(super) fn check_size(size: i64) -> Result<usize, ApiError> {
        parse_size(&size.to_string())
    }
}

fn parse_size(value: &str) -> Result<usize, ApiError> {
    let size = value
        .parse::<usize>()
        .ok()
        .filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
    size.ok_or_else(|| {
        ApiError::bad_request(format!(
            "page.size must be an integer from 1 to {MAX_PAGE_SIZE}"
        ))
    })
}

fn inner<'a>(name: &'a str, outer: &str) -> Option<&'a str> {
    name.strip_prefix(outer)?
        .strip_prefix('[')?
        .strip_suffix(']')
}

fn set(list: &mut Vec<(String, String)>, key: String, value: String) {
    list.retain(|(known, _)| *known != key);
    list.push((key, value));
}

/// The parts of a comma separated list.
pub(super) fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// `fields.name_first` keeps its second part: that is a key of the template.
fn to_kebab_path(path: &str) -> String {
    match path.split_once('.') {
        Some((first, rest)) => format!("{}.{rest}", to_kebab(first)),
        None => to_kebab(path),
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageRequest {
    pub(super) size: usize,
    /// The ID after which the page begins.
    pub(super) after: Option<String>,
    /// The ID before which the page ends.
    pub(super) before: Option<String>,
}

/// A part of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) rows: Vec<Arc<T>>,
    has_newer: bool,
    has_older: bool,
}

impl PageRequest {
    /// Complains if both ends are given.
    pub(super) fn check(self) -> Result<Self, ApiError> {
        if self.after.is_some() && self.before.is_some() {
            return Err(ApiError::bad_request(
                "page.after and page.before exclude each other",
            ));
        }
        Ok(self)
    }

    /// The wanted part of rows that are in their final order.
    pub(super) fn paginate_sorted<T: Entity>(&self, rows: &[Arc<T>]) -> Result<Page<T>, ApiError> {
        let position = |id: &String, path: &str| {
            let found = rows.iter().position(|row| row.id() == id);
            found.ok_or_else(|| ApiError::bad_request(format!("{path} is not found")))
        };
        let (begin, end) = match (&self.after, &self.before) {
            (Some(after), _) => {
                let begin = position(after, "page.after")? + 1;
                (begin, rows.len().min(begin + self.size))
            }
            (None, Some(before)) => {
                let end = position(before, "page.before")?;
                (end.saturating_sub(self.size), end)
            }
            (None, None) => (0, rows.len().min(self.size)),
        };
        Ok(Page {
            has_newer: begin > 0,
            has_older: end < rows.len(),
            rows: rows[begin..end].to_vec(),
        })
    }

    /// The wanted part of `rows` (newest first), of those that `keep` keeps.
    pub(super) fn paginate<'a, T: Entity + 'a>(
        &self,
        table: &Table<T>,
        rows: impl DoubleEndedIterator<Item = (u64, &'a Arc<T>)>,
        mut keep: impl FnMut(&T) -> bool,
    ) -> Result<Page<T>, ApiError> {
        let number = |cursor: &Option<String>, path: &str| match cursor {
            None => Ok(None),
            Some(id) => table
                .number(id)
                .map(Some)
                .ok_or_else(|| ApiError::bad_request(format!("{path} is not found"))),
        };
        let after = number(&self.after, "page.after")?;
        let before = number(&self.before, "page.before")?;
        let mut kept = |row: &&Arc<T>| keep(row);
        if let Some(before) = before {
            let newer = rows.rev().filter(|(n, _)| *n > before).map(|(_, row)| row);
            let mut rows: Vec<_> = newer
                .filter(&mut kept)
                .take(self.size + 1)
                .map(Arc::clone)
                .collect();
            let has_newer = rows.len() > self.size;
            rows.truncate(self.size);
            rows.reverse();
            return Ok(Page {
                rows,
                has_newer,
                has_older: true,
            });
        }
        let older = rows
            .filter(|(n, _)| after.is_none_or(|after| *n < after))
            .map(|(_, row)| row);
        let mut rows: Vec<_> = older
            .filter(&mut kept)
            .take(self.size + 1)
            .map(Arc::clone)
            .collect();
        let has_older = rows.len() > self.size;
        rows.truncate(self.size);
        Ok(Page {
            rows,
            has_newer: after.is_some(),
            has_older,
        })
    }
}

impl<T: Entity> Page<T> {
    /// The relative addresses of the pages around this one: previous, then next.
    pub(super) fn links(&self, path: &str, query: &str) -> (Option<String>, Option<String>) {
        let link = |end: &str, row: Option<&Arc<T>>| {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            for (name, value) in form_urlencoded::parse(query.as_bytes()) {
                if !matches!(&*name, "page[after]" | "page[before]") {
                    pairs.append_pair(&name, &value);
                }
            }
            pairs.append_pair(&format!("page[{end}]"), row?.id());
            Some(format!("{path}?{}", pairs.finish()))
        };
        let previous = if self.has_newer {
            link("before", self.rows.first())
        } else {
            None
        };
        let next = if self.has_older {
            link("after", self.rows.last())
        } else {
            None
        };
        (previous, next)
    }
}
