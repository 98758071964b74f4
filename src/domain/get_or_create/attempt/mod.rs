//! The durable attempt as a pure state machine: how one click, many tabs, several processes, lost
//! answers and crashes end in one inquiry.
//!
//! Before Persona is asked to create anything, a row says so: the idempotency key, the exact body,
//! the lease and the version (fencing token). With one key and one body Persona creates one
//! inquiry, however often and by whichever process they are sent
//! (docs.withpersona.com/docs/idempotence). The rules decide when the same key is sent again, and
//! when another one may be sent, which is the only way to a second inquiry.
//!
//! [`Machine::step`] decides without IO, clock or randomness: [`Now`] brings the time and
//! random values, `runner.rs` performs each [`Effect`], and its result is the next [`Input`].
//!
//! This file is longer than 400 lines because the table of transitions stands at its head.
//!
//! The row, as a click sees it:
//!
//! ```text
//!           begin                    complete: an inquiry is known
//!  idle ─────────────▶ held ─────────────────────────────────────────▶ idle
//!   ▲                  │  ▲
//!   │  its sends end   │  │ take over: look up, then resend the same key (rotate it if it is
//!  draining ◀──────────┤  │ unusable and nothing sent with it can still act)
//!     complete:        │  │
//!     Persona said no  └──▶ abandoned: the lease has run out (crash, pause) or was released
//! ```
//!
//! - The row is read before each lookup, and a write names the version that was read (the fencing
//!   token). It takes effect only if nobody has written the row since, so an empty lookup is still
//!   true when a write relies on it.
//! - The lease saves work; safety does not depend on it. If a lease holder is paused, another click
//!   may take over. The holder's next write then finds its version stale, and it looks again. If its
//!   next step was a send, it sends the same key and body, which create nothing new.
//! - Leases are in the database's time, because the clocks of several machines differ. The time of
//!   a moment is known as an interval: what others may still do is judged by its earliest end, what
//!   this click may still do by its latest.
//! - A lease further ahead than the rules allow was written by another clock. It counts until the
//!   row has been seen unchanged for the lease's length.
//! - Another key is safe only when nothing sent with the old one can still act:
//!   1. The old key is of no more use: it has failed twice, so its answer is a stored failure; or it
//!      is dead (below); or what is stored is not a valid key, so it was never sent.
//!   2. No send of it can be under way ([`rules::SEND_TIMEOUT`]).
//!   3. Persona can no longer act on a request that it has failed
//!      ([`rules::LATE_COMMIT_WINDOW`]). That may be another click's, failed at the end of its time.
//!   4. A lookup after all that is still empty.
//! - A key older than [`rules::KEY_LIFE`] is dead: Persona may have forgotten it and would create
//!   anew. If the body would be the same today, the key is sent all the same: it does no more harm
//!   than a new key, and a clock may have jumped. With another body it is rotated.
//! - The response to a repeated send may be stale: the inquiry is retrieved before it is used.
//!
//! All transitions of a click that has time and sends left; a test compares this table with what
//! the machine does. A wait beyond the click's deadline is `finish: busy` instead of a sleep, and a
//! retry beyond it a release. Completing and releasing go on even if their write finds the version
//! stale, because the attempt is then another click's.
//!
//! | state | input | next state | effect |
//! |---|---|---|---|
//! | reading | no row | looking up, row idle | look up |
//! | reading | complete, its sends over | looking up, row idle | look up |
//! | reading | complete, a send may act, lookup not due | polling | sleep |
//! | reading | complete, a send may act, lookup due | looking up, row draining | look up |
//! | reading | lease alive, lookup not due | polling | sleep |
//! | reading | lease alive, lookup due | looking up, row held | look up |
//! | reading | lease over | looking up, row abandoned | look up |
//! | polling | slept | reading | read row |
//! | looking up, row idle | failed | finished | finish: failed |
//! | looking up, row idle | denied | finished | finish: denied |
//! | looking up, row idle | unfinished | finished | finish: found |
//! | looking up, row idle | spent | expiring | expire |
//! | looking up, row idle | nothing | claiming | begin |
//! | looking up, row held | failed | finished | finish: failed |
//! | looking up, row held | denied | finished | finish: denied |
//! | looking up, row held | unfinished | finished | finish: found |
//! | looking up, row held | spent | expiring | expire |
//! | looking up, row held | nothing | polling | sleep |
//! | looking up, row draining | failed | finished | finish: failed |
//! | looking up, row draining | denied | finished | finish: denied |
//! | looking up, row draining | unfinished | finished | finish: found |
//! | looking up, row draining | spent | expiring | expire |
//! | looking up, row draining | nothing | polling | sleep |
//! | looking up, row abandoned | failed | finished | finish: failed |
//! | looking up, row abandoned | denied | finished | finish: denied |
//! | looking up, row abandoned | unfinished | completing | complete |
//! | looking up, row abandoned | spent | completing | complete |
//! | looking up, row abandoned | nothing | claiming | resend |
//! | looking up, row abandoned | nothing, key dead, today's body | claiming | resend |
//! | looking up, row abandoned | nothing, key dead, a send may act | polling | sleep |
//! | looking up, row abandoned | nothing, key dead | claiming | rotate key |
//! | looking up, row abandoned | nothing, key unreadable, a send may act | polling | sleep |
//! | looking up, row abandoned | nothing, key unreadable | claiming | rotate key |
//! | expiring | expired | polling | sleep |
//! | claiming | version stale | polling | sleep |
//! | claiming | written | sending | send |
//! | claiming | written, send's time over | claiming | resend |
//! | sending | unfinished | completing | complete |
//! | sending | ended | completing | complete, sends open |
//! | sending | rejected | completing | complete, sends open |
//! | sending | stopped | releasing | release |
//! | sending | not processed | budgeting | spend retry |
//! | sending | not processed, last send | releasing | release |
//! | sending | lost | budgeting | spend retry |
//! | sending | lost, last send | releasing | release |
//! | sending | failed | checking failure | look up |
//! | sending | foreign, key fresh | releasing | release |
//! | sending | foreign, key repeated | checking failure | look up |
//! | checking failure | failed | releasing | release |
//! | checking failure | denied | completing | complete, sends open |
//! | checking failure | spent | completing | complete, sends open |
//! | checking failure | unfinished | completing | complete |
//! | checking failure | nothing, first failure | budgeting | spend retry |
//! | checking failure | nothing, second failure | budgeting | spend retry |
//! | checking failure | nothing, last send | releasing | release |
//! | budgeting | granted | renewing | renew lease |
//! | budgeting | exhausted | releasing | release |
//! | renewing | version stale | polling | sleep |
//! | renewing | written, wait not over | sleeping | sleep |
//! | renewing | written, for the same key | claiming | resend |
//! | renewing | written, for another key | checking rotation | look up |
//! | sleeping | slept | renewing | renew lease |
//! | checking rotation | failed | releasing | release |
//! | checking rotation | denied | completing | complete, sends open |
//! | checking rotation | spent | completing | complete, sends open |
//! | checking rotation | unfinished | completing | complete |
//! | checking rotation | nothing | claiming | rotate key |
//! | completing | written, to look again | polling | sleep |
//! | completing | written, to expire | expiring | expire |
//! | completing | written, found | finished | finish: found |
//! | completing | written, created | finished | finish: created |
//! | completing | written, rejected | finished | finish: failed |
//! | releasing | written | finished | finish: failed |

