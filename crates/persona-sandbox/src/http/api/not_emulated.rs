//! The operations that Persona has and this sandbox does not.
//!
//! They are answered with 501 and their name: a 404 would look like missing data. The list holds
//! the method, path and operation ID of each one in the API specification.

use std::sync::LazyLock;

use axum::http::Method;

/// One operation a line: method, path below the API's base, operation ID.
const LIST: &str = include_str!("not_emulated.txt");

static ALL: LazyLock<Vec<NotEmulated>> =
    LazyLock::new(|| LIST.lines().filter_map(NotEmulated::parse).collect());

/// An operation of Persona's that is not emulated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotEmulated {
    pub(super) method: Method,
    /// With parameters in braces.
    pub(super) path: &'static str,
    /// The operation ID in the API specification.
    pub(super) name: &'static str,
}

impl NotEmulated {
    fn parse(line: &'static str) -> Option<Self> {
        let mut words = line.split(' ');
        Some(Self {
            method: Method::from_bytes(words.next()?.as_bytes()).ok()?,
            path: words.next()?,
            name: words.next()?,
        })
    }

    /// How many segments of the path are fixed, if `path` (without a slash at either end) has the
    /// same shape.
    fn fixed_segments(&self, path: &str) -> Option<usize> {
        let mut given = path.split('/');
        let mut fixed = 0;
        for expected in self.path[1..].split('/') {
            let segment = given.next()?;
            if expected.starts_with('{') {
                if segment.is_empty() {
                    return None;
                }
            } else if expected == segment {
                fixed += 1;
            } else {
                return None;
            }
        }
        given.next().is_none().then_some(fixed)
    }
}

/// The operations at `path`, the most literal match first: `cases/search` is no case.
pub(super) fn at_path(path: &str) -> Vec<&'static NotEmulated> {
    let mut found: Vec<_> = ALL
        .iter()
        .filter_map(|operation| Some((operation.fixed_segments(path)?, operation)))
        .collect();
    found.sort_by_key(|(fixed, _)| std::cmp::Reverse(*fixed));
    found.into_iter().map(|(_, operation)| operation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_finds_itself() {
        assert_eq!(ALL.len(), LIST.lines().count());
        for operation in ALL.iter() {
            assert!(operation.path.starts_with('/'), "{}", operation.path);
            let path = operation.path[1..].replace(['{', '}'], "");
            let found = at_path(&path);
            let first = found.iter().find(|found| found.method == operation.method);
            assert_eq!(first, Some(&operation), "{}", operation.path);
        }
    }

    #[test]
    fn a_literal_path_comes_before_one_with_a_parameter() {
        let names: Vec<_> = at_path("accounts/search")
            .iter()
            .map(|found| found.name)
            .collect();
        assert_eq!(names[0], "search-accounts");
        assert!(names.contains(&"retrieve-an-account"));
        assert!(at_path("accounts//relations").is_empty());
        assert!(at_path("account").is_empty());
    }
}
