//! The activity table: the outcome of each click, and the calls to Persona.
//!
//! It is for operators, and clicks do not wait for it: rows are queued, and one writer inserts all
//! queued rows in batches, so the cost per row falls with the load. Rows that cannot be written are
//! dropped with a log line; a kill of the process loses the queued rows.

use std::time::Duration;

use sqlx::{AssertSqlSafe, FromRow, Row as _, any::AnyRow};

use super::{Backend, Error, Store, placeholders::Placeholders, value::Value, with_timeout};
use crate::{
    base::error_chain,
    model::{InquiryId, ReferenceId},
};

/// How long the writer waits for further rows, so that few commits wait for the disk.
const BATCH_DELAY: Duration = Duration::from_millis(250);
/// The maximum number of rows per statement of Postgres: nine values each, far below its limit.
const MAX_ROWS_PER_INSERT: usize = 500;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// A click.
    Click,
    /// A call to Persona.
    Call,
    /// A change of the account by its owner.
    Account,
}

/// An entry of the activity log. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// The user who clicked, or for whom the call was made.
    pub user_id: ReferenceId,
    /// The inquiry of the click or call.
    pub inquiry_id: Option<InquiryId>,
    /// When the click or call started.
    pub at: i64,
    /// The kind of an entry.
    pub kind: ActivityKind,
    /// The entry point of a click, the operation of a call, or the change of an account.
    pub what: String,
    /// The name of the failure; `None` on success.
    pub failure: Option<String>,
    /// The HTTP status of Persona's response to a call.
    pub http_status: Option<u16>,
    /// Persona's request ID: of the call, or of the call that failed the click.
    pub request_id: Option<String>,
    /// The duration, in milliseconds.
    pub elapsed_ms: i64,
}

impl Store {
    /// Queues rows, which a background task inserts.
    pub fn record_activity(&self, rows: Vec<ActivityRow>) {
        if !rows.is_empty() && self.activity.add(rows) {
            let store = self.clone();
            tokio::spawn(async move {
                let _registration = store.activity.register_writer();
                tokio::time::sleep(BATCH_DELAY).await;
                store.write_activity().await;
            });
        }
    }

    /// Inserts all queued rows.
    pub(super) async fn write_activity(&self) {
        loop {
            let rows = self.activity.next_batch();
            if rows.is_empty() {
                return;
            }
            let count = rows.len();
            if let Err(error) = with_timeout(self.insert_activity(rows)).await {
                tracing::warn!(
                    rows = count,
                    error = error_chain(&error),
                    "could not write activity rows, dropping them"
                );
            }
        }
    }

    async fn insert_activity(&self, rows: Vec<ActivityRow>) -> Result<(), Error> {
        if let Some(local) = &self.local {
            let insert = move |transaction: &rusqlite::Transaction<'_>| {
                let sql = format!("{INSERT} {}", Placeholders::new(Backend::Sqlite).list(9));
                let mut insert = transaction.prepare_cached(&sql)?;
                for row in &rows {
                    insert.execute(rusqlite::params_from_iter(row.values()))?;
                }
                Ok(())
            };
            return self.write_locally(&local.writer, insert).await;
        }
        for rows in rows.chunks(MAX_ROWS_PER_INSERT) {
            let sql = format!("{INSERT} {}", self.placeholders().rows(rows.len(), 9));
            // Each number of rows is a different statement, so it is not prepared.
            let mut insert = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            for value in rows.iter().flat_map(ActivityRow::values) {
                insert = value.bind_to(insert);
            }
            insert.execute(&self.write).await?;
        }
        Ok(())
    }

    /// Lists the user's activity, newest first.
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

    /// Lists failed clicks of all users, newest first.
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

    /// Deletes entries that started before a time. Returns their number.
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

const INSERT: &str = "INSERT INTO activity (user_id, inquiry_id, at, kind, what, failure, \
     http_status, request_id, elapsed_ms) VALUES";

impl ActivityRow {
    /// The values of [`INSERT`].
    fn values(&self) -> [Value<'_>; 9] {
        [
            Value::Text(self.user_id.as_str()),
            Value::OptionalText(self.inquiry_id.as_ref().map(InquiryId::as_str)),
            Value::Integer(self.at),
            Value::Text(match self.kind {
                ActivityKind::Click => "click",
                ActivityKind::Call => "call",
                ActivityKind::Account => "account",
            }),
            Value::Text(&self.what),
            Value::OptionalText(self.failure.as_deref()),
            Value::OptionalInteger(self.http_status.map(i64::from)),
            Value::OptionalText(self.request_id.as_deref()),
            Value::Integer(self.elapsed_ms),
        ]
    }
}

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
                "account" => ActivityKind::Account,
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
