//! Refresh: ask Persona about one inquiry now.
//!
//! For a page whose SDK has told it that something happened (a hint, never a status), and for an
//! operator. What Persona answers goes the way of every other word ([`mirror`]).

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        activity::{Beginning, note_calls},
        error::Error,
        ownership::OwnerCheck,
        sync::status_update::{self, Effect, Observation, Source},
    },
    store::{InquiryRow, Store, with_timeout},
};
use persona_api::{CallLog, ErrorKind};

/// How long Persona is left alone about an inquiry that it has just been asked about.
const PAUSE: Duration = Duration::from_secs(5);
/// How long the asking may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What came of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// Persona has answered, and this is what its answer did.
    Asked(Effect),
    /// Persona was asked a moment ago: it was not asked again.
    Recent,
    /// Persona does not know the inquiry.
    Unknown,
}

/// Asks Persona about an inquiry that we know, for its owner: not if it was asked a moment ago.
///
/// # Errors
/// If Persona or the database fails.
pub async fn refresh(
    persona: &persona_api::Client,
    store: &Store,
    inquiry: InquiryRow,
) -> Result<Refreshed, Error> {
    if !store.claim_inquiry(&inquiry.id, PAUSE).await? {
        return Ok(Refreshed::Recent);
    }
    ask(persona.clone(), store.clone(), inquiry, Source::Page).await
}

/// Asks Persona about an inquiry that we know, for an operator: whenever they want.
///
/// # Errors
/// If Persona or the database fails.
pub async fn refresh_for_operator(
    persona: &persona_api::Client,
    store: &Store,
    inquiry: InquiryRow,
) -> Result<Refreshed, Error> {
    ask(persona.clone(), store.clone(), inquiry, Source::Operator).await
}

/// It goes on when the caller goes away: what was asked for is worth keeping.
async fn ask(
    persona: persona_api::Client,
    store: Store,
    inquiry: InquiryRow,
    source: Source,
) -> Result<Refreshed, Error> {
    let tracker = store.clone();
    let work = async move {
        let (log, beginning) = (CallLog::default(), Beginning::now(&store));
        let persona = persona.with_log(&log);
        let check = OwnerCheck {
            persona: &persona,
            store: &store,
            user: &inquiry.user_id,
            deadline: Instant::now() + LIMIT,
        };
        let answer = check.retrieve(&inquiry.id, None).await;
        note_calls(&store, beginning, &log, &inquiry.user_id, &inquiry.id);
        match answer {
            Ok(answer) => {
                let word = Observation::of(&answer, inquiry.user_id, source);
                Ok(Refreshed::Asked(
                    with_timeout(status_update::apply(&store, &word)).await?,
                ))
            }
            Err(Error::Persona(error)) if error.kind == ErrorKind::NotFound => {
                Ok(Refreshed::Unknown)
            }
            Err(error) => {
                // Nothing was learned: the next who asks need not wait.
                let taken = [(inquiry.id, inquiry.user_id)];
                with_timeout(store.release_inquiries(&taken)).await?;
                Err(error)
            }
        }
    };
    tracker.run_to_completion(work).await.ok_or(Error::CutOff)?
}
