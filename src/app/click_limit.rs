//! How many clicks may be under way at once in this process (`CLICK_LIMIT`).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit on concurrent clicks. Cheap to clone; clones share the permits.
#[derive(Debug, Clone)]
pub struct ClickLimit(Arc<Semaphore>);

/// A permit for one click. The click's work holds it to its end, also after the caller has gone.
#[derive(Debug, Clone)]
pub struct ClickPermit(Arc<OwnedSemaphorePermit>);

impl ClickLimit {
    /// A limit with this number of permits.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self(Arc::new(Semaphore::new(permits)))
    }

    pub(crate) fn try_acquire(&self) -> Option<ClickPermit> {
        let permit = self.0.clone().try_acquire_owned().ok()?;
        Some(ClickPermit(Arc::new(permit)))
    }
}

impl ClickPermit {
    /// The permit, for the click's work to hold.
    #[must_use]
    pub fn into_inner(self) -> Arc<OwnedSemaphorePermit> {
        self.0
    }
}
