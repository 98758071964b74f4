//! One live stream: what it has told, and what it tells next.
//!
//! It compares each inquiry with what it has told of it, and relies on no order among the changes of
//! different inquiries. Before anything is told, the session must still be there: it may have been
//! ended by another process.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    time::Duration,
};

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use rand::RngExt as _;
use tokio::time::Instant;

use crate::{
    app::{live_hub::Seat, session_store::ABSOLUTE},
    base::error_chain,
    domain::{self, InquirySummary},
    model::{InquiryId, InquiryStatus},
    store::{self, Store},
    web::live::Update,
};

/// How often a silent stream says that it is alive, and looks whether it still may be.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream may wait for its turn and for the database. What it did not see then it looks
/// at again with the next heartbeat.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// When a browser comes back after the end of the stream, in milliseconds: not all at once.
const COME_BACK_MS: std::ops::Range<u64> = 1_000..3_000;

/// Who reads a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Script in a browser. It sees no comments, and comes back unless it is told not to.
    Browser,
    /// Any other program, which knows by a comment that the stream is alive and by the end that it
    /// is over.
    Program,
}

/// A stream's state.
pub(crate) struct Follower {
    store: Store,
    seat: Seat,
    reader: Reader,
    /// What the table knows the session by.
    session: String,
    /// The last change that the browser has seen before, on another stream.
    last_event_id: Option<i64>,
    /// What has been told of each inquiry.
    told: HashMap<InquiryId, (i64, InquiryStatus)>,
    /// Whether the browser has been told that it is alive, after what there was to tell first.
    has_said_alive: bool,
    next: VecDeque<InquirySummary>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing has been said yet.
    Begin,
    /// It tells what is new.
    Follow {
        /// Whether the database could not be read when it should have been.
        is_behind: bool,
    },
    /// It is over.
    End,
}

/// What the looking led to.
enum Look {
    SignedOut,
    Seen,
    /// The database failed.
    Failed,
}

impl Follower {
    pub(crate) fn new(
        store: Store,
        seat: Seat,
        reader: Reader,
        session: String,
        last_event_id: Option<i64>,
    ) -> Self {
        Self {
            store,
            seat,
            reader,
            session,
            last_event_id,
            told: HashMap::new(),
            has_said_alive: reader == Reader::Program,
            next: VecDeque::new(),
            stage: Stage::Begin,
        }
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut follower| async {
            let event = follower.next_event().await?;
            Some((Ok(event), follower))
        })
    }

    /// The next thing to say; `None` at the end.
    async fn next_event(&mut self) -> Option<Event> {
        let is_behind = match self.stage {
            Stage::Begin => {
                self.stage = Stage::Follow { is_behind: true };
                // At once, so that the browser and what is between know that it is open.
                let come_back = Duration::from_millis(rand::rng().random_range(COME_BACK_MS));
                return Some(Event::default().retry(come_back).comment("live"));
            }
            Stage::Follow { is_behind } => is_behind,
            Stage::End => return None,
        };
        if let Some(standing) = self.next.pop_front() {
            return Some(event(&standing));
        }

        // Waking for nothing is no saying.
        let heartbeat = Instant::now() + HEARTBEAT;
        let mut must_look = is_behind;
        loop {
            if must_look {
                match self.look().await {
                    Look::SignedOut => return self.end(),
                    Look::Seen => self.stage = Stage::Follow { is_behind: false },
                    Look::Failed => self.stage = Stage::Follow { is_behind: true },
                }
                if let Some(standing) = self.next.pop_front() {
                    return Some(event(&standing));
                }
            }
            if !self.has_said_alive {
                self.has_said_alive = true;
                return Some(self.alive());
            }
            match tokio::time::timeout_at(heartbeat, self.seat.woken()).await {
                Ok(true) => must_look = true,
                Ok(false) => return None,
                Err(_) => {
                    // A database that fails does not say that anyone has signed out.
                    let asked = async {
                        let _turn = self.seat.turn_to_read().await;
                        self.is_signed_in().await
                    };
                    return match tokio::time::timeout(LOOK_LIMIT, asked).await {
                        Ok(Ok(false)) => self.end(),
                        Ok(Ok(true) | Err(_)) | Err(_) => Some(self.alive()),
                    };
                }
            }
        }
    }

    /// Says that it is alive: to what is between, which knows comments, and to script.
    fn alive(&self) -> Event {
        let comment = Event::default().comment("heartbeat");
        match self.reader {
            Reader::Browser => comment.event("alive").data("{}"),
            Reader::Program => comment,
        }
    }

    /// Ends it, with a word to a browser, which would come back to be refused.
    fn end(&mut self) -> Option<Event> {
        self.stage = Stage::End;
        (self.reader == Reader::Browser).then(|| Event::default().event("signed_out").data("{}"))
    }

    /// Reads what is new.
    async fn look(&mut self) -> Look {
        let looked = async {
            let _turn = self.seat.turn_to_read().await;
            if !self.is_signed_in().await? {
                return Ok(None);
            }
            let standings = domain::list_inquiry_summaries(&self.store, &self.seat.user).await?;
            anyhow::Ok(Some(standings))
        };
        let looked = tokio::time::timeout(LOOK_LIMIT, looked).await;
        let looked = looked.unwrap_or_else(|_| Err(anyhow::anyhow!("it took too long")));
        match looked {
            Ok(Some(standings)) => {
                self.take(standings);
                Look::Seen
            }
            Ok(None) => Look::SignedOut,
            Err(error) => {
                tracing::warn!(error = %error_chain(error.as_ref()), "a live stream is behind");
                Look::Failed
            }
        }
    }

    /// Notes what has not been told yet, in the order in which it was noticed.
    fn take(&mut self, mut standings: Vec<InquirySummary>) {
        standings.sort_by_key(|standing| standing.number);
        let newest = standings.last().map_or(0, |standing| standing.number);
        // A number that is not ours yet is from another database: it says nothing.
        let seen_before = self.last_event_id.take().filter(|seen| *seen <= newest);
        for standing in standings {
            let now = (standing.number, standing.status.clone());
            let before = self.told.insert(standing.inquiry_id.clone(), now.clone());
            let is_seen = seen_before.is_some_and(|seen| standing.number <= seen);
            if before != Some(now) && !is_seen {
                self.next.push_back(standing);
            }
        }
    }

    async fn is_signed_in(&self) -> Result<bool, store::Error> {
        let found = self.store.find_session(&self.session, ABSOLUTE).await?;
        let user = found.and_then(|session| session.user_id);
        Ok(user.as_deref() == Some(self.seat.user.as_str()))
    }
}

fn event(standing: &InquirySummary) -> Event {
    let event = Event::default()
        .event("inquiry")
        .id(standing.number.to_string());
    // Three texts are always JSON.
    event
        .json_data(Update::from(standing))
        .unwrap_or_else(|_| Event::default().comment("unreadable"))
}
