//! The durable attempt: how one click, many tabs, several processes, lost answers and crashes end
//! in one inquiry.
//!
//! Before Persona is asked to create anything, a row says so: the idempotency key, the exact body,
//! who writes and until when. With one key and one body Persona creates one inquiry, however often
//! they are sent and by whomever (docs.withpersona.com/docs/idempotence). So the whole art is to
//! know when the same key must be sent again, and when another one may be.
//!
//! ```text
//!            begin: key, body, lease             an inquiry is known, or Persona said no
//! settled ─────────────────────────▶ sending ─────────────────────────────────────────▶ settled
//!    ▲                               │  ▲  │
//!    │                               │  └──┘ 429, 401, lost answer, first failure: the same key
//!    │                               │       again (a failure is a 5xx, a 409, an unreadable answer)
//!    │                               └─ the same key failed again, a while has passed, a lookup is
//!    │                                  still empty: another key
//!    │
//!    └── forsaken (crash, pause): the next click looks first, then sends the same key again
//! ```
//!
//! - A lookup always comes before. An unfinished inquiry that it sees settles the attempt.
//! - The lease keeps two writers from doing the same work; it is not what keeps the promise. A
//!   writer that was paused and wakes up after another took over finds its turn gone and looks
//!   again; if it was about to send, it sends the same key, which creates nothing new.
//! - Another key is safe only when nothing sent with the old one can still act: its answer is known
//!   to be a stored failure, no other send of it may be under way, and [`LATE`] has passed, for a
//!   server that acts after it has answered.
//! - A key older than [`KEY_LIFE`] is dead: Persona may have forgotten it and would create anew.
//!   With the body that would be sent today that does no harm, nor if the clock alone has jumped
//!   and the key is in use; with another body the key is left behind.
//! - An answer to a repeated send may be old news: the inquiry is read before it is believed.

use std::time::Duration;

use rand::RngCore as _;
use tokio::time::Instant;

use super::{
    context::GetOrCreate,
    error::Error,
    policy::{NextStep, is_unfinished, next_step},
    user::User,
};
use crate::{
    persona::{self, ErrorKind, IdempotencyKey, Inquiry, NewInquiry, full_jitter},
    store::{AttemptRow, FirstSend},
};

/// How long a writer has the row to itself after each step.
const LEASE: Duration = Duration::from_secs(5);
/// How long a send may be under way: Persona's time limit, as the client has it, and a little.
const SEND: Duration = Duration::from_secs(11);
/// How long after a failure Persona may still act on the request.
const LATE: Duration = Duration::from_secs(5);
/// How long a key is good for. Persona keeps it for 24 hours at least.
const KEY_LIFE: Duration = Duration::from_secs(23 * 60 * 60);
/// How often one click sends at most.
const SENDS: u32 = 6;

/// What an attempt to create leads to.
pub(super) enum Outcome {
    /// The user's unfinished inquiry.
    Inquiry(Box<Inquiry>),
    /// Somebody else is at work, or what was learned is not the end: look again.
    LookAgain,
}

/// Whether somebody is writing the attempt, or a send of a refused one may still act.
pub(super) fn is_under_way(attempt: &AttemptRow, now: i64) -> bool {
    match attempt.body {
        Some(_) => is_future(attempt.lease_until, LEASE, now),
        None => is_future(attempt.sent_until, SEND, now),
    }
}

/// Settles an attempt whose writer is gone, now that an unfinished inquiry is known.
pub(super) async fn settle_forsaken(
    context: &GetOrCreate,
    user: &User,
    attempt: Option<AttemptRow>,
) -> Result<(), Error> {
    if let Some(attempt) = attempt
        && attempt.body.is_some()
        && !is_future(attempt.lease_until, LEASE, context.clock.now_ms())
    {
        context
            .store
            .settle_attempt(&user.id, attempt.turn, 0)
            .await?;
    }
    Ok(())
}

/// Creates the user's inquiry: by a new attempt, or by continuing one that was left.
///
/// `attempt` is the row as it was before a lookup that found nothing to go on with.
pub(super) async fn create(
    context: &GetOrCreate,
    user: &User,
    attempt: Option<AttemptRow>,
) -> Result<Outcome, Error> {
    let Some(writer) = Writer::take_turn(context, user, attempt).await? else {
        return Ok(Outcome::LookAgain);
    };
    tracing::info!("No incomplete inquiry found, creating new one");
    writer.run().await
}

