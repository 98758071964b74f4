//! The operations of the API for the other modules: names, documentation, and call counts.
//!
//! The API hands its registry over when the sandbox is opened, so the runtime depends on none of
//! its handlers.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// The description of one operation.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct OperationInfo {
    /// Resource and action, such as `inquiries.list`: what faults, counts and the log use.
    pub(crate) name: &'static str,
    /// Short names of earlier versions, which the controls still accept.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) method: &'static str,
    /// The path below `/api/v1`, with parameters in braces.
    pub(crate) path: &'static str,
    /// One sentence on what it does.
    pub(crate) summary: &'static str,
    /// The keys that `filter[…]` takes.
    pub(crate) filters: &'static [&'static str],
    /// Whether the response is a page of a list: `page[size]`, `page[after]`, `page[before]`.
    pub(crate) is_paged: bool,
    /// Whether `include` names related objects.
    pub(crate) takes_include: bool,
}

impl OperationInfo {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// The name of earlier versions, if it has one: the key that `GET /_sandbox/requests` keeps.
    pub(crate) fn short_name(&self) -> &'static str {
        self.aliases.first().copied().unwrap_or(self.name)
    }
}

/// The operations that the sandbox emulates, and how often each was called.
#[derive(Debug, Default)]
pub(crate) struct Operations(Vec<(OperationInfo, AtomicU64)>);

impl FromIterator<OperationInfo> for Operations {
    fn from_iter<I: IntoIterator<Item = OperationInfo>>(infos: I) -> Self {
        Self(
            infos
                .into_iter()
                .map(|info| (info, AtomicU64::new(0)))
                .collect(),
        )
    }
}

impl Operations {
    /// The same operations, without calls.
    pub(super) fn without_calls(&self) -> Self {
        self.all().copied().collect()
    }

    /// Every operation.
    pub(crate) fn all(&self) -> impl Iterator<Item = &OperationInfo> {
        self.0.iter().map(|(info, _)| info)
    }

    /// The operation with this name or alias.
    pub(crate) fn find(&self, name: &str) -> Option<&OperationInfo> {
        self.all().find(|info| info.is_called(name))
    }

    /// Counts a call of the operation with this name.
    pub(crate) fn count_call(&self, name: &str) {
        if let Some((_, calls)) = self.0.iter().find(|(info, _)| info.name == name) {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often each operation was called, by its name and by each alias.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().flat_map(|(info, calls)| {
            let calls = calls.load(Ordering::Relaxed);
            let names = std::iter::once(info.name).chain(info.aliases.iter().copied());
            names.map(move |name| (name, calls))
        })
    }

    /// Resets all counts to zero.
    pub(super) fn reset_counts(&self) {
        for (_, calls) in &self.0 {
            calls.store(0, Ordering::Relaxed);
        }
    }

    /// The operations of unit tests.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let info = |name, alias: &'static [&'static str]| OperationInfo {
            name,
            aliases: alias,
            method: "GET",
            path: "/",
            summary: "",
            filters: &[],
            is_paged: false,
            takes_include: false,
        };
        [
            info("inquiries.list", &["list"]),
            info("inquiries.create", &["create"]),
        ]
        .into_iter()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_under_the_name_and_its_aliases() {
        let operations = Operations::for_tests();
        operations.count_call("inquiries.create");
        let calls: Vec<_> = operations.calls().filter(|(_, calls)| *calls > 0).collect();
        assert_eq!(calls, [("inquiries.create", 1), ("create", 1)]);
        operations.reset_counts();
        assert!(operations.calls().all(|(_, calls)| calls == 0));
        assert_eq!(operations.find("create").unwrap().name, "inquiries.create");
        assert!(operations.find("creates").is_none());
    }
}
