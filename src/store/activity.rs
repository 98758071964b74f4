//! The activity table: what people's clicks came to, and the calls to Persona that were made.
//!
//! It is for operators, and no click waits for it: what is handed in is queued, and a moment later one
//! writer takes all that is there into one insert. So the busier it is, the less a row costs. What
//! cannot be written is lost with a line in the log; when the process is killed, the last moments
//! are.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{AssertSqlSafe, FromRow, Row as _, any::AnyRow};

use super::{Error, Store, with_timeout};
use crate::model::{InquiryId, ReferenceId};

/// How long rows wait for others, so that few commits have to wait for the disk.
const BATCH_DELAY: Duration = Duration::from_millis(250);
/// How many rows wait at most: beyond, the database is in trouble, and memory comes first.
const MAX_QUEUED_ROWS: usize = 10_000;
/// How many rows one insert writes at most: eight values each, far below any database's limit.
const MAX_ROWS_PER_INSERT: usize = 500;

/// What kind of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// A person's click.
    Click,
    /// A call to Persona.
    Call,
}

/// One entry. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// Whose click it was, or for whom the call was made.
    pub user_id: ReferenceId,
    /// The inquiry that it led to or was about.
    pub inquiry_id: Option<InquiryId>,
    /// When it began.
    pub at: i64,
    /// What kind of entry it is.
    pub kind: ActivityKind,
    /// A click's way in, or a call's operation.
    pub what: String,
    /// How it failed, in a word; `None` if it did not.
    pub failure: Option<String>,
    /// The HTTP status that Persona answered a call with.
    pub http_status: Option<u16>,
    /// Persona's ID of the request: of a call, or of the call that failed a click.
    pub request_id: Option<String>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: i64,
}

/// What waits to be written.
#[derive(Debug, Clone, Default)]
pub(super) struct ActivityQueue(Arc<Mutex<QueuedRows>>);

#[derive(Debug, Default)]
struct QueuedRows {
    rows: Vec<ActivityRow>,
    has_writer: bool,
}

impl ActivityQueue {
    fn lock(&self) -> MutexGuard<'_, QueuedRows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds rows; `true` if the caller must see to it that they are written.
    fn add(&self, rows: Vec<ActivityRow>) -> bool {
        let mut queued = self.lock();
        if queued.rows.len() + rows.len() > MAX_QUEUED_ROWS {
            tracing::warn!("the database is too slow: what a click came to is not written down");
            return false;
        }
        queued.rows.extend(rows);
        !std::mem::replace(&mut queued.has_writer, true)
    }

    /// The next rows for the writer, who is done when there are none.
    fn next_batch(&self) -> Vec<ActivityRow> {
        let mut queued = self.lock();
        if queued.rows.is_empty() {
            queued.has_writer = false;
        }
        let count = queued.rows.len().min(MAX_ROWS_PER_INSERT);
        queued.rows.drain(..count).collect()
    }
}

/// A writer that panics must not stay registered: nothing would be written any more.
struct WriterRegistration(ActivityQueue);

impl Drop for WriterRegistration {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().has_writer = false;
        }
    }
}

impl Store {
    /// Hands in what has happened. It is written a moment later, and nobody waits for it.
    pub fn record_activity(&self, rows: Vec<ActivityRow>) {
        if !rows.is_empty() && self.activity.add(rows) {
            let store = self.clone();
            tokio::spawn(async move {
                let _registration = WriterRegistration(store.activity.clone());
                tokio::time::sleep(BATCH_DELAY).await;
                store.write_activity().await;
            });
        }
    }

    /// Writes all that waits.
    pub(super) async fn write_activity(&self) {
        loop {
            let rows = self.activity.next_batch();
            if rows.is_empty() {
                return;
            }
            if let Err(error) = with_timeout(self.insert_activity(&rows)).await {
                tracing::warn!(
                    rows = rows.len(),
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "could not write down what clicks came to"
                );
            }
        }
    }

