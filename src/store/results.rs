//! A user's own inquiries: their statuses and histories.
//!
//! Reads only. Every query filters by user, so another user's inquiry is not found.

use sqlx::AssertSqlSafe;

use super::{Error, Store};
use crate::model::{InquiryId, InquiryStatus, ReferenceId, ResultId};

/// The maximum number of inquiries per user, the newest.
const MAX_INQUIRIES: i64 = 50;
/// The maximum number of history entries of each kind per inquiry.
const MAX_HISTORY_ENTRIES: i64 = 200;

/// The current state of an inquiry. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquirySummaryRow {
    /// The inquiry's ID.
    pub id: InquiryId,
    /// The ID of the inquiry's result page.
    pub result_id: ResultId,
    /// The status.
    pub status: InquiryStatus,
    /// The number of its newest change; 0 if there is none.
    pub number: i64,
    /// When the inquiry entered its status, as far as known.
    pub status_at: i64,
    /// When the inquiry was created, or first seen.
    pub created_at: i64,
    /// When the person's browser last reported a submission; see [`Store::record_submission_hint`].
    pub submission_hint_at: Option<i64>,
}

/// An inquiry with its timestamps. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// The current state.
    pub summary: InquirySummaryRow,
    /// When the person completed the flow.
    pub completed_at: Option<i64>,
    /// When the inquiry was approved or declined.
    pub decided_at: Option<i64>,
    /// When the inquiry expires.
    pub expires_at: Option<i64>,
    /// When the inquiry was redacted at Persona.
    pub redacted_at: Option<i64>,
}

/// A change of an inquiry's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// The change's number, in the order in which changes were recorded.
    pub number: i64,
    /// The new status.
    pub status: InquiryStatus,
    /// When the status changed at Persona.
    pub happened_at: i64,
    /// The source of the update: `click`, `page`, `event`, `reconciler` or `operator`.
    pub source: String,
    /// The event, if the source is one.
    pub event_id: Option<String>,
}

/// An event about an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNameRow {
    /// Its ID.
    pub id: String,
    /// The event's name: `inquiry.approved`.
    pub name: String,
    /// When the event was created at Persona, or received if that is unknown.
    pub happened_at: i64,
}

/// The columns of a [`InquirySummaryRow`], of `inquiries i`.
const SUMMARY_COLUMNS: &str = "i.id, i.result_id, i.status, \
     (SELECT COALESCE(MAX(c.number), 0) FROM changes c WHERE c.inquiry_id = i.id), \
     COALESCE(i.status_at, i.updated_at, i.created_at, i.seen_at), \
     COALESCE(i.created_at, i.seen_at), i.submission_hint_at";

type SummaryColumns = (String, String, String, i64, i64, i64, Option<i64>);

fn summary(
    (id, result_id, status, number, status_at, created_at, submission_hint_at): SummaryColumns,
) -> Result<InquirySummaryRow, Error> {
    Ok(InquirySummaryRow {
        id: InquiryId::parse(id).map_err(|_| Error::Inconsistent {
            table: "inquiries",
            problem: "its ID is not an inquiry ID",
        })?,
        result_id: ResultId::parse(result_id).map_err(|_| Error::Inconsistent {
            table: "inquiries",
            problem: "its result ID is not valid",
        })?,
        status: status.into(),
        number,
        status_at,
        created_at,
        submission_hint_at,
    })
}

impl Store {
    /// Lists the user's inquiries, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_inquiry_summaries(
        &self,
        user_id: &ReferenceId,
    ) -> Result<Vec<InquirySummaryRow>, Error> {
        let rows: Vec<SummaryColumns> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {SUMMARY_COLUMNS} FROM inquiries i WHERE i.user_id = $1 \
             ORDER BY COALESCE(i.created_at, i.seen_at) DESC, i.id DESC LIMIT $2"
        )))
        .bind(user_id.as_str())
        .bind(MAX_INQUIRIES)
        .fetch_all(&self.read)
        .await?;
        rows.into_iter().map(summary).collect()
    }

    /// Finds the user's result with this ID.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_result(
        &self,
        user_id: &ReferenceId,
        id: &ResultId,
    ) -> Result<Option<ResultRow>, Error> {
        type Times = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);

        let found: Option<SummaryColumns> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT {SUMMARY_COLUMNS} FROM inquiries i WHERE i.user_id = $1 AND i.result_id = $2"
        )))
        .bind(user_id.as_str())
        .bind(id.as_str())
        .fetch_optional(&self.read)
        .await?;
        let Some(found) = found else { return Ok(None) };
        let times: Option<Times> = sqlx::query_as(
            "SELECT completed_at, decided_at, expires_at, redacted_at FROM inquiries \
             WHERE result_id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.read)
        .await?;
        let (completed_at, decided_at, expires_at, redacted_at) = times.unwrap_or_default();
        Ok(Some(ResultRow {
            summary: summary(found)?,
            completed_at,
            decided_at,
            expires_at,
            redacted_at,
        }))
    }

    /// Lists the newest changes of the user's inquiry, in the order in which they were recorded.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_changes(
        &self,
        user_id: &ReferenceId,
        id: &InquiryId,
    ) -> Result<Vec<ChangeRow>, Error> {
        let rows: Vec<(i64, String, i64, String, Option<String>)> = sqlx::query_as(
            "SELECT number, status, happened_at, source, event_id FROM changes \
             WHERE inquiry_id = $1 AND user_id = $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(id.as_str())
        .bind(user_id.as_str())
        .bind(MAX_HISTORY_ENTRIES)
        .fetch_all(&self.read)
        .await?;
        let rows = rows.into_iter().rev();
        Ok(rows
            .map(
                |(number, status, happened_at, source, event_id)| ChangeRow {
                    number,
                    status: status.into(),
                    happened_at,
                    source,
                    event_id,
                },
            )
            .collect())
    }

    /// Lists the newest events of the user's inquiry, in the order of their creation.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_event_names(
        &self,
        user_id: &ReferenceId,
        id: &InquiryId,
    ) -> Result<Vec<EventNameRow>, Error> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT e.id, e.name, COALESCE(e.happened_at, e.received_at) FROM events e \
             JOIN inquiries i ON i.id = e.inquiry_id \
             WHERE e.inquiry_id = $1 AND i.user_id = $2 AND e.name <> '' \
             ORDER BY COALESCE(e.happened_at, e.received_at) DESC, e.id DESC LIMIT $3",
        )
        .bind(id.as_str())
        .bind(user_id.as_str())
        .bind(MAX_HISTORY_ENTRIES)
        .fetch_all(&self.read)
        .await?;
        let rows = rows.into_iter().rev();
        Ok(rows
            .map(|(id, name, happened_at)| EventNameRow {
                id,
                name,
                happened_at,
            })
            .collect())
    }
}