mod effect;
mod row_view;
mod rules;
#[cfg(test)]
mod simulation;
mod state;
#[cfg(test)]
mod transitions;

use std::time::Duration;

use tokio::time::Instant;

use crate::store::{AttemptRow, AttemptWrite, FirstSend};
use persona_api::template_id_from_body;

pub(super) use self::effect::{CreateRequest, Effect, Input, Lookup, Now, Outcome, SendResult};
pub(super) use self::rules::Rules;
use self::{
    row_view::{Abandoned, RowStatus, RowView},
    rules::{MAX_POLL_BACKOFF, MAX_SENDS, POLL_BACKOFF, POLL_INTERVAL, ROTATION_TIME},
    state::{Claim, KeyUse, LeaseHolder, Next, State, Then, Wait, Wake},
};

/// One click's way to an inquiry.
pub(super) struct Machine {
    rules: Rules,
    /// When the click must have its result.
    deadline: Instant,
    /// The body of a new attempt, from the user's data of today.
    body: Vec<u8>,
    watch: Watch,
    state: State,
}

/// What a click remembers from one read of the row to the next.
struct Watch {
    /// The version last read, and when it was first read.
    last_version: Option<(i64, Instant)>,
    /// When to look again although the row is held.
    look_up_at: Instant,
    backoff: Duration,
}

type Transition = (State, Effect);

impl Machine {
    /// Begins a click.
    pub(super) fn start(
        rules: Rules,
        body: Vec<u8>,
        now: Instant,
        deadline: Instant,
    ) -> (Self, Effect) {
        let watch = Watch {
            last_version: None,
            look_up_at: now,
            backoff: POLL_BACKOFF,
        };
        let machine = Self {
            rules,
            deadline,
            body,
            watch,
            state: State::Reading,
        };
        (machine, Effect::ReadRow)
    }

