//! The operations that Persona has and this sandbox does not.
//!
//! They are answered with 501 and their name: a 404 would look like missing data. The list holds
//! the method, path and operation ID of every operation in the API specification; those that the
//! registry has are skipped.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::operation::{self, route_path};

/// One operation a line: method, path below the API's base, operation ID.
const PERSONA_OPERATIONS: &str = include_str!("persona_operations.txt");

static NOT_EMULATED: LazyLock<Vec<NotEmulated>> = LazyLock::new(|| {
    let key = |method: &'static str, path: &str| (method, route_path(path));
    let emulated: HashSet<_> = operation::all()
        .map(|operation| key(operation.info.method, operation.info.path))
        .collect();
    let known = PERSONA_OPERATIONS.lines().filter_map(NotEmulated::parse);
    known
        .filter(|operation| !emulated.contains(&key(operation.method, operation.path)))
        .collect()
});

/// An operation of Persona's that is not emulated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotEmulated {
    pub(super) method: &'static str,
    /// With parameters in braces.
    pub(super) path: &'static str,
    /// The operation ID in the API specification.
    pub(super) name: &'static str,
}

impl NotEmulated {
    fn parse(line: &'static str) -> Option<Self> {
        let mut words = line.split(' ');
        Some(Self {
            method: words.next()?,
            path: words.next()?,
            name: words.next()?,
        })
    }
}

/// Every operation that is not emulated.
pub(super) fn all() -> impl Iterator<Item = &'static NotEmulated> {
    NOT_EMULATED.iter()
}

#[cfg(test)]
mod tests {
    use super::super::api_keys::UNSPECIFIED;
    use super::super::operation::method_filter;
    use super::*;

    #[test]
    fn every_line_is_an_operation_and_every_emulated_operation_is_one_of_personas() {
        let lines = PERSONA_OPERATIONS.lines().count();
        // The specification lacks some of the emulated ones.
        let emulated = operation::all()
            .filter(|operation| !UNSPECIFIED.contains(&operation.info.path))
            .count();
        assert_eq!(NOT_EMULATED.len() + emulated, lines);
        for operation in all() {
            assert!(operation.path.starts_with('/'), "{}", operation.path);
            assert!(
                method_filter(operation.method).is_some(),
                "{}",
                operation.method
            );
        }
    }
}