/// The one who writes the attempt now.
struct Writer<'a> {
    context: &'a GetOrCreate,
    user: &'a User,
    turn: i64,
    key: IdempotencyKey,
    body: Vec<u8>,
    /// Until when this turn's send must have its answer.
    sent_until: i64,
    /// Until when Persona may still act on sends of this key: those whose answers are not known,
    /// and those it has failed.
    others_until: i64,
    /// Whether the key may have been sent before.
    is_repeated: bool,
    /// Whether this click has seen the key fail, by an answer that may be repeated for ever.
    has_failed: bool,
}

/// What follows from a failed send.
enum Verdict {
    /// Send the same again after a wait.
    Again(Duration),
    /// The end of the writing, with this outcome.
    Done(Outcome),
    /// The end of the click. The attempt stays for the next one.
    Leave,
    /// The end of the attempt: Persona said no.
    Abandon,
}

impl<'a> Writer<'a> {
    /// Begins a new attempt or takes over a forsaken one; `None` if somebody else has it.
    async fn take_turn(
        context: &'a GetOrCreate,
        user: &'a User,
        attempt: Option<AttemptRow>,
    ) -> Result<Option<Self>, Error> {
        let now = context.clock.now_ms();
        let others_until = attempt.as_ref().map_or(0, |it| it.sent_until);
        let is_under_way = is_future(others_until, SEND, now);
        let mut writer = Self {
            context,
            user,
            turn: 0,
            key: new_key(),
            body: Vec::new(),
            sent_until: 0,
            others_until,
            is_repeated: false,
            has_failed: false,
        };

        let turn = match attempt {
            // Left by somebody: the very same again, unless the key is dead.
            Some(AttemptRow {
                body: Some(body),
                turn,
                lease_until,
                key_since,
                idempotency_key,
                ..
            }) => {
                if is_future(lease_until, LEASE, now) {
                    return Ok(None);
                }
                let is_dead = now.saturating_sub(key_since) >= ms(KEY_LIFE);
                let today = body_for(context, user)?;
                if is_dead && is_under_way {
                    return Ok(None);
                } else if !is_dead || body == today {
                    writer.key = IdempotencyKey::parse(idempotency_key).unwrap_or(writer.key);
                    writer.body = body;
                    writer.is_repeated = true;
                    writer.resend(turn).await?
                } else {
                    writer.body = today;
                    writer.rekey(turn).await?
                }
            }
            // A refused send whose answer is known, beside others that may still be under way.
            Some(_) if is_under_way => None,
            settled_or_none => {
                writer.body = body_for(context, user)?;
                let read_turn = settled_or_none.map(|attempt| attempt.turn);
                let send = writer.first_send();
                let turn = context
                    .store
                    .begin_attempt(&user.id, read_turn, send)
                    .await?;
                writer.sent_until = send.sent_until;
                turn
            }
        };
        let Some(turn) = turn else { return Ok(None) };
        writer.turn = turn;
        Ok(Some(writer))
    }

    /// Sends until the inquiry is known, or this click can do no more.
    async fn run(mut self) -> Result<Outcome, Error> {
        let mut sends = 0;
        loop {
            // Right before each send: may it still be sent? Not after a pause in which its time ran
            // out, since others count on that.
            let left = self.sent_until - self.context.clock.now_ms();
            if left <= 0 {
                let Some(turn) = self.resend(self.turn).await? else {
                    return Ok(Outcome::LookAgain);
                };
                self.turn = turn;
                self.is_repeated = true;
                continue;
            }
            let limit = Instant::now() + Duration::from_millis(left.unsigned_abs());
            sends += 1;
            let sent = self
                .context
                .persona
                .create_inquiry(
                    self.body.clone(),
                    Some(&self.key),
                    limit.min(self.context.deadline),
                )
                .await;
            let error = match sent {
                Ok(inquiry) => return self.conclude(inquiry).await,
                Err(error) => error,
            };
            match self.judge(&error, sends).await {
                Ok(Verdict::Again(wait)) => {
                    let may_go_on = sends < SENDS
                        && self.context.has_time_for(wait)
                        && self.context.persona.spend_retry();
                    if !may_go_on {
                        return self.leave(error.into()).await;
                    }
                    if !self.wait(wait).await? {
                        return Ok(Outcome::LookAgain);
                    }
                    let Some(turn) = self.resend(self.turn).await? else {
                        return Ok(Outcome::LookAgain);
                    };
                    self.turn = turn;
                    self.is_repeated = true;
                }
                Ok(Verdict::Done(outcome)) => {
                    self.settle(0).await?;
                    return Ok(outcome);
                }
                Ok(Verdict::Leave) => return self.leave(error.into()).await,
                Ok(Verdict::Abandon) => {
                    self.settle(self.others_until).await?;
                    return Err(error.into());
                }
                Err(error) => return self.leave(error).await,
            }
        }
    }