    /// Takes the result of the last effect, and says what to do next.
    pub(super) fn step(mut self, now: &Now, input: Input) -> (Self, Effect) {
        let state = std::mem::replace(&mut self.state, State::Finished);
        let (state, effect) = match (state, input) {
            (State::Reading, Input::Row(row)) => self.on_row(now, row),
            (State::Polling, Input::Slept) => (State::Reading, Effect::ReadRow),
            (State::LookingUp(view), Input::LookedUp(lookup)) => self.on_lookup(now, view, lookup),
            (State::Expiring, Input::Expired) => self.look_again(now),
            (State::Claiming(_) | State::Renewing(..), Input::Written(None)) => {
                self.look_again(now)
            }
            (State::Claiming(holder), Input::Written(version)) => {
                self.send(now, LeaseHolder { version, ..holder })
            }
            (State::Sending(holder), Input::Sent(result)) => {
                self.on_send_result(now, holder, result)
            }
            (State::CheckingFailure(holder, wait), Input::LookedUp(Lookup::Nothing)) => {
                self.on_failure(now, holder, wait)
            }
            (State::CheckingRotation(holder), Input::LookedUp(Lookup::Nothing)) => {
                self.rotate_key(now, &holder)
            }
            (
                State::CheckingFailure(holder, _) | State::CheckingRotation(holder),
                Input::LookedUp(lookup),
            ) => on_late_lookup(&holder, lookup),
            (State::Budgeting(holder, wait), Input::Budget(true)) => {
                let at = now.instant + wait.duration;
                self.renew_lease(
                    now,
                    holder,
                    Wake {
                        at,
                        then: wait.then,
                    },
                )
            }
            (State::Budgeting(holder, _), Input::Budget(false)) => release(&holder),
            (State::Renewing(holder, wake), Input::Written(version)) => {
                self.on_renewed(now, LeaseHolder { version, ..holder }, wake)
            }
            (State::Sleeping(holder, wake), Input::Slept) => self.renew_lease(now, holder, wake),
            (State::Completing(Next::LookAgain), Input::Written(_)) => self.look_again(now),
            (State::Completing(Next::Expire), Input::Written(_)) => {
                (State::Expiring, Effect::ExpireSpent)
            }
            (State::Completing(Next::Finish(outcome)), Input::Written(_)) => finish(outcome),
            (State::Releasing, Input::Written(_)) => finish(Outcome::Failed),
            // Unreachable: the runner returns the input that belongs to the effect.
            _ => finish(Outcome::Failed),
        };
        self.state = state;
        (self, effect)
    }

    #[cfg(test)]
    fn looks_up_first(&self) -> bool {
        matches!(self.state, State::LookingUp(_))
    }

    fn on_row(&mut self, now: &Now, row: Option<AttemptRow>) -> Transition {
        let version = row.as_ref().map_or(0, |row| row.version);
        let since = match self.watch.last_version {
            Some((last, since)) if last == version => since,
            _ => now.instant,
        };
        self.watch.last_version = Some((version, since));
        let view = self
            .rules
            .view_row(now, row, now.instant.saturating_duration_since(since));
        let is_busy = matches!(view.status, RowStatus::Held | RowStatus::Draining);
        if is_busy && now.instant < self.watch.look_up_at {
            return self.poll(now);
        }
        let template = view.template.clone();
        (State::LookingUp(view), Effect::LookUp { template })
    }

    /// After the lookup that precedes every attempt.
    fn on_lookup(&mut self, now: &Now, view: RowView, lookup: Lookup) -> Transition {
        match (lookup, view.status) {
            (Lookup::Failed, _) => finish(Outcome::Failed),
            (Lookup::Denied, _) => finish(Outcome::Denied),
            // Other sends of the key can only return the same inquiry.
            (Lookup::Unfinished, RowStatus::Abandoned(abandoned)) => {
                complete(Some(abandoned.version), 0, Next::Finish(Outcome::Found))
            }
            (Lookup::Unfinished, _) => finish(Outcome::Found),
            (Lookup::Spent, RowStatus::Abandoned(abandoned)) => {
                complete(Some(abandoned.version), 0, Next::Expire)
            }
            (Lookup::Spent, _) => (State::Expiring, Effect::ExpireSpent),
            (Lookup::Nothing, RowStatus::Held | RowStatus::Draining) => self.look_again(now),
            (Lookup::Nothing, RowStatus::Idle { version }) => {
                let holder = self.new_holder(now, version);
                self.claim(now, holder, Claim::Begin)
            }
            (Lookup::Nothing, RowStatus::Abandoned(abandoned)) => self.take_over(now, abandoned),
        }
    }

