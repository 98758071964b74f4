//! Counts what the statistics show.
//!
//! Like the activity log, rows are queued and written in batches, and a kill of the process loses the
//! queued ones: a person who reaches a stage does not wait for a count.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{
    Backend, Day, Error, FunnelStage, NewChange, Store, day_of, placeholders::Placeholders,
    row_queue::RowQueue, transaction::Transaction, value::Value, with_timeout,
};
use crate::{
    base::error_chain,
    model::{InquiryStatus, ReferenceId},
};

/// How long the writer waits for further rows, so that few commits wait for the disk.
const BATCH_DELAY: Duration = Duration::from_millis(250);
/// The maximum number of rows per statement of Postgres: five values each, far below its limit.
const MAX_ROWS_PER_INSERT: usize = 500;
/// How many recorded stages the process remembers, so that a page that is loaded again writes nothing.
const MAX_REMEMBERED: usize = 20_000;
/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Counted {
    Stage(FunnelStage),
    Failure(&'static str),
}

/// A row of the queue.
#[derive(Debug, Clone)]
pub(super) struct QueuedCount {
    day: Day,
    counted: Counted,
    user_id: ReferenceId,
    /// The page's language; `None`: that of the person's last page.
    language: Option<&'static str>,
}

/// The queue, and the stages that this process has recorded.
#[derive(Debug, Clone, Default)]
pub(super) struct StatisticsQueue {
    queue: RowQueue<QueuedCount>,
    recorded: Arc<Mutex<HashSet<(Day, FunnelStage, ReferenceId)>>>,
}

impl StatisticsQueue {
    /// Whether the stage is new to this process.
    fn remember(&self, day: Day, stage: FunnelStage, user_id: &ReferenceId) -> bool {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        if recorded.len() >= MAX_REMEMBERED {
            recorded.clear();
        }
        recorded.insert((day, stage, user_id.clone()))
    }
}

impl Store {
    /// Queues that a user reached a stage at a time; it counts once a day.
    pub fn record_stage(
        &self,
        user_id: &ReferenceId,
        stage: FunnelStage,
        language: Option<&'static str>,
        at: i64,
    ) {
        let day = day_of(at);
        if self.statistics.remember(day, stage, user_id) {
            self.record_count(QueuedCount {
                day,
                counted: Counted::Stage(stage),
                user_id: user_id.clone(),
                language,
            });
        }
    }

    /// Queues a failure.
    pub fn record_failure(&self, user_id: &ReferenceId, cause: &'static str, at: i64) {
        self.record_count(QueuedCount {
            day: day_of(at),
            counted: Counted::Failure(cause),
            user_id: user_id.clone(),
            language: None,
        });
    }

    /// Queues what a change of a status means for the statistics.
    pub(super) fn count_change(&self, change: &NewChange) {
        use FunnelStage::{Completed, Decided, Submitted};

        // Events may arrive late or never, so a status implies the stages before it.
        let (stages, failure): (&[FunnelStage], Option<&'static str>) = match change.status {
            InquiryStatus::Created | InquiryStatus::Pending | InquiryStatus::Unknown(_) => return,
            InquiryStatus::Completed | InquiryStatus::NeedsReview => {
                (&[Submitted, Completed], None)
            }
            InquiryStatus::Approved => (&[Submitted, Completed, Decided], None),
            InquiryStatus::Declined => (&[Submitted, Completed, Decided], Some("inquiry declined")),
            InquiryStatus::Failed => (&[Submitted], Some("inquiry failed")),
            InquiryStatus::Expired => (&[], Some("inquiry expired")),
        };
        for stage in stages {
            self.record_stage(&change.user_id, *stage, None, change.happened_at);
        }
        if let Some(cause) = failure {
            self.record_failure(&change.user_id, cause, change.happened_at);
        }
    }

    fn record_count(&self, row: QueuedCount) {
        if self.statistics.queue.add(vec![row]) {
            let store = self.clone();
            tokio::spawn(async move {
                let _registration = store.statistics.queue.register_writer();
                tokio::time::sleep(BATCH_DELAY).await;
                store.write_statistics().await;
            });
        }
    }

    /// Writes all queued counts.
    pub(super) async fn write_statistics(&self) {
        loop {
            let rows = self.statistics.queue.next_batch();
            if rows.is_empty() {
                return;
            }
            let count = rows.len();
            if let Err(error) = with_timeout(self.insert_counts(rows)).await {
                tracing::warn!(
                    rows = count,
                    error = error_chain(&error),
                    "could not write statistics, dropping them"
                );
            }
        }
    }

    async fn insert_counts(&self, rows: Vec<QueuedCount>) -> Result<(), Error> {
        let (mut stages, mut failures): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .partition(|row| matches!(row.counted, Counted::Stage(_)));
        // In one order, so that two processes never wait for each other.
        stages.sort_by(|a, b| a.key().cmp(&b.key()));
        failures.sort_by(|a, b| a.key().cmp(&b.key()));
        if let Some(local) = &self.local {
            let insert = move |transaction: &rusqlite::Transaction<'_>| {
                for (rows, statement) in [
                    (
                        &stages,
                        insert_stages as fn(&mut Placeholders, usize) -> String,
                    ),
                    (&failures, insert_failures),
                ] {
                    let sql = statement(&mut Placeholders::new(Backend::Sqlite), 1);
                    let mut insert = transaction.prepare_cached(&sql)?;
                    for row in rows {
                        insert.execute(rusqlite::params_from_iter(row.values()))?;
                    }
                }
                Ok(())
            };
            return self.write_locally(&local.writer, insert).await;
        }
        let mut transaction = Transaction::begin(&self.write, "BEGIN").await?;
        for rows in stages.chunks(MAX_ROWS_PER_INSERT) {
            let sql = insert_stages(&mut self.placeholders(), rows.len());
            insert_rows(&mut transaction, sql, rows).await?;
        }
        // One statement for each, because a statement may not count in the same row twice.
        for row in failures.chunks(1) {
            let sql = insert_failures(&mut self.placeholders(), 1);
            insert_rows(&mut transaction, sql, row).await?;
        }
        Ok(transaction.commit().await?)
    }
}

