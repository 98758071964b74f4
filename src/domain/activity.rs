//! The activity log: clicks and calls to Persona, recorded for operators.
//!
//! Rows are queued in the store, which writes them in the background.

use std::time::Duration;

use jiff::SignedDuration;
use persona_api::{CallLog, CallRecord, Operation};
use tokio::time::Instant;

use crate::{
    model::{InquiryId, ReferenceId},
    store::{ActivityKind, ActivityRow, Store},
};

/// How long activity is kept.
pub const ACTIVITY_RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The failure name of a rejected response about another person's inquiry.
pub const FOREIGN_RESPONSE: &str = "foreign_answer";

/// Records the calls about a user's inquiry that no click caused.
pub(super) fn record_calls(
    store: &Store,
    started: StartTime,
    log: &CallLog,
    user_id: &ReferenceId,
    inquiry_id: &InquiryId,
) {
    let calls = started.calls(log, user_id, Some(inquiry_id));
    store.record_activity(calls.collect());
}

/// Records that a user changed the account. `what` contains no personal data.
pub(super) fn record_account_change(store: &Store, user_id: &ReferenceId, what: &str) {
    store.record_activity(vec![ActivityRow {
        user_id: user_id.clone(),
        inquiry_id: None,
        at: store.now_ms(),
        kind: ActivityKind::Account,
        what: what.to_owned(),
        failure: None,
        http_status: None,
        request_id: None,
        elapsed_ms: 0,
    }]);
}

/// Records a rejected response that is not about the user's inquiry.
pub(super) fn record_foreign_response(
    store: &Store,
    user_id: &ReferenceId,
    asked_id: Option<&InquiryId>,
    operation: Operation,
) {
    store.record_activity(vec![ActivityRow {
        user_id: user_id.clone(),
        inquiry_id: asked_id.cloned(),
        at: store.now_ms(),
        kind: ActivityKind::Call,
        what: operation.name().to_owned(),
        failure: Some(FOREIGN_RESPONSE.to_owned()),
        http_status: None,
        request_id: None,
        elapsed_ms: 0,
    }]);
}

/// The start of a unit of work, by the tables' clock and by the clock that times calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartTime {
    pub(super) at: i64,
    instant: Instant,
}

impl StartTime {
    pub(super) fn now(store: &Store) -> Self {
        Self {
            at: store.now_ms(),
            instant: Instant::now(),
        }
    }

    /// The elapsed time, in milliseconds.
    pub(super) fn elapsed_ms(self) -> i64 {
        ms(self.instant.elapsed())
    }

    /// Drains the log and converts its calls to rows.
    pub(super) fn calls<'a>(
        self,
        log: &CallLog,
        user_id: &'a ReferenceId,
        inquiry_id: Option<&'a InquiryId>,
    ) -> impl Iterator<Item = ActivityRow> + use<'a> {
        let calls: Vec<CallRecord> = log.take();
        calls.into_iter().map(move |call| ActivityRow {
            user_id: user_id.clone(),
            inquiry_id: inquiry_id.cloned(),
            at: self.at + ms(call.sent.saturating_duration_since(self.instant)),
            kind: ActivityKind::Call,
            what: call.operation.name().to_owned(),
            failure: call.failure.map(ToOwned::to_owned),
            http_status: call.status,
            request_id: call.request_id,
            elapsed_ms: ms(call.elapsed),
        })
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