    fn new_holder(&self, now: &Now, version: Option<i64>) -> LeaseHolder {
        LeaseHolder {
            version,
            key: now.new_key.clone(),
            body: self.body.clone(),
            key_use: KeyUse::Fresh,
            send_until: 0,
            may_act_until: 0,
            sends: 0,
        }
    }

    /// Continues an abandoned attempt with the same key and body, unless the key is dead.
    fn take_over(&mut self, now: &Now, abandoned: Abandoned) -> Transition {
        let age = now.clock_ms.saturating_sub(abandoned.key_since);
        let is_usable = age < ms(self.rules.key_life) || abandoned.body == self.body;
        let holder = self.new_holder(now, Some(abandoned.version));
        match abandoned.key {
            Some(key) if is_usable => {
                let holder = LeaseHolder {
                    key,
                    body: abandoned.body,
                    key_use: KeyUse::Repeated,
                    may_act_until: abandoned.may_act_until,
                    ..holder
                };
                self.claim(now, holder, Claim::Resend)
            }
            _ if abandoned.may_act => self.look_again(now),
            _ => self.claim(now, holder, Claim::RotateKey),
        }
    }

    /// Takes or keeps the lease, and announces a send.
    fn claim(&self, now: &Now, mut holder: LeaseHolder, claim: Claim) -> Transition {
        let lease_until = now.latest_ms + ms(self.rules.lease);
        let sent_until = now.latest_ms + ms(self.rules.send_timeout);
        holder.send_until = sent_until;
        let first_send = || FirstSend {
            idempotency_key: holder.key.as_str().to_owned(),
            key_since: now.clock_ms,
            body: holder.body.clone(),
            lease_until,
            sent_until,
        };
        let write = match claim {
            Claim::Begin => AttemptWrite::Begin(first_send()),
            Claim::RotateKey => AttemptWrite::RotateKey(first_send()),
            Claim::Resend => AttemptWrite::Resend {
                lease_until,
                sent_until,
            },
        };
        let version = holder.version;
        (State::Claiming(holder), Effect::Write { version, write })
    }

    /// Sends, unless the time of the announced send has run out during a pause: other clicks rely
    /// on its end.
    fn send(&self, now: &Now, mut holder: LeaseHolder) -> Transition {
        let left = holder.send_until - now.latest_ms;
        if left <= 0 {
            holder.key_use = holder.key_use.after_send();
            return self.claim(now, holder, Claim::Resend);
        }
        holder.sends += 1;
        let send_by = now.instant + Duration::from_millis(left.unsigned_abs());
        let request = CreateRequest {
            key: holder.key.clone(),
            body: holder.body.clone(),
            deadline: send_by.min(self.deadline),
            is_repeated: holder.key_use != KeyUse::Fresh,
            number: holder.sends,
        };
        (State::Sending(holder), Effect::Send(request))
    }

    fn on_send_result(&self, now: &Now, mut holder: LeaseHolder, result: SendResult) -> Transition {
        match result {
            SendResult::Unfinished => complete(holder.version, 0, Next::Finish(Outcome::Created)),
            SendResult::Ended => complete(holder.version, holder.may_act_until, Next::LookAgain),
            SendResult::Rejected => {
                let next = Next::Finish(Outcome::Failed);
                complete(holder.version, holder.may_act_until, next)
            }
            SendResult::NotProcessed(wait) => self.retry(now, holder, wait, Then::Resend),
            SendResult::Lost(wait) => {
                holder.may_act_until = holder.may_act_until.max(holder.send_until);
                self.retry(now, holder, wait, Then::Resend)
            }
            SendResult::Stopped => release(&holder),
            SendResult::Foreign(_) if holder.key_use == KeyUse::Fresh => release(&holder),
            SendResult::Failed(wait) | SendResult::Foreign(wait) => {
                let late = now.latest_ms + ms(self.rules.late_commit_window);
                holder.may_act_until = holder.may_act_until.max(late);
                let template = template_id_from_body(&holder.body);
                (
                    State::CheckingFailure(holder, wait),
                    Effect::LookUp { template },
                )
            }
        }
    }

