//! What surrounds every click: its work runs to the end even if the caller disconnects, and its
//! outcome is written to the activity log.

use std::time::Duration;

use persona_api::CallLog;

use super::ClickContext;
use crate::{
    base::metrics,
    domain::{
        accounts::User,
        activity::{FOREIGN_RESPONSE, StartTime},
        error::{Error, PolicyDenial},
    },
    model::{InquiryId, ReferenceId},
    store::{ActivityKind, ActivityRow, FunnelStage, Store},
};

/// How long after its deadline a click's work is dropped, in whatever state: as after a crash, the
/// next click continues it.
const DB_GRACE: Duration = Duration::from_secs(10);

/// How the person started the click.
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

/// Does a click's work and writes its outcome to the activity log. `work` returns the inquiry's ID
/// beside its result, and continues if the caller disconnects.
pub(super) async fn run<T, W>(
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
        started: StartTime::now(&context.store),
        entry_point,
        log,
    };
    let work = async move {
        // Calls to Persona end with the deadline, but a database that is gone may never answer.
        let limit = context.deadline + DB_GRACE;
        let result = tokio::time::timeout_at(limit, work(context, user))
            .await
            .unwrap_or(Err(Error::Interrupted));
        if let Err(error) = &result {
            metrics::get_or_create(failure(error));
        }
        note.write(result.as_ref().map(|(id, _)| id));
        result.map(|(_, answer)| answer)
    };
    store.run_to_completion(work).await
}

/// The click's entry in the activity log.
struct Note {
    store: Store,
    user_id: ReferenceId,
    started: StartTime,
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
        self.count(result);
        let click = ActivityRow {
            user_id: self.user_id.clone(),
            inquiry_id: inquiry_id.clone(),
            at: self.started.at,
            kind: ActivityKind::Click,
            what: self.entry_point.name().to_owned(),
            failure: result.err().map(|error| failure(error).to_owned()),
            http_status: None,
            request_id,
            elapsed_ms: self.started.elapsed_ms(),
        };
        let calls = self
            .started
            .calls(&self.log, &self.user_id, inquiry_id.as_ref());
        self.store
            .record_activity(std::iter::once(click).chain(calls).collect());
    }
}

impl Note {
    /// Counts the click for the statistics. The hosted flow reports no opening: its link is one.
    fn count(&self, result: Result<&InquiryId, &Error>) {
        let stage = |stage| {
            self.store
                .record_stage(&self.user_id, stage, None, self.started.at);
        };
        stage(FunnelStage::Clicked);
        match result {
            Ok(_) if self.entry_point == EntryPoint::HostedFlow => stage(FunnelStage::Opened),
            Ok(_) => {}
            // The policy's refusals are no failures of anybody.
            Err(Error::Denied(_)) => {}
            Err(error) => {
                self.store
                    .record_failure(&self.user_id, failure(error), self.started.at);
            }
        }
    }
}

/// The name of a failure, for metrics and the activity log.
fn failure(error: &Error) -> &'static str {
    match error {
        Error::Denied(PolicyDenial::Waiting(_)) => "waiting",
        Error::Denied(PolicyDenial::Approved(_)) => "approved",
        Error::Denied(PolicyDenial::Declined(_)) => "declined",
        Error::Denied(PolicyDenial::TooManyAttempts(_)) => "too_many_attempts",
        Error::Busy => "busy",
        Error::Persona(error) => error.kind.name(),
        Error::Foreign(_) => FOREIGN_RESPONSE,
        Error::Store(_) => "database",
        Error::Encoding(_) | Error::Interrupted => "internal",
    }
}