    /// Decides what a failed send means.
    async fn judge(&mut self, error: &persona::Error, sends: u32) -> Result<Verdict, Error> {
        match &error.kind {
            // Nothing was done, or it is not known: the same key finds out.
            ErrorKind::RateLimited { reset_after } => Ok(Verdict::Again(
                reset_after.unwrap_or_else(|| full_jitter(sends)),
            )),
            ErrorKind::Unreachable(_) | ErrorKind::NoTimeLeft => {
                Ok(Verdict::Again(full_jitter(sends)))
            }
            ErrorKind::Timeout | ErrorKind::LostAnswer => {
                self.others_until = self.others_until.max(self.sent_until);
                Ok(Verdict::Again(full_jitter(sends)))
            }
            // Decided before the key is looked at, and no retry will help.
            ErrorKind::Unauthorized | ErrorKind::Paused => Ok(Verdict::Leave),
            // It may have acted, and Persona may repeat this answer for the key for ever.
            ErrorKind::Unavailable { .. }
            | ErrorKind::Conflict { .. }
            | ErrorKind::Unreadable { .. } => self.judge_failure(sends).await,
            ErrorKind::NotFound | ErrorKind::Rejected { .. } | ErrorKind::Forbidden { .. } => {
                if matches!(
                    error.kind,
                    ErrorKind::NotFound | ErrorKind::Rejected { status: 400, .. }
                ) {
                    // Sandbox keys cannot read templates: this may be the first proof of a wrong one.
                    tracing::error!(
                        "Persona refuses to create an inquiry: check PERSONA_INQUIRY_TEMPLATE_ID \
                         (in Persona's dashboard, Inquiries > Templates)"
                    );
                }
                Ok(Verdict::Abandon)
            }
        }
    }

    /// Such an answer says nothing about what was done: look, send the same key, and only if that
    /// fails again and nothing can act any more, another one.
    async fn judge_failure(&mut self, sends: u32) -> Result<Verdict, Error> {
        let failed_at = self.context.clock.now_ms();
        self.others_until = self.others_until.max(failed_at + ms(LATE));
        if let Some(found) = self.look().await? {
            return Ok(Verdict::Done(found));
        }
        if !std::mem::replace(&mut self.has_failed, true) {
            return Ok(Verdict::Again(full_jitter(sends)));
        }

        // The same key has failed again. Another one may be tried when nothing can act any more.
        // No send is under way for longer than a send may be, whatever the clock says.
        let left = self.others_until - self.context.clock.now_ms();
        let wait = Duration::from_millis(left.clamp(0, ms(SEND)).unsigned_abs());
        if !self.context.has_time_for(wait + Duration::from_secs(1)) {
            return Ok(Verdict::Leave);
        }
        if !self.wait(wait).await? {
            return Ok(Verdict::Done(Outcome::LookAgain));
        }
        if let Some(found) = self.look().await? {
            return Ok(Verdict::Done(found));
        }
        self.key = new_key();
        self.body = body_for(self.context, self.user)?;
        let Some(turn) = self.rekey(self.turn).await? else {
            return Ok(Verdict::Done(Outcome::LookAgain));
        };
        self.turn = turn;
        self.is_repeated = false;
        self.others_until = 0;
        self.has_failed = false;
        Ok(Verdict::Again(Duration::ZERO))
    }

