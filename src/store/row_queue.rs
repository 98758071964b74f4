//! A queue of rows that nothing waits for: one writer inserts all queued rows in batches, so the cost per
//! row falls with the load. A kill of the process loses the queued rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The maximum number of queued rows. Beyond it the database is too slow, and bounding memory
/// matters more.
const MAX_QUEUED_ROWS: usize = 10_000;
/// The maximum number of rows per commit.
const MAX_BATCH: usize = 2_000;

/// The queue. Clones are the same queue.
#[derive(Debug)]
pub(super) struct RowQueue<T>(Arc<Mutex<QueuedRows<T>>>);

#[derive(Debug)]
struct QueuedRows<T> {
    rows: Vec<T>,
    has_writer: bool,
}

impl<T> Default for RowQueue<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(QueuedRows {
            rows: Vec::new(),
            has_writer: false,
        })))
    }
}

impl<T> Clone for RowQueue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> RowQueue<T> {
    fn lock(&self) -> MutexGuard<'_, QueuedRows<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues rows; `true` if the caller must start the writer.
    pub(super) fn add(&self, rows: Vec<T>) -> bool {
        let mut queued = self.lock();
        if queued.rows.len() + rows.len() > MAX_QUEUED_ROWS {
            tracing::warn!("the database is too slow: dropping rows for operators");
            return false;
        }
        queued.rows.extend(rows);
        !std::mem::replace(&mut queued.has_writer, true)
    }

    /// The writer's next batch; the writer stops when it is empty.
    pub(super) fn next_batch(&self) -> Vec<T> {
        let mut queued = self.lock();
        if queued.rows.is_empty() {
            queued.has_writer = false;
        }
        let count = queued.rows.len().min(MAX_BATCH);
        queued.rows.drain(..count).collect()
    }

    /// The registration of the writer that the caller starts.
    pub(super) fn register_writer(&self) -> WriterRegistration<T> {
        WriterRegistration(self.clone())
    }
}

/// Unregisters a writer that panics, so that the next row starts another one.
pub(super) struct WriterRegistration<T>(RowQueue<T>);

impl<T> Drop for WriterRegistration<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().has_writer = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_writer_until_the_queue_is_empty() {
        let queue = RowQueue::default();
        assert!(queue.add(vec![1]));
        assert!(!queue.add(vec![2]));
        assert_eq!(queue.next_batch().len(), 2);
        assert!(!queue.add(vec![3]), "the writer is not done yet");
        assert_eq!(queue.next_batch().len(), 1);
        assert!(queue.next_batch().is_empty());
        assert!(queue.add(vec![4]));
    }

    #[test]
    fn rows_beyond_the_limit_are_dropped() {
        let queue = RowQueue::default();
        assert!(queue.add((0..10_000).collect()));
        assert!(!queue.add(vec![1]));
        assert_eq!(queue.next_batch().len(), MAX_BATCH);
        assert!(!queue.add(vec![1]));
        assert_eq!(queue.lock().rows.len(), MAX_QUEUED_ROWS - MAX_BATCH + 1);
    }

    #[tokio::test]
    async fn a_writer_that_panics_is_replaced() {
        let queue = RowQueue::<i64>::default();
        assert!(queue.add(Vec::new()), "the first who adds writes");
        assert!(!queue.add(Vec::new()));
        let registration = queue.register_writer();
        let writer = tokio::spawn(async move {
            let _registration = registration;
            panic!("on purpose");
        });
        assert!(writer.await.is_err());
        assert!(queue.add(Vec::new()));
    }
}
