//! One live stream: which changes it has sent, and which it sends next.
//!
//! The stream compares each inquiry with the change that it sent last for it, and does not rely on an
//! order among changes of different inquiries. Before it sends anything, it checks that the session
//! still exists: another process may have ended it.

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
    app::{live_hub::Subscription, session_store::ABSOLUTE},
    base::error_chain,
    domain::{self, InquirySummary},
    model::{InquiryId, InquiryStatus},
    store::{self, Store},
    web::live::Update,
};

/// How often an idle stream sends a heartbeat and checks its session.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a read may take, the wait for its permit included. A read that fails is repeated with the
/// next heartbeat.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The reconnection delay (`retry`), in milliseconds. It is random, so that not all browsers reconnect
/// at once.
const RECONNECT_DELAY_MS: std::ops::Range<u64> = 1_000..3_000;

/// The kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// `EventSource` in a browser. It hides comments from script, and reconnects after the end of a
    /// stream unless script closes it, for which it gets a `signed_out` event.
    Browser,
    /// Any other program, for which a comment is the heartbeat and the end of the body the end.
    Program,
}

/// A stream's state.
pub(crate) struct Follower {
    store: Store,
    subscription: Subscription,
    reader: Reader,
    /// The digest that names the session in the table.
    session: String,
    /// The last change that the browser got on an earlier stream.
    last_event_id: Option<i64>,
    /// The last change sent for each inquiry.
    sent: HashMap<InquiryId, (i64, InquiryStatus)>,
    /// Whether the first heartbeat, after the first changes, was sent.
    has_sent_heartbeat: bool,
    next: VecDeque<InquirySummary>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent yet.
    Begin,
    /// It sends changes.
    Follow {
        /// Whether the last read failed.
        is_behind: bool,
    },
    /// It has ended.
    End,
}

/// The result of a read.
enum ReadResult {
    SignedOut,
    /// The new changes are queued.
    Read,
    /// The database failed.
    Failed,
}

impl Follower {
    pub(crate) fn new(
        store: Store,
        subscription: Subscription,
        reader: Reader,
        session: String,
        last_event_id: Option<i64>,
    ) -> Self {
        Self {
            store,
            subscription,
            reader,
            session,
            last_event_id,
            sent: HashMap::new(),
            has_sent_heartbeat: reader == Reader::Program,
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

    /// The next event; `None` at the end.
    async fn next_event(&mut self) -> Option<Event> {
        let is_behind = match self.stage {
            Stage::Begin => {
                self.stage = Stage::Follow { is_behind: true };
                // Sent at once, so that the browser and proxies see that the stream is open.
                let retry_after =
                    Duration::from_millis(rand::rng().random_range(RECONNECT_DELAY_MS));
                return Some(Event::default().retry(retry_after).comment("live"));
            }
            Stage::Follow { is_behind } => is_behind,
            Stage::End => return None,
        };
        if let Some(summary) = self.next.pop_front() {
            return Some(event(&summary));
        }

        // A wake-up that yields no event must not postpone the heartbeat.
        let heartbeat = Instant::now() + HEARTBEAT;
        let mut must_read = is_behind;
        loop {
            if must_read {
                match self.read_changes().await {
                    ReadResult::SignedOut => return self.end(),
                    ReadResult::Read => self.stage = Stage::Follow { is_behind: false },
                    ReadResult::Failed => self.stage = Stage::Follow { is_behind: true },
                }
                if let Some(summary) = self.next.pop_front() {
                    return Some(event(&summary));
                }
            }
            if !self.has_sent_heartbeat {
                self.has_sent_heartbeat = true;
                return Some(self.alive());
            }
            match tokio::time::timeout_at(heartbeat, self.subscription.changed()).await {
                Ok(true) => must_read = true,
                Ok(false) => return None,
                Err(_) => {
                    // A failing database does not mean that the user has signed out.
                    let check = async {
                        let _permit = self.subscription.acquire_read_permit().await;
                        self.is_signed_in().await
                    };
                    return match tokio::time::timeout(READ_TIMEOUT, check).await {
                        Ok(Ok(false)) => self.end(),
                        Ok(Ok(true) | Err(_)) | Err(_) => Some(self.alive()),
                    };
                }
            }
        }
    }

    /// Heartbeat. The comment keeps proxies from timing out; browsers also get an `alive` event, because
    /// `EventSource` hides comments.
    fn alive(&self) -> Event {
        let comment = Event::default().comment("heartbeat");
        match self.reader {
            Reader::Browser => comment.event("alive").data("{}"),
            Reader::Program => comment,
        }
    }

    /// Ends the stream of a session that has ended. A browser gets a `signed_out` event, since it would
    /// reconnect and be rejected.
    fn end(&mut self) -> Option<Event> {
        self.stage = Stage::End;
        (self.reader == Reader::Browser).then(|| Event::default().event("signed_out").data("{}"))
    }

    /// Reads the changes since the last read.
    async fn read_changes(&mut self) -> ReadResult {
        let read = async {
            let _permit = self.subscription.acquire_read_permit().await;
            if !self.is_signed_in().await? {
                return Ok(None);
            }
            let summaries =
                domain::list_inquiry_summaries(&self.store, &self.subscription.user).await?;
            anyhow::Ok(Some(summaries))
        };
        let read = tokio::time::timeout(READ_TIMEOUT, read).await;
        let read = read.unwrap_or_else(|_| Err(anyhow::anyhow!("it took too long")));
        match read {
            Ok(Some(summaries)) => {
                self.take(summaries);
                ReadResult::Read
            }
            Ok(None) => ReadResult::SignedOut,
            Err(error) => {
                tracing::warn!(error = %error_chain(error.as_ref()), "a live stream could not read changes; it retries with the next heartbeat");
                ReadResult::Failed
            }
        }
    }

    /// Queues the changes that were not sent yet, in the order of their numbers.
    fn take(&mut self, mut summaries: Vec<InquirySummary>) {
        summaries.sort_by_key(|summary| summary.number);
        let newest = summaries.last().map_or(0, |summary| summary.number);
        // A number that has not been assigned yet comes from another database: it is ignored.
        let last_sent = self.last_event_id.take().filter(|id| *id <= newest);
        for summary in summaries {
            let now = (summary.number, summary.status.clone());
            let before = self.sent.insert(summary.inquiry_id.clone(), now.clone());
            let was_sent = last_sent.is_some_and(|id| summary.number <= id);
            if before != Some(now) && !was_sent {
                self.next.push_back(summary);
            }
        }
    }

    async fn is_signed_in(&self) -> Result<bool, store::Error> {
        let found = self.store.find_session(&self.session, ABSOLUTE).await?;
        let user = found.and_then(|session| session.user_id);
        Ok(user.as_deref() == Some(self.subscription.user.as_str()))
    }
}

fn event(summary: &InquirySummary) -> Event {
    let event = Event::default()
        .event("inquiry")
        .id(summary.number.to_string());
    // Three strings always serialise.
    event
        .json_data(Update::from(summary))
        .unwrap_or_else(|_| Event::default().comment("unreadable"))
}
