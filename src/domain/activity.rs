//! What a click came to, written down for operators.
//!
//! Every click does its work in here: the calls that it makes are noted by the client, and when the
//! answer is there, all of it is handed to the store, which writes it after the answer has gone.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::{
    error::Error,
    get_or_create::{ClickContext, PolicyDenial},
    user::User,
};
use crate::{
    metrics,
    model::{InquiryId, ReferenceId},
    persona::{CallLog, CallRecord, Operation},
    store::{ActivityKind, ActivityRow, Store},
};

/// How long activity is kept.
pub const ACTIVITY_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long after its deadline a click's work is given up, wherever it stands: as after a crash, the
/// next click continues it.
const DB_GRACE: Duration = Duration::from_secs(10);
/// How the timeline names an answer that was refused, since it is about another person's inquiry.
pub const FOREIGN_ANSWER: &str = "foreign_answer";

/// The way in that a click took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryPoint {
    /// The embedded flow.
    EmbeddedFlow,
    /// The hosted flow, by the plain form.
    HostedFlow,
}

impl EntryPoint {
    fn name(self) -> &'static str {
        match self {
            Self::EmbeddedFlow => "get or create",
            Self::HostedFlow => "hosted flow",
        }
    }
}

/// Does a click's work and writes down what came of it. The work is told with the inquiry that it
/// led to, and goes on when the caller goes away.
pub(super) async fn click<T, W>(
    mut context: ClickContext,
    user: User,
    entry_point: EntryPoint,
    work: impl FnOnce(ClickContext, User) -> W + Send + 'static,
) -> Result<T, Error>
where
    T: Send + 'static,
    W: Future<Output = Result<(InquiryId, T), Error>> + Send,
{
    let log = CallLog::default();
    context.persona = context.persona.with_log(&log);
    let store = context.store.clone();
    let note = Note {
        store: store.clone(),
        user_id: user.id.clone(),
        beginning: Beginning::now(&context.store),
        entry_point,
        log,
    };
    let work = async move {
        // Persona's part ends with the deadline; a database that vanished would never answer.
        let limit = context.deadline + DB_GRACE;
        let result = tokio::time::timeout_at(limit, work(context, user))
            .await
            .unwrap_or(Err(Error::CutOff));
        if let Err(error) = &result {
            metrics::get_or_create(failure(error));
        }
        note.write(result.as_ref().map(|(id, _)| id));
        result.map(|(_, answer)| answer)
    };
    store.run_to_end(work).await.ok_or(Error::CutOff)?
}

/// What is known of a click before its end.
struct Note {
    store: Store,
    user_id: ReferenceId,
    beginning: Beginning,
    entry_point: EntryPoint,
    log: CallLog,
}

impl Note {
    fn write(self, result: Result<&InquiryId, &Error>) {
        let inquiry_id = match result {
            Ok(id) => Some(id.clone()),
            Err(Error::Denied(denial)) => Some(denial.inquiry_id().clone()),
            Err(_) => None,
        };
        let request_id = match result {
            Err(Error::Persona(error)) => error.request_id.clone(),
            _ => None,
        };
        let click = ActivityRow {
            user_id: self.user_id.clone(),
            inquiry_id: inquiry_id.clone(),
            at: self.beginning.at,
            kind: ActivityKind::Click,
            what: self.entry_point.name().to_owned(),
            failure: result.err().map(|error| failure(error).to_owned()),
            http_status: None,
            request_id,
            elapsed_ms: ms(self.beginning.instant.elapsed()),
        };
        let calls = self
            .beginning
            .calls(&self.log, &self.user_id, inquiry_id.as_ref());
        self.store
            .note_activity(std::iter::once(click).chain(calls).collect());
    }
}

/// Writes down the calls that were made about a user's inquiry without a click.
pub(super) fn note_calls(
    store: &Store,
    beginning: Beginning,
    log: &CallLog,
    user_id: &ReferenceId,
    inquiry_id: &InquiryId,
) {
    let calls = beginning.calls(log, user_id, Some(inquiry_id));
    store.note_activity(calls.collect());
}

/// Writes down that an answer of Persona's was refused, since it is not about the user's inquiry.
pub(super) fn note_foreign_answer(
    store: &Store,
    user_id: &ReferenceId,
    asked_id: Option<&InquiryId>,
    operation: Operation,
) {
    store.note_activity(vec![ActivityRow {
        user_id: user_id.clone(),
        inquiry_id: asked_id.cloned(),
        at: store.now_ms(),
        kind: ActivityKind::Call,
        what: operation.name().to_owned(),
        failure: Some(FOREIGN_ANSWER.to_owned()),
        http_status: None,
        request_id: None,
        elapsed_ms: 0,
    }]);
}

/// When a piece of work began, by the clock of the tables and by the one that times calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    at: i64,
    instant: Instant,
}

impl Beginning {
    pub(super) fn now(store: &Store) -> Self {
        Self {
            at: store.now_ms(),
            instant: Instant::now(),
        }
    }

    /// The calls that were noted since, as rows.
    fn calls<'a>(
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

/// Why a click led to nothing, in a word.
fn failure(error: &Error) -> &'static str {
    match error {
        Error::Denied(PolicyDenial::Waiting(_)) => "waiting",
        Error::Denied(PolicyDenial::Approved(_)) => "approved",
        Error::Denied(PolicyDenial::Declined(_)) => "declined",
        Error::Denied(PolicyDenial::TooManyAttempts(_)) => "too_many_attempts",
        Error::Busy => "busy",
        Error::Persona(error) => error.kind.name(),
        Error::Foreign(_) => FOREIGN_ANSWER,
        Error::Store(_) => "database",
        Error::Encoding(_) | Error::CutOff => "internal",
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
