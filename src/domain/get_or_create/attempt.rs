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
//! - Leases are in the database's time, since the clocks of several machines differ. A lease that
//!   is further ahead than the rules allow counts until it was seen unchanged for its length.
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
    context::ClickContext,
    policy::{NextStep, is_unfinished, next_step},
};
use crate::{
    domain::{error::Error, ownership::Asked, user::User},
    model::TemplateId,
    persona::{
        self, ErrorKind, IdempotencyKey, Inquiry, NewInquiry, Operation, full_jitter,
        template_of_body,
    },
    store::{AttemptRow, DatabaseTime, FirstSend},
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

/// Reads a user's attempt for one click, and remembers since when its row has not changed.
#[derive(Debug, Default)]
pub(super) struct AttemptWatch {
    seen: Option<(i64, Instant)>,
}

/// A user's attempt as one click sees it.
pub(super) struct SeenAttempt {
    row: Option<AttemptRow>,
    /// The time that leases are in: the database's, since the processes' clocks may differ.
    time: DatabaseTime,
    /// Since when the row has been as it is, as far as this click knows.
    unchanged_since: Instant,
}

impl AttemptWatch {
    /// Reads the row.
    pub(super) async fn read(
        &mut self,
        context: &ClickContext,
        user: &User,
    ) -> Result<SeenAttempt, Error> {
        let began = Instant::now();
        let (time, row) = context.store.read_attempt(&user.id).await?;
        let turn = row.as_ref().map_or(0, |row| row.turn);
        let unchanged_since = match self.seen {
            Some((seen, since)) if seen == turn => since,
            _ => began,
        };
        self.seen = Some((turn, unchanged_since));
        Ok(SeenAttempt {
            row,
            time,
            unchanged_since,
        })
    }
}

impl SeenAttempt {
    /// The template that the attempt creates from, or has created from.
    pub(super) fn template(&self) -> Option<TemplateId> {
        let row = self.row.as_ref()?;
        let of_body = || template_of_body(row.body.as_ref()?);
        row.template_id.clone().or_else(of_body)
    }

    /// Whether somebody is writing the attempt, or a send of a refused one may still act.
    pub(super) fn is_under_way(&self) -> bool {
        self.row.as_ref().is_some_and(|row| match row.body {
            Some(_) => self.is_ahead(row.lease_until, LEASE),
            None => self.is_ahead(row.sent_until, SEND),
        })
    }

    /// Whether a moment lies ahead. One that is further ahead than the rules allow was written by
    /// another clock than the database's: it counts until the row has not changed for as long as
    /// it may stand for.
    fn is_ahead(&self, moment: i64, at_most: Duration) -> bool {
        let now = self.time.now_ms();
        let is_plausible = moment <= now + ms(at_most);
        moment > now && (is_plausible || self.unchanged_since.elapsed() < at_most)
    }

    /// Until when a send that is not ours may be under way: no longer than a send may take after
    /// the row was last seen to change.
    fn others_until(&self) -> i64 {
        let unchanged = ms(self.unchanged_since.elapsed());
        let latest = self.time.now_ms() + ms(SEND) - unchanged;
        self.row
            .as_ref()
            .map_or(0, |row| row.sent_until.min(latest))
    }
}

/// Settles an attempt whose writer is gone, now that an unfinished inquiry is known.
pub(super) async fn settle_forsaken(
    context: &ClickContext,
    user: &User,
    attempt: SeenAttempt,
) -> Result<(), Error> {
    if let Some(row) = &attempt.row
        && row.body.is_some()
        && !attempt.is_under_way()
    {
        context.store.settle_attempt(&user.id, row.turn, 0).await?;
    }
    Ok(())
}

/// Creates the user's inquiry: by a new attempt, or by continuing one that was left.
///
/// `attempt` is the row as it was before a lookup that found nothing to go on with.
pub(super) async fn create(
    context: &ClickContext,
    user: &User,
    attempt: SeenAttempt,
) -> Result<Outcome, Error> {
    let Some(writer) = Writer::take_turn(context, user, attempt).await? else {
        return Ok(Outcome::LookAgain);
    };
    tracing::info!("No incomplete inquiry found, creating new one");
    writer.run().await
}

/// The one who writes the attempt now.
struct Writer<'a> {
    context: &'a ClickContext,
    user: &'a User,
    /// The time that leases are in.
    time: DatabaseTime,
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
        context: &'a ClickContext,
        user: &'a User,
        attempt: SeenAttempt,
    ) -> Result<Option<Self>, Error> {
        let others_until = attempt.others_until();
        let is_sent = others_until > attempt.time.now_ms();
        let is_written = attempt.is_under_way();
        let mut writer = Self {
            context,
            user,
            time: attempt.time,
            turn: 0,
            key: new_key(),
            body: Vec::new(),
            sent_until: 0,
            others_until,
            is_repeated: false,
            has_failed: false,
        };

        let turn = match attempt.row {
            // Left by somebody: the very same again, unless the key is dead.
            Some(AttemptRow {
                body: Some(body),
                turn,
                key_since,
                idempotency_key,
                ..
            }) => {
                if is_written {
                    return Ok(None);
                }
                let key = IdempotencyKey::parse(idempotency_key);
                if key.is_none() {
                    tracing::error!(
                        reference_id = %user.id,
                        "the idempotency key in this user's row of `attempts` is unreadable, so it \
                         was never sent as it stands: another key is taken once nothing sent can \
                         be under way. Find out what has changed the table"
                    );
                }
                let now = context.clock.now_ms();
                let is_old = now.saturating_sub(key_since) >= ms(KEY_LIFE);
                let today = body_for(context, user)?;
                if let Some(key) = key.filter(|_| !is_old || body == today) {
                    writer.key = key;
                    writer.body = body;
                    writer.is_repeated = true;
                    writer.resend(turn).await?
                } else if is_sent {
                    return Ok(None);
                } else {
                    writer.body = today;
                    writer.rekey(turn).await?
                }
            }
            // A refused send whose answer is known, beside others that may still be under way.
            Some(_) if is_sent => None,
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
            let left = self.sent_until - self.time.now_ms();
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
                Ok(inquiry) => match self.confirm(inquiry).await {
                    Ok(inquiry) => return self.conclude(inquiry).await,
                    Err(error) => error,
                },
                Err(error) => error.into(),
            };
            let verdict = match &error {
                Error::Persona(error) if error.operation == Operation::CreateInquiry => {
                    self.judge(error, sends).await
                }
                // Persona may repeat this answer for the key for ever, like a failure.
                Error::Foreign(foreign)
                    if foreign.operation == Operation::CreateInquiry && self.is_repeated =>
                {
                    self.judge_failure(sends).await
                }
                _ => Ok(Verdict::Leave),
            };
            match verdict {
                Ok(Verdict::Again(wait)) => {
                    let may_go_on = sends < SENDS
                        && self.context.has_time_for(wait)
                        && self.context.persona.spend_retry();
                    if !may_go_on {
                        return self.leave(error).await;
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
                Ok(Verdict::Leave) => return self.leave(error).await,
                Ok(Verdict::Abandon) => {
                    self.settle(self.others_until).await?;
                    return Err(error);
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
        let failed_at = self.time.now_ms();
        self.others_until = self.others_until.max(failed_at + ms(LATE));
        if let Some(found) = self.look().await? {
            return Ok(Verdict::Done(found));
        }
        if !std::mem::replace(&mut self.has_failed, true) {
            return Ok(Verdict::Again(full_jitter(sends)));
        }

        // The same key has failed again. Another one may be tried when nothing can act any more.
        // No send is under way for longer than a send may be, whatever the clock says.
        let left = self.others_until - self.time.now_ms();
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

    /// The inquiry that Persona has answered with, once it is known to be the user's, and as it is
    /// now: the answer to a repeated send may be old news. `None` if it is no more.
    async fn confirm(&self, answered: Inquiry) -> Result<Option<Inquiry>, Error> {
        let check = self.context.owner_check(self.user);
        let template = template_of_body(&self.body);
        let template = template.as_ref().map(TemplateId::as_str);
        let asked = Asked {
            operation: Operation::CreateInquiry,
            id: None,
            template,
        };
        let confirmed = check.confirm(answered, asked).await;
        let confirmed = match confirmed {
            Ok(inquiry) if self.is_repeated => check.retrieve(&inquiry.id, template).await,
            confirmed => confirmed,
        };
        match confirmed {
            Ok(inquiry) => Ok(Some(inquiry)),
            Err(Error::Persona(error)) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Settles the attempt: its inquiry is known.
    async fn conclude(self, inquiry: Option<Inquiry>) -> Result<Outcome, Error> {
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
        let template = template_of_body(&self.body);
        let found = self.context.look_up(self.user, template.as_ref()).await?;
        Ok(
            match next_step(self.context.policy, &found, self.context.clock.now()) {
                NextStep::Continue(inquiry) => Some(Outcome::Inquiry(Box::new(inquiry.clone()))),
                NextStep::Deny(_) => Some(Outcome::LookAgain),
                NextStep::Create => None,
            },
        )
    }

    /// Waits, and has the row to itself meanwhile; `false` if somebody else has taken over. Who is
    /// followed while it only waits has waited for nothing, and its follower begins anew.
    async fn wait(&mut self, wait: Duration) -> Result<bool, Error> {
        let end = Instant::now() + wait;
        loop {
            let lease_until = self.time.now_ms() + ms(LEASE);
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
        let now = self.time.now_ms();
        FirstSend {
            idempotency_key: self.key.as_str(),
            body: &self.body,
            lease_until: now + ms(LEASE),
            sent_until: now + ms(SEND),
        }
    }
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

fn body_for(context: &ClickContext, user: &User) -> Result<Vec<u8>, Error> {
    let body = NewInquiry {
        template: &context.template,
        reference_id: user.id.as_str(),
        name_first: &user.first_name,
        name_last: &user.last_name,
        birthdate: &user.birthdate.to_string(),
    };
    Ok(body.to_body()?)
}