async fn insert_rows(
    connection: &mut AnyConnection,
    sql: String,
    rows: &[QueuedCount],
) -> Result<(), Error> {
    // Each number of rows is a different statement, so only the single row is prepared.
    let mut insert = sqlx::query(AssertSqlSafe(sql)).persistent(rows.len() == 1);
    for value in rows.iter().flat_map(QueuedCount::values) {
        insert = value.bind_to(insert);
    }
    insert.execute(connection).await?;
    Ok(())
}

/// The language of a row: the given one, or that of the person's last page.
fn language(placeholders: &mut Placeholders) -> String {
    let (given, user_id) = (placeholders.one(), placeholders.one());
    format!(
        "COALESCE(CAST({given} AS TEXT), (SELECT it.language FROM funnel_people it \
         WHERE it.user_id = CAST({user_id} AS TEXT) ORDER BY it.day DESC LIMIT 1), '')"
    )
}

/// The people of a stage. A trigger counts those that are new.
fn insert_stages(placeholders: &mut Placeholders, rows: usize) -> String {
    let rows: Vec<_> = (0..rows)
        .map(|_| {
            let [day, stage, user_id] = [(); 3].map(|()| placeholders.one());
            format!("({day}, {stage}, {user_id}, {})", language(placeholders))
        })
        .collect();
    format!(
        "INSERT INTO funnel_people (day, stage, user_id, language) VALUES {} \
         ON CONFLICT DO NOTHING",
        rows.join(", ")
    )
}

/// A failure; the values are those of [`insert_stages`].
fn insert_failures(placeholders: &mut Placeholders, _: usize) -> String {
    let [day, cause] = [(); 2].map(|()| placeholders.one());
    let language = language(placeholders);
    format!(
        "INSERT INTO failure_days (day, cause, language, failures) \
         VALUES ({day}, {cause}, {language}, 1) \
         ON CONFLICT (day, cause, language) DO UPDATE SET failures = failure_days.failures + 1"
    )
}

impl QueuedCount {
    fn name(&self) -> &'static str {
        match self.counted {
            Counted::Stage(stage) => stage.name(),
            Counted::Failure(cause) => cause,
        }
    }

    fn key(&self) -> (Day, &'static str, &str) {
        (self.day, self.name(), self.user_id.as_str())
    }

    fn values(&self) -> Vec<Value<'_>> {
        let user_id = Value::Text(self.user_id.as_str());
        let mut values = vec![Value::Integer(self.day), Value::Text(self.name())];
        if matches!(self.counted, Counted::Stage(_)) {
            values.push(user_id);
        }
        values.extend([Value::OptionalText(self.language), user_id]);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_written_once_a_day() {
        let queue = StatisticsQueue::default();
        let user = ReferenceId::parse("usr_1").unwrap();
        assert!(queue.remember(1, FunnelStage::Viewed, &user));
        assert!(!queue.remember(1, FunnelStage::Viewed, &user));
        assert!(queue.remember(1, FunnelStage::Clicked, &user));
        assert!(queue.remember(2, FunnelStage::Viewed, &user));
    }
}