    /// A send has failed and a lookup is empty: sends the same key again, or rotates it after a
    /// second failure, once nothing sent can act any more.
    fn on_failure(&self, now: &Now, mut holder: LeaseHolder, wait: Duration) -> Transition {
        if holder.key_use != KeyUse::Failed {
            holder.key_use = KeyUse::Failed;
            return self.retry(now, holder, wait, Then::Resend);
        }
        // Nothing acts for longer than this, whatever the clock says.
        let longest = self.rules.send_timeout + self.rules.late_commit_window;
        let left = (holder.may_act_until - now.earliest_ms).clamp(0, ms(longest));
        let wait = Duration::from_millis(left.unsigned_abs());
        self.retry(now, holder, wait, Then::RotateKey)
    }

    fn retry(&self, now: &Now, holder: LeaseHolder, duration: Duration, then: Then) -> Transition {
        let needed = match then {
            Then::Resend => duration,
            Then::RotateKey => duration + ROTATION_TIME,
        };
        if holder.sends < MAX_SENDS && self.has_time_for(now, needed) {
            let wait = Wait { duration, then };
            return (State::Budgeting(holder, wait), Effect::SpendRetry);
        }
        release(&holder)
    }

    fn renew_lease(&self, now: &Now, holder: LeaseHolder, wake: Wake) -> Transition {
        let lease_until = now.latest_ms + ms(self.rules.lease);
        let effect = Effect::Write {
            version: holder.version,
            write: AttemptWrite::RenewLease { lease_until },
        };
        (State::Renewing(holder, wake), effect)
    }

    fn on_renewed(&self, now: &Now, mut holder: LeaseHolder, wake: Wake) -> Transition {
        let left = wake.at.saturating_duration_since(now.instant);
        if !left.is_zero() {
            let nap = left.min(self.rules.lease / 2);
            return (State::Sleeping(holder, wake), Effect::Sleep(nap));
        }
        match wake.then {
            Then::Resend => {
                holder.key_use = holder.key_use.after_send();
                self.claim(now, holder, Claim::Resend)
            }
            Then::RotateKey => {
                let template = template_id_from_body(&holder.body);
                (State::CheckingRotation(holder), Effect::LookUp { template })
            }
        }
    }

    fn rotate_key(&self, now: &Now, holder: &LeaseHolder) -> Transition {
        let rotated = LeaseHolder {
            sends: holder.sends,
            ..self.new_holder(now, holder.version)
        };
        self.claim(now, rotated, Claim::RotateKey)
    }

    /// Reads the row again after a while, and looks up when it is free or the backoff has passed.
    fn look_again(&mut self, now: &Now) -> Transition {
        self.watch.look_up_at = now.instant + self.watch.backoff;
        self.watch.backoff = MAX_POLL_BACKOFF.min(self.watch.backoff * 2);
        self.poll(now)
    }

    /// Sleeps before the row is read again. While another click holds the lease, Persona is not
    /// asked.
    fn poll(&self, now: &Now) -> Transition {
        let wait = POLL_INTERVAL.mul_f64(0.3 + 0.7 * now.jitter);
        if !self.has_time_for(now, wait) {
            return finish(Outcome::Busy);
        }
        (State::Polling, Effect::Sleep(wait))
    }

    /// Whether the deadline is further away than this wait.
    fn has_time_for(&self, now: &Now, wait: Duration) -> bool {
        self.deadline.saturating_duration_since(now.instant) > wait
    }
}

/// After a lookup that found something, or failed, while this click holds the lease.
fn on_late_lookup(holder: &LeaseHolder, lookup: Lookup) -> Transition {
    match lookup {
        Lookup::Unfinished => complete(holder.version, 0, Next::Finish(Outcome::Created)),
        Lookup::Spent | Lookup::Denied => {
            complete(holder.version, holder.may_act_until, Next::LookAgain)
        }
        Lookup::Nothing | Lookup::Failed => release(holder),
    }
}

/// Completes the attempt. `sent_until` is 0 once an unfinished inquiry is known: other sends of the
/// key can only return the same inquiry. Otherwise a send whose response is unknown may still act.
fn complete(version: Option<i64>, sent_until: i64, next: Next) -> Transition {
    let write = AttemptWrite::Complete { sent_until };
    (State::Completing(next), Effect::Write { version, write })
}

/// Leaves the attempt to the next click, which need not wait for sends whose responses are known.
fn release(holder: &LeaseHolder) -> Transition {
    let effect = Effect::Write {
        version: holder.version,
        write: AttemptWrite::Release {
            sent_until: holder.may_act_until,
        },
    };
    (State::Releasing, effect)
}

fn finish(outcome: Outcome) -> Transition {
    (State::Finished, Effect::Finish(outcome))
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
