//! Changes of tags, which inquiries, accounts and cases take alike.

use super::context::OperationContext;
use super::error::ApiError;

/// What a request does to tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagChange {
    Add,
    Remove,
    Set,
}

/// A change, with the tags of the request.
pub(super) struct TagEdit {
    change: TagChange,
    given: Vec<String>,
}

impl TagEdit {
    /// Reads the request. Tags are known by their names here; an ID is taken for a name.
    pub(super) fn read(
        ctx: &mut OperationContext<'_>,
        change: TagChange,
    ) -> Result<Self, ApiError> {
        let mut body = ctx.params()?;
        let mut meta = body.object("meta")?;
        let given = if change == TagChange::Set {
            let names = meta.tags("tag-name")?;
            let ids = meta.tags("tag-id")?;
            names.or(ids)
        } else {
            let name = meta.tag("tag-name")?;
            let id = meta.tag("tag-id")?;
            name.or(id).map(|tag| vec![tag])
        };
        let given = given.ok_or_else(|| ApiError::bad_request("meta.tag_name is missing"))?;
        for part in [meta, body] {
            ctx.finish(part)?;
        }
        Ok(Self { change, given })
    }

    /// The tags after the change. Their case is not significant, and the first spelling stays
    /// (public tests against Persona).
    pub(super) fn apply(self, tags: &[String]) -> Vec<String> {
        let is_same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        let has = |tags: &[String], wanted: &str| tags.iter().any(|tag| is_same(tag, wanted));
        match self.change {
            TagChange::Set => self.given,
            TagChange::Remove => {
                let kept = tags.iter().filter(|tag| !has(&self.given, tag));
                kept.cloned().collect()
            }
            TagChange::Add => {
                let new: Vec<_> = self
                    .given
                    .into_iter()
                    .filter(|tag| !has(tags, tag))
                    .collect();
                tags.iter().cloned().chain(new).collect()
            }
        }
    }
}
