//! How many clicks may be under way at once in this process (`CLICK_LIMIT`).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places for clicks. Cheap to clone; clones are the same places.
#[derive(Debug, Clone)]
pub struct ClickLimit(Arc<Semaphore>);

/// A place for one click. It is held until the click's work has ended, also after its caller has
/// gone away.
#[derive(Debug, Clone)]
pub struct ClickPermit(Arc<OwnedSemaphorePermit>);

impl ClickLimit {
    /// So many places.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    pub(crate) fn try_acquire(&self) -> Option<ClickPermit> {
        let permit = self.0.clone().try_acquire_owned().ok()?;
        Some(ClickPermit(Arc::new(permit)))
    }
}

impl ClickPermit {
    /// What the work holds on to.
    #[must_use]
    pub fn into_inner(self) -> Arc<OwnedSemaphorePermit> {
        self.0
    }
}