    /// Persona has answered with an inquiry. Settles the attempt, and believes what is true now.
    async fn conclude(self, answered: Inquiry) -> Result<Outcome, Error> {
        let inquiry = if self.is_repeated {
            match self
                .context
                .persona
                .retrieve_inquiry(&answered.id, self.context.deadline)
                .await
            {
                Ok(inquiry) => Some(inquiry),
                Err(error) if error.kind == ErrorKind::NotFound => None,
                Err(error) => return self.leave(error.into()).await,
            }
        } else {
            Some(answered)
        };
        self.settle(0).await?;
        Ok(inquiry
            .filter(is_unfinished)
            .map_or(Outcome::LookAgain, |it| Outcome::Inquiry(Box::new(it))))
    }

    /// Ends the attempt. Once its inquiry is known, whatever else was sent with the key can only
    /// repeat the answer; after a refusal, a send whose answer was lost may still act for a while.
    async fn settle(&self, sent_until: i64) -> Result<(), Error> {
        Ok(self
            .context
            .store
            .settle_attempt(&self.user.id, self.turn, sent_until)
            .await?)
    }

    /// Frees the lease and leaves the attempt to the next click, which need not wait for sends whose
    /// answers are known.
    async fn leave(self, error: Error) -> Result<Outcome, Error> {
        self.context
            .store
            .release_attempt(&self.user.id, self.turn, self.others_until)
            .await?;
        Err(error)
    }

    /// Looks whether there is something to go on with by now.
    async fn look(&self) -> Result<Option<Outcome>, Error> {
        let found = self.context.look_up(self.user).await?;
        Ok(
            match next_step(self.context.policy, &found, self.context.clock.now()) {
                NextStep::Continue(inquiry) => Some(Outcome::Inquiry(Box::new(inquiry.clone()))),
                NextStep::Refuse(_) => Some(Outcome::LookAgain),
                NextStep::Create => None,
            },
        )
    }

    /// Waits, and has the row to itself meanwhile; `false` if somebody else has taken over. Who is
    /// followed while it only waits has waited for nothing, and its follower begins anew.
    async fn wait(&mut self, wait: Duration) -> Result<bool, Error> {
        let end = Instant::now() + wait;
        loop {
            let lease_until = self.context.clock.now_ms() + ms(LEASE);
            let store = &self.context.store;
            let held = store.hold_attempt(&self.user.id, self.turn, lease_until);
            let Some(turn) = held.await? else {
                return Ok(false);
            };
            self.turn = turn;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(true);
            }
            tokio::time::sleep(left.min(LEASE / 2)).await;
        }
    }

    /// Writes down that the same is sent again, and until when.
    async fn resend(&mut self, turn: i64) -> Result<Option<i64>, Error> {
        let FirstSend {
            lease_until,
            sent_until,
            ..
        } = self.first_send();
        let store = &self.context.store;
        let turn = store
            .resend_attempt(&self.user.id, turn, lease_until, sent_until)
            .await?;
        self.sent_until = sent_until;
        Ok(turn)
    }

    /// Writes down that another key and body are sent from now on.
    async fn rekey(&mut self, turn: i64) -> Result<Option<i64>, Error> {
        let send = self.first_send();
        let turn = self
            .context
            .store
            .rekey_attempt(&self.user.id, turn, send)
            .await?;
        self.sent_until = send.sent_until;
        Ok(turn)
    }

    fn first_send(&self) -> FirstSend<'_> {
        let now = self.context.clock.now_ms();
        FirstSend {
            idempotency_key: self.key.as_str(),
            body: &self.body,
            lease_until: now + ms(LEASE),
            sent_until: now + ms(SEND),
        }
    }
}

/// Whether a moment lies ahead, and no further than it can by the rules: after the clock was set
/// back, a moment far ahead means nothing.
fn is_future(moment: i64, at_most: Duration, now: i64) -> bool {
    moment > now && moment <= now + ms(at_most)
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A key that no attempt had before: random, so that a database that was lost and made again does
/// not meet the keys of its former life.
fn new_key() -> IdempotencyKey {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    IdempotencyKey::random(bytes)
}

fn body_for(context: &GetOrCreate, user: &User) -> Result<Vec<u8>, Error> {
    let body = NewInquiry {
        template: &context.template,
        reference_id: &user.id,
        name_first: &user.first_name,
        name_last: &user.last_name,
        birthdate: &user.birthdate.to_string(),
    };
    Ok(body.to_body()?)
}
