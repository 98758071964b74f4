//! The registry of operations.
//!
//! An operation is one entry of the `OPERATIONS` of its file: route, handler and documentation in
//! one place. The module `api` lists the files. The router, the counts, the names that faults take, `GET /_sandbox/operations` and
//! the dashboard's list all come from these entries.

use axum::http::Method;
use axum::routing::MethodFilter;

use super::context::OperationContext;
use super::error::ApiError;
use super::response::OperationResult;
use crate::runtime::{OperationInfo, Operations};

/// What runs an operation.
pub(super) type Handler = fn(&mut OperationContext<'_>) -> Result<OperationResult, ApiError>;

/// One operation of the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) info: OperationInfo,
    pub(super) handler: Handler,
    /// Whether a call counts against the quota of created inquiries.
    pub(super) creates_inquiry: bool,
    /// Whether any key may call it.
    pub(super) needs_no_permission: bool,
}

/// Every operation.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    super::FILES.iter().copied().flatten()
}

/// What the rest of the sandbox knows of every operation.
pub(crate) fn operations() -> Operations {
    all().map(|operation| operation.info).collect()
}

impl Operation {
    const fn new(method: &'static str, path: &'static str, handler: Handler) -> Self {
        Self {
            info: OperationInfo {
                name: "",
                aliases: &[],
                method,
                path,
                summary: "",
                filters: &[],
                is_paged: false,
                takes_include: false,
            },
            handler,
            creates_inquiry: false,
            needs_no_permission: false,
        }
    }

    /// An operation at `path` below `/api/v1`.
    pub(super) const fn get(path: &'static str, handler: Handler) -> Self {
        Self::new("GET", path, handler)
    }

    /// An operation at `path` below `/api/v1`.
    pub(super) const fn post(path: &'static str, handler: Handler) -> Self {
        Self::new("POST", path, handler)
    }

    /// An operation at `path` below `/api/v1`.
    pub(super) const fn patch(path: &'static str, handler: Handler) -> Self {
        Self::new("PATCH", path, handler)
    }

    /// An operation at `path` below `/api/v1`.
    pub(super) const fn delete(path: &'static str, handler: Handler) -> Self {
        Self::new("DELETE", path, handler)
    }

    /// Its name, `<resource>.<action>`, and one sentence on what it does.
    pub(super) const fn named(mut self, name: &'static str, summary: &'static str) -> Self {
        self.info.name = name;
        self.info.summary = summary;
        self
    }

    /// Names of earlier versions.
    pub(super) const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.info.aliases = aliases;
        self
    }

    /// Answers a page of a list that takes these filters.
    pub(super) const fn paged(mut self, filters: &'static [&'static str]) -> Self {
        self.info.filters = filters;
        self.info.is_paged = true;
        self
    }

    /// Takes these filters, in a list that is not paged.
    pub(super) const fn filtered(mut self, filters: &'static [&'static str]) -> Self {
        self.info.filters = filters;
        self
    }

    /// Takes `include`.
    pub(super) const fn with_include(mut self) -> Self {
        self.info.takes_include = true;
        self
    }

    /// Any key may call it.
    pub(super) const fn without_permission(mut self) -> Self {
        self.needs_no_permission = true;
        self
    }

    /// The permission that a key needs for it: `<object>.read` or `<object>.write` (docs:
    /// `api-keys`). What each operation needs is not documented; its path and method tell.
    pub(super) fn permission(&self) -> Option<String> {
        if self.needs_no_permission {
            return None;
        }
        let resource = self.info.path.split('/').nth(1).unwrap_or_default();
        let object = match resource {
            // The sessions of an inquiry, and their devices, have no permissions of their own.
            "inquiries" | "inquiry-sessions" | "devices" => "inquiry".to_owned(),
            "inquiry-template-versions" => "inquiry_template".to_owned(),
            "transactions" => "txn".to_owned(),
            other => other.trim_end_matches('s').replace('-', "_"),
        };
        let access = if self.info.method == "GET" {
            "read"
        } else {
            "write"
        };
        Some(format!("{object}.{access}"))
    }

    /// Counts against the quota of created inquiries.
    pub(super) const fn creating_inquiry(mut self) -> Self {
        self.creates_inquiry = true;
        self
    }
}

/// The path of a route in the router's syntax. Parameters lose their names: two operations on one
/// path must be one route, whatever each calls its ID.
pub(super) fn route_path(path: &str) -> String {
    let mut parameters = 0..;
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            format!("{{id{}}}", parameters.next().unwrap_or_default())
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The router's name of a method; none for one that no operation has.
pub(super) fn method_filter(method: &str) -> Option<MethodFilter> {
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    MethodFilter::try_from(method).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::core::api_key::check_permission;

    #[test]
    fn every_operation_is_documented_under_a_name_of_its_own() {
        let mut names = HashSet::new();
        for Operation { info, .. } in all() {
            let (resource, action) = info.name.split_once('.').unwrap();
            assert!(
                info.path[1..].split('/').next() == Some(resource),
                "{}",
                info.name
            );
            assert!(!action.is_empty());
            assert!(info.summary.ends_with('.'), "{} has no summary", info.name);
            assert!(method_filter(info.method).is_some(), "{}", info.method);
            for name in std::iter::once(&info.name).chain(info.aliases) {
                assert!(names.insert(*name), "{name} is taken");
            }
        }
        assert!(!names.contains("webhook") && !names.contains("*"));
    }

    #[test]
    fn every_operation_needs_a_permission_that_there_is() {
        for operation in all() {
            if let Some(permission) = operation.permission() {
                check_permission(&permission).unwrap();
            }
        }
        let mut all = all();
        let create = all.find(|it| it.info.name == "inquiries.create").unwrap();
        assert_eq!(create.permission().as_deref(), Some("inquiry.write"));
    }

    #[test]
    fn parameters_of_a_path_lose_their_names() {
        assert_eq!(
            route_path("/accounts/{account-id}/relations/{relation-id}"),
            "/accounts/{id0}/relations/{id1}"
        );
    }
}
