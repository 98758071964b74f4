//! What a user may read of their own inquiries: where each stands, and how it got there.
//!
//! Reads only. Every query names the user: an inquiry of somebody else's is not there.

use sqlx::AssertSqlSafe;

use super::{Error, Store};
use crate::model::{InquiryId, InquiryStatus, ReferenceId, ResultId};

/// How many inquiries of a user are read at most, the newest.
const MAX_INQUIRIES: i64 = 50;
/// How many entries of one inquiry's history are read at most, of each kind.
const MAX_HISTORY_ENTRIES: i64 = 200;

/// Where an inquiry stands. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquirySummaryRow {
    /// Its ID.
    pub id: InquiryId,
    /// The ID of its result, for addresses.
    pub result_id: ResultId,
    /// Its status.
    pub status: InquiryStatus,
    /// The number of its newest change; 0 if none is known.
    pub number: i64,
    /// When it came to its status, as far as that is known.
    pub status_at: i64,
    /// When it was made, or first seen.
    pub created_at: i64,
}

/// One inquiry with its times. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// Where it stands.
    pub summary: InquirySummaryRow,
    /// When the person finished.
    pub completed_at: Option<i64>,
    /// When the decision fell.
    pub decided_at: Option<i64>,
    /// When its time runs out.
    pub expires_at: Option<i64>,
    /// When its data was erased at Persona.
    pub redacted_at: Option<i64>,
}

/// A change of an inquiry's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its place in the order in which changes were noticed.
    pub number: i64,
    /// The status that it led to.
    pub status: InquiryStatus,
    /// When it happened, at Persona.
    pub happened_at: i64,
    /// How we know: `click`, `event`, `reconciler` or `operator`.
    pub source: String,
    /// The event that told it.
    pub event_id: Option<String>,
}

/// An event about an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNameRow {
    /// Its ID.
    pub id: String,
    /// Its name: `inquiry.approved`.
    pub name: String,
    /// When it happened, at Persona; when it came, if that is not known.
    pub happened_at: i64,
}

/// The columns of a [`InquirySummaryRow`], of `inquiries i`.
const SUMMARY_COLUMNS: &str = "i.id, i.result_id, i.status, \
     (SELECT COALESCE(MAX(c.number), 0) FROM changes c WHERE c.inquiry_id = i.id), \
     COALESCE(i.status_at, i.updated_at, i.created_at, i.seen_at), \
     COALESCE(i.created_at, i.seen_at)";

type SummaryColumns = (String, String, String, i64, i64, i64);

fn summary(
    (id, result_id, status, number, status_at, created_at): SummaryColumns,
) -> Result<InquirySummaryRow, Error> {
    Ok(InquirySummaryRow {
        id: InquiryId::parse(id).map_err(|_| Error::Inconsistent {
            table: "inquiries",
            problem: "its ID is no inquiry ID",
        })?,
        result_id: ResultId::parse(result_id).map_err(|_| Error::Inconsistent {
            table: "inquiries",
            problem: "its result ID has another form",
        })?,
        status: status.into(),
        number,
        status_at,
        created_at,
    })
}

impl Store {
    /// Where the user's inquiries stand, the newest first.
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

    /// The result with this ID, if it is the user's.
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

    /// The newest changes of an inquiry of the user's, in the order in which they were noticed.
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

    /// The newest events about an inquiry of the user's, in the order in which they happened.
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
