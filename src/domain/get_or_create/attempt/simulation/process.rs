//! The processes in which clicks run: their machines, clocks, pauses and crashes.

use std::{fmt, time::Duration};

use persona_api::IdempotencyKey;

use super::{
    Broken,
    world::{Event, SECOND, START, World, ms},
};
use crate::{
    domain::get_or_create::attempt::{
        Effect, Input, Machine, Now, Outcome, SendResult, rules::SEND_TIMEOUT,
    },
    store::AttemptWrite,
};

const CLICK_TIMEOUT_MS: i64 = 14 * SECOND;

pub(super) struct Click {
    /// `None` once it has ended or crashed.
    pub(super) machine: Option<Machine>,
    pub(super) effect: Option<Effect>,
    pub(super) input: Option<Input>,
    pub(super) process: usize,
    pub(super) began: i64,
    pub(super) ended: i64,
    /// The database's time as it was read, and when, by the monotonic time and by the clock.
    pub(super) read_ms: i64,
    pub(super) asked: (i64, i64),
    pub(super) answered: (i64, i64),
    /// When the send that it has announced is over.
    pub(super) send_until: i64,
    pub(super) awaits: Option<usize>,
    pub(super) handed_out: Option<usize>,
}

impl World<'_> {
    pub(super) fn start(&mut self) {
        let (now, click) = (self.instant(self.now), self.clicks.len());
        let deadline = now + Duration::from_millis(CLICK_TIMEOUT_MS.unsigned_abs());
        let (machine, effect) = Machine::start(self.rules, vec![self.name], now, deadline);
        self.clicks.push(Click {
            machine: Some(machine),
            effect: Some(effect),
            input: None,
            process: click % self.clocks.len(),
            began: self.now,
            ended: 0,
            read_ms: 0,
            asked: (self.now, 0),
            answered: (self.now, 0),
            send_until: 0,
            awaits: None,
            handed_out: None,
        });
        self.outcomes.push(None);
        self.issue(click);
    }

    pub(super) fn clock(&self, click: usize) -> (i64, i64) {
        (self.now, self.now + self.clocks[self.clicks[click].process])
    }

    pub(super) fn issue(&mut self, click: usize) {
        if self.one_in(60) {
            self.note(|| format!("click {click} crashes"));
            self.clicks[click].machine = None;
            return;
        }
        let sleep = match &self.clicks[click].effect {
            Some(Effect::Sleep(duration)) => ms(*duration),
            _ => 0,
        };
        self.clicks[click].asked_if_reading(self.now, self.clocks);
        let wait = sleep + self.step_ms();
        self.after(wait, Event::Act(click));
    }

    /// The effect acts on the world.
    pub(super) fn act(&mut self, click: usize) {
        if self.clicks[click].machine.is_none() {
            return;
        }
        let effect = self.clicks[click].effect.take().unwrap();
        self.note(|| format!("click {click} acts: {effect}"));
        let input = match effect {
            Effect::ReadRow => {
                self.clicks[click].read_ms = self.now;
                Input::Row(self.row.clone())
            }
            Effect::LookUp { .. } => Input::LookedUp(self.look_up(click)),
            Effect::Write { version, write } => Input::Written(self.write(version, &write)),
            Effect::Send(request) => return self.send(click, request),
            Effect::SpendRetry => Input::Budget(!self.one_in(20)),
            Effect::Sleep(_) => Input::Slept,
            Effect::ExpireSpent => {
                for inquiry in self.inquiries.iter_mut().filter(|inquiry| inquiry.is_spent) {
                    inquiry.ended.get_or_insert(self.now);
                }
                Input::Expired
            }
            Effect::Finish(outcome) => return self.finish(click, outcome),
        };
        self.clicks[click].input = Some(input);
        // A process may die after it has written and before it knows.
        if self.one_in(60) {
            self.note(|| format!("click {click} crashes"));
            self.clicks[click].machine = None;
            return;
        }
        let wait = self.step_ms();
        self.after(wait, Event::Deliver(click));
    }

    pub(super) fn deliver(&mut self, click: usize) {
        let clock = self.clock(click);
        let Some(machine) = self.clicks[click].machine.take() else {
            return;
        };
        let input = self.clicks[click].input.take().unwrap();
        if matches!(input, Input::Row(_)) {
            self.clicks[click].answered = clock;
        }
        self.next_key += 1;
        let now = Now {
            instant: self.instant(self.now),
            earliest_ms: match self.broken {
                Broken::QuestionTime => self.clicks[click].latest_ms(clock),
                _ => self.clicks[click].earliest_ms(clock),
            },
            latest_ms: self.clicks[click].latest_ms(clock),
            clock_ms: clock.1,
            jitter: 0.5,
            new_key: IdempotencyKey::from_bytes(self.next_key.to_be_bytes()),
        };
        let (machine, effect) = machine.step(&now, input);
        if let Effect::Write {
            write: AttemptWrite::Begin(_) | AttemptWrite::RotateKey(_) | AttemptWrite::Resend { .. },
            ..
        } = effect
        {
            self.clicks[click].send_until = self.now + ms(SEND_TIMEOUT);
        }
        self.clicks[click].machine = Some(machine);
        self.clicks[click].effect = Some(effect);
        self.issue(click);
    }

    pub(super) fn send_result(&mut self, click: usize, result: SendResult) {
        self.note(|| format!("click {click} gets {result:?}"));
        self.clicks[click].awaits = None;
        self.clicks[click].input = Some(Input::Sent(result));
        let wait = self.step_ms();
        self.after(wait, Event::Deliver(click));
    }

    pub(super) fn backoff(&self) -> Duration {
        Duration::from_millis(80)
    }

    pub(super) fn finish(&mut self, click: usize, outcome: Outcome) {
        let Click {
            began, handed_out, ..
        } = self.clicks[click];
        self.clicks[click].machine = None;
        self.clicks[click].ended = self.now;
        self.outcomes[click] = Some(outcome);
        if matches!(outcome, Outcome::Found | Outcome::Created) {
            let ended = self.inquiries[handed_out.unwrap()].ended;
            if ended.is_some_and(|ended| ended < began) {
                self.violation = Some("an inquiry is handed out that had ended".to_owned());
            }
        }
    }
}

