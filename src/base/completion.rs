//! Work that goes on without its caller.
//!
//! A task of its own for each click would do the same, and cost its allocation and two changes of
//! tasks even where the caller waits to the end, as nearly all do.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};
use tracing::{Instrument as _, Span};

/// Work that runs within its caller, and goes on as a task of its own if the caller is dropped. The
/// tracker waits for both.
pub(crate) struct Completion<T: Send + 'static> {
    /// `None` once it has ended or panicked.
    work: Option<Work<T>>,
    tracker: TaskTracker,
    span: Span,
    _running: TaskTrackerToken,
}

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T: Send + 'static> Completion<T> {
    /// Wraps work. Nothing runs before it is polled for the first time.
    pub(crate) fn new(
        tracker: &TaskTracker,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Self {
        Self {
            work: Some(Box::pin(work)),
            tracker: tracker.clone(),
            span: Span::current(),
            _running: tracker.token(),
        }
    }
}

impl<T: Send + 'static> Future for Completion<T> {
    type Output = T;

    /// # Panics
    /// If the work does, and if it is polled after it has ended.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Not put back after a panic, because such work must not be polled again.
        let mut work = self.work.take().expect("not polled after its end");
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Completion<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take()
            && Handle::try_current().is_ok()
        {
            let span = std::mem::replace(&mut self.span, Span::none());
            self.tracker.spawn(work.instrument(span));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::AssertUnwindSafe,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use futures_util::FutureExt as _;
    use tokio::time::{sleep, timeout};

    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    /// Work that counts its end, after a while.
    fn counted(count: &Arc<AtomicUsize>) -> impl Future<Output = usize> + Send + 'static {
        let count = count.clone();
        async move {
            sleep(2 * SOON).await;
            count.fetch_add(1, Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_once_when_its_caller_is_dropped() {
        let (tracker, count) = (TaskTracker::new(), Arc::default());
        assert!(
            timeout(SOON, Completion::new(&tracker, counted(&count)))
                .await
                .is_err()
        );
        assert_eq!(count.load(Ordering::SeqCst), 0);
        tracker.close();
        tracker.wait().await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_caller_gets_the_result_and_nothing_runs_twice() {
        let (tracker, count) = (TaskTracker::new(), Arc::default());
        assert_eq!(Completion::new(&tracker, counted(&count)).await, 0);
        tracker.close();
        tracker.wait().await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_tracker_waits_for_work_within_its_caller() {
        let (tracker, count) = (TaskTracker::new(), Arc::default());
        let caller = tokio::spawn(Completion::new(&tracker, counted(&count)));
        tracker.close();
        tracker.wait().await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert_eq!(caller.await.unwrap(), 0);
    }

    #[tokio::test]
    async fn work_that_panics_is_the_callers_panic_and_does_not_go_on() {
        let tracker = TaskTracker::new();
        let work = Completion::new(&tracker, async { panic!("on purpose") });
        assert!(AssertUnwindSafe(work).catch_unwind().await.is_err());
        assert!(tracker.is_empty());
    }
}
