//! What a change of tags comes to.

use serde_json::{Value, json};

/// The added and the removed tags, and both as the context of an event; `None` if the tags are the
/// same.
pub(super) fn tag_change(
    before: &[String],
    after: &[String],
) -> Option<(Vec<String>, Vec<String>, Value)> {
    if before == after {
        return None;
    }
    let without = |tags: &[String], others: &[String]| -> Vec<String> {
        tags.iter()
            .filter(|tag| !others.contains(tag))
            .cloned()
            .collect()
    };
    let (added, removed) = (without(after, before), without(before, after));
    let context = json!({ "added-tags": added, "removed-tags": removed });
    Some((added, removed, context))
}