impl Click {
    pub(super) fn asked_if_reading(&mut self, now: i64, clocks: [i64; 3]) {
        if matches!(self.effect, Some(Effect::ReadRow)) {
            self.asked = (now, now + clocks[self.process]);
        }
    }

    /// As `DatabaseTime` has it.
    pub(super) fn earliest_ms(&self, clock: (i64, i64)) -> i64 {
        let (monotonic, by_clock) = (clock.0 - self.answered.0, clock.1 - self.answered.1);
        self.read_ms + monotonic.min(by_clock).max(0)
    }

    pub(super) fn latest_ms(&self, clock: (i64, i64)) -> i64 {
        let (monotonic, by_clock) = (clock.0 - self.asked.0, clock.1 - self.asked.1);
        self.read_ms + monotonic.max(by_clock)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadRow => write!(f, "read the row"),
            Self::LookUp { .. } => write!(f, "look up"),
            Self::Write { version, write } => {
                let (name, until) = match write {
                    AttemptWrite::Begin(first) => ("begin", first.sent_until),
                    AttemptWrite::RotateKey(first) => ("rotate the key", first.sent_until),
                    AttemptWrite::Resend { sent_until, .. } => ("resend", *sent_until),
                    AttemptWrite::RenewLease { lease_until } => ("renew the lease", *lease_until),
                    AttemptWrite::Complete { sent_until } => ("complete", *sent_until),
                    AttemptWrite::Release { sent_until } => ("release", *sent_until),
                };
                let until = until.saturating_sub(START);
                write!(f, "{name}, if the version is {version:?}, until {until} ms")
            }
            Self::Send(request) => write!(f, "send {}", request.key.as_str()),
            Self::SpendRetry => write!(f, "spend a retry"),
            Self::Sleep(duration) => write!(f, "sleep {duration:?}"),
            Self::ExpireSpent => write!(f, "expire the spent inquiry"),
            Self::Finish(outcome) => write!(f, "finish: {outcome:?}"),
        }
    }
}