    async fn insert_activity(&self, rows: &[ActivityRow]) -> Result<(), Error> {
        let places: Vec<_> = (0..rows.len())
            .map(|row| {
                let places: Vec<_> = (1..=9)
                    .map(|place| format!("${}", row * 9 + place))
                    .collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let sql = format!(
            "INSERT INTO activity (user_id, inquiry_id, at, kind, what, failure, http_status, \
             request_id, elapsed_ms) VALUES {}",
            places.join(", ")
        );
        // Every number of rows is another statement: few are worth being kept prepared.
        let insert = rows.iter().fold(
            sqlx::query(AssertSqlSafe(sql)).persistent(false),
            |insert, row| {
                insert
                    .bind(row.user_id.as_str())
                    .bind(row.inquiry_id.as_ref().map(InquiryId::as_str))
                    .bind(row.at)
                    .bind(match row.kind {
                        ActivityKind::Click => "click",
                        ActivityKind::Call => "call",
                    })
                    .bind(&row.what)
                    .bind(&row.failure)
                    .bind(row.http_status.map(i64::from))
                    .bind(&row.request_id)
                    .bind(row.elapsed_ms)
            },
        );
        insert.execute(&self.write).await?;
        Ok(())
    }

    /// The user's activity, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_activity(
        &self,
        user_id: &ReferenceId,
        limit: u16,
    ) -> Result<Vec<ActivityRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM activity WHERE user_id = $1 ORDER BY at DESC, number DESC \
             LIMIT $2"
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql))
            .bind(user_id.as_str())
            .bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// The clicks that failed, anybody's, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_failed_clicks(&self, limit: u16) -> Result<Vec<ActivityRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM activity WHERE failure IS NOT NULL AND kind = 'click' \
             ORDER BY at DESC LIMIT $1"
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Deletes what began before a time; says how much it was.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_activity_before(&self, time: i64) -> Result<u64, Error> {
        let lock = self.skip_locked();
        let sql = format!(
            "WITH old AS MATERIALIZED \
             (SELECT number FROM activity WHERE at < $1 ORDER BY at LIMIT $2 {lock}) \
             DELETE FROM activity WHERE number IN (SELECT number FROM old)"
        );
        self.sweep(sql, time).await
    }
}

const COLUMNS: &str =
    "user_id, inquiry_id, at, kind, what, failure, http_status, request_id, elapsed_ms";

impl FromRow<'_, AnyRow> for ActivityRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let parsed = |column: &str, error| sqlx::Error::ColumnDecode {
            index: column.to_owned(),
            source: Box::new(error),
        };
        let inquiry_id: Option<String> = row.try_get("inquiry_id")?;
        let http_status: Option<i64> = row.try_get("http_status")?;
        Ok(Self {
            user_id: ReferenceId::parse(row.try_get::<String, _>("user_id")?)
                .map_err(|it| parsed("user_id", it))?,
            inquiry_id: inquiry_id
                .map(InquiryId::parse)
                .transpose()
                .map_err(|it| parsed("inquiry_id", it))?,
            at: row.try_get("at")?,
            kind: match row.try_get::<String, _>("kind")?.as_str() {
                "click" => ActivityKind::Click,
                _ => ActivityKind::Call,
            },
            what: row.try_get("what")?,
            failure: row.try_get("failure")?,
            http_status: http_status.and_then(|status| u16::try_from(status).ok()),
            request_id: row.try_get("request_id")?,
            elapsed_ms: row.try_get("elapsed_ms")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at: i64) -> ActivityRow {
        ActivityRow {
            user_id: ReferenceId::parse("usr_1").unwrap(),
            inquiry_id: None,
            at,
            kind: ActivityKind::Click,
            what: "get or create".to_owned(),
            failure: None,
            http_status: None,
            request_id: None,
            elapsed_ms: 1,
        }
    }

    #[test]
    fn there_is_one_writer_until_nothing_waits() {
        let queue = ActivityQueue::default();
        assert!(queue.add(vec![row(1)]));
        assert!(!queue.add(vec![row(2)]));
        assert_eq!(queue.next_batch().len(), 2);
        assert!(!queue.add(vec![row(3)]), "the writer is not done yet");
        assert_eq!(queue.next_batch().len(), 1);
        assert!(queue.next_batch().is_empty());
        assert!(queue.add(vec![row(4)]));
    }

    #[test]
    fn what_is_too_much_is_left_out() {
        let queue = ActivityQueue::default();
        assert!(queue.add((0..10_000).map(row).collect()));
        assert!(!queue.add(vec![row(1)]));
        assert_eq!(queue.next_batch().len(), MAX_ROWS_PER_INSERT);
        assert!(!queue.add(vec![row(1)]));
        assert_eq!(
            queue.lock().rows.len(),
            MAX_QUEUED_ROWS - MAX_ROWS_PER_INSERT + 1
        );
    }

    #[tokio::test]
    async fn a_writer_that_panics_makes_place_for_another() {
        let queue = ActivityQueue::default();
        assert!(queue.add(Vec::new()), "the first who adds writes");
        assert!(!queue.add(Vec::new()));
        let registration = WriterRegistration(queue.clone());
        let writer = tokio::spawn(async move {
            let _registration = registration;
            panic!("on purpose");
        });
        assert!(writer.await.is_err());
        assert!(queue.add(Vec::new()));
    }
}
