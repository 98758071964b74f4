//! Which request is which operation.

use axum::http::Method;

use super::not_emulated::{self, NotEmulated};
use crate::runtime::{Operation, TABLE};

/// What a method and a path ask for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// An operation, on the object with this ID if it is about one.
    Operation(Operation, Option<String>),
    /// An operation that Persona has and the sandbox does not.
    NotEmulated(&'static NotEmulated),
    /// The path exists, with these methods only.
    OtherMethod(Vec<&'static Method>),
    /// Nothing is here.
    Unknown,
}

impl Route {
    /// The operation's short name, or Persona's operation ID if it is not emulated.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Operation(operation, _) => operation.name(),
            Self::NotEmulated(operation) => operation.name,
            Self::OtherMethod(_) | Self::Unknown => "",
        }
    }
}

/// What `method` on `path` (below `/api/v1`) asks for.
pub(super) fn route(method: &Method, path: &str) -> Route {
    let mut methods = Vec::new();
    let mut is_literal = false;
    let path = path.trim_matches('/');
    // Literal paths stand before those with an ID, so `inquiries/search` is no inquiry.
    for (operation, _, known_method, pattern) in &TABLE {
        let Some(id) = matches(pattern, path) else {
            continue;
        };
        if id.is_some() && is_literal {
            break;
        }
        is_literal |= id.is_none();
        if known_method == method {
            return Route::Operation(*operation, id.map(str::to_owned));
        }
        methods.push(known_method);
    }
    for operation in not_emulated::at_path(path) {
        if operation.method == *method {
            return Route::NotEmulated(operation);
        }
        if !methods.contains(&&operation.method) {
            methods.push(&operation.method);
        }
    }
    if methods.is_empty() {
        Route::Unknown
    } else {
        Route::OtherMethod(methods)
    }
}

fn matches<'a>(pattern: &[&str], path: &'a str) -> Option<Option<&'a str>> {
    let mut id = None;
    let mut segments = path.split('/');
    for expected in pattern {
        let segment = segments.next()?;
        match *expected {
            "*" if segment.is_empty() => return None,
            "*" => id = Some(segment),
            literal if literal == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_find_their_operation() {
        let route = |method, path| super::route(&method, path);
        assert_eq!(
            route(Method::GET, "/inquiries"),
            Route::Operation(Operation::List, None)
        );
        assert_eq!(
            route(Method::POST, "/inquiries/inq_1/resume"),
            Route::Operation(Operation::Resume, Some("inq_1".to_owned()))
        );
        assert_eq!(
            route(Method::POST, "/inquiries/search"),
            Route::Operation(Operation::Search, None)
        );
        assert_eq!(
            route(Method::PUT, "/inquiries/inq_1"),
            Route::OtherMethod(vec![&Method::GET, &Method::PATCH, &Method::DELETE])
        );
        assert!(
            matches!(route(Method::GET, "/cases/"), Route::NotEmulated(found) if found.name == "list-all-cases")
        );
        assert_eq!(
            route(Method::PUT, "/cases"),
            Route::OtherMethod(vec![&Method::GET, &Method::POST])
        );
        assert_eq!(route(Method::GET, "/kennels"), Route::Unknown);
        assert_eq!(
            route(Method::GET, "/inquiries/inq_1/resume/x"),
            Route::Unknown
        );
    }
}
