//! Changes of tags, which inquiries, accounts, cases and reports take alike.

use std::sync::Arc;

use serde_json::Value;

use super::context::OperationContext;
use super::error::ApiError;
use super::response::OperationResult;
use crate::core::clock::Moment;
use crate::domain::DomainError;
use crate::store::Tx;
use crate::wire::Includes;

/// An object that has tags.
pub(super) trait Tagged: Sized {
    /// The object with this ID.
    fn load(tx: &Tx, id: &str) -> Result<Arc<Self>, DomainError>;

    /// Its tags.
    fn tags(&self) -> &[String];

    /// Gives it exactly these tags.
    fn set_tags(
        tx: &mut Tx,
        id: &str,
        tags: Vec<String>,
        now: Moment,
    ) -> Result<Arc<Self>, DomainError>;

    /// What the request includes.
    fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError>;

    /// The document of the response.
    fn document(&self, ctx: &OperationContext<'_>, includes: &Includes) -> Value;
}

/// `POST /…/{id}/add-tag`.
pub(super) fn add_tag<T: Tagged>(
    ctx: &mut OperationContext<'_>,
) -> Result<OperationResult, ApiError> {
    change_tags::<T>(ctx, TagChange::Add)
}

/// `POST /…/{id}/remove-tag`.
pub(super) fn remove_tag<T: Tagged>(
    ctx: &mut OperationContext<'_>,
) -> Result<OperationResult, ApiError> {
    change_tags::<T>(ctx, TagChange::Remove)
}

/// `POST /…/{id}/set-tags`.
pub(super) fn set_tags<T: Tagged>(
    ctx: &mut OperationContext<'_>,
) -> Result<OperationResult, ApiError> {
    change_tags::<T>(ctx, TagChange::Set)
}

fn change_tags<T: Tagged>(
    ctx: &mut OperationContext<'_>,
    change: TagChange,
) -> Result<OperationResult, ApiError> {
    let includes = T::includes(ctx)?;
    let edit = TagEdit::read(ctx, change)?;
    let tags = edit.apply(T::load(ctx.tx, ctx.id)?.tags());
    let object = T::set_tags(ctx.tx, ctx.id, tags, ctx.now)?;
    Ok(OperationResult::ok(object.document(ctx, &includes)))
}

/// What a request does to tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TagChange {
    Add,
    Remove,
    Set,
}

/// A change, with the tags of the request.
struct TagEdit {
    change: TagChange,
    given: Vec<String>,
}

impl TagEdit {
    /// Reads the request. Tags are known by their names here; an ID is taken for a name.
    fn read(ctx: &mut OperationContext<'_>, change: TagChange) -> Result<Self, ApiError> {
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
    fn apply(self, tags: &[String]) -> Vec<String> {
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
