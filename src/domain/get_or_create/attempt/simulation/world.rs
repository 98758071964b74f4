//! Time, what happens in it, and the row.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use persona_api::IdempotencyKey;
use tokio::time::Instant;

use super::{
    Broken,
    persona::{Fault, Inquiry, Request, StoredResponse},
    process::Click,
};
use crate::{
    domain::get_or_create::attempt::{CreateRequest, Outcome, Rules, SendResult},
    store::{AttemptRow, AttemptWrite},
};

pub(super) const START: i64 = 1_800_000_000_000;
pub(super) const SECOND: i64 = 1_000;
pub(super) const HOUR: i64 = 3_600 * SECOND;

pub(super) struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    pub(super) fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::from(self.byte()) % values.len()]
    }

    /// One in so many, and never without a choice.
    pub(super) fn one_in(&mut self, count: u8) -> bool {
        self.byte() % count == count - 1
    }

    /// How long a step of a process takes: mostly a moment, sometimes a pause.
    pub(super) fn step_ms(&mut self) -> i64 {
        match self.byte() {
            0..=150 => 5,
            151..=190 => 120,
            191..=220 => 900,
            221..=235 => 3 * SECOND,
            236..=247 => 7 * SECOND,
            248..=253 => 13 * SECOND,
            _ => 40 * SECOND,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Start,
    Act(usize),
    Deliver(usize),
    Timeout(usize, usize),
    Arrive(usize),
    Commit(usize),
    LateCommit(usize),
    EndInquiry,
    SpendInquiry,
    ChangeName,
    JumpClock(usize),
}

pub(super) struct World<'a> {
    pub(super) rules: Rules,
    pub(super) broken: Broken,
    pub(super) choices: Choices<'a>,
    /// The faults of the next requests, before those that are chosen.
    pub(super) script: VecDeque<Fault>,
    pub(super) has_faults: bool,
    pub(super) epoch: Instant,
    pub(super) now: i64,
    pub(super) queue: BTreeMap<(i64, u64), Event>,
    pub(super) scheduled: u64,
    pub(super) row: Option<AttemptRow>,
    pub(super) keys: HashMap<String, StoredResponse>,
    pub(super) inquiries: Vec<Inquiry>,
    pub(super) requests: Vec<Request>,
    pub(super) clicks: Vec<Click>,
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// How far each process's clock is ahead.
    pub(super) clocks: [i64; 3],
    /// Whether the clocks agree well enough for the age of keys.
    pub(super) are_clocks_near: bool,
    /// The name in the user's row, and until when each earlier one was.
    pub(super) name: u8,
    pub(super) names_until: Vec<i64>,
    pub(super) next_key: u128,
    pub(super) violation: Option<String>,
    /// What happened, once it is known that the case fails.
    pub(super) trace: Option<Vec<String>>,
}

pub(super) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}

impl<'a> World<'a> {
    pub(super) fn new(rules: Rules, broken: Broken, choices: &'a [u8]) -> Self {
        let mut choices = Choices(choices.iter());
        let are_clocks_near = !choices.one_in(3);
        let offsets = if are_clocks_near {
            [0, 20 * 60 * SECOND, -20 * 60 * SECOND]
        } else {
            [0, 30 * HOUR, -30 * HOUR]
        };
        let clocks = std::array::from_fn(|_| choices.of(&offsets));
        let mut world = Self {
            clocks,
            are_clocks_near,
            choices,
            ..Self::without_plan(rules, broken)
        };
        world.plan();
        world
    }

    /// A world in which nothing goes wrong but what a test says.
    pub(super) fn without_plan(rules: Rules, broken: Broken) -> Self {
        Self {
            rules,
            broken,
            clocks: [0; 3],
            choices: Choices([].iter()),
            script: VecDeque::new(),
            has_faults: true,
            epoch: Instant::now(),
            now: START,
            queue: BTreeMap::new(),
            scheduled: 0,
            row: None,
            keys: HashMap::new(),
            inquiries: Vec::new(),
            requests: Vec::new(),
            clicks: Vec::new(),
            outcomes: Vec::new(),
            are_clocks_near: true,
            name: 0,
            names_until: Vec::new(),
            next_key: 0,
            violation: None,
            trace: None,
        }
    }

    /// An old row, perhaps, and rounds of clicks with what else happens meanwhile.
    pub(super) fn plan(&mut self) {
        if self.choices.one_in(4) {
            self.leave_old_row();
        }
        let mut at = START;
        for _ in 0..self.choices.of(&[1, 2, 3]) {
            for _ in 0..self.choices.of(&[1, 2, 3]) {
                let wait = self.choices.of(&[0, 5, 400, 4 * SECOND, 6 * SECOND]);
                self.schedule(at + wait, Event::Start);
            }
            for (event, count) in [
                (Event::EndInquiry, 2),
                (Event::ChangeName, 4),
                (Event::SpendInquiry, 8),
            ] {
                if self.choices.one_in(count) {
                    let wait = self.choices.of(&[0, 300, 2 * SECOND, 9 * SECOND]);
                    self.schedule(at + wait, event);
                }
            }
            if !self.are_clocks_near && self.choices.one_in(4) {
                let wait = self.choices.of(&[2, 200, 3 * SECOND]);
                self.schedule(at + wait, Event::JumpClock(0));
            }
            at += self.choices.of(&[
                7 * SECOND,
                12 * SECOND,
                17 * SECOND,
                60 * SECOND,
                23 * HOUR - 5 * SECOND,
                24 * HOUR - 2 * SECOND,
                25 * HOUR,
            ]);
        }
    }

    /// A row that a process has left, perhaps with times of another clock.
    pub(super) fn leave_old_row(&mut self) {
        let until = [-60 * SECOND, 5 * SECOND, HOUR];
        let (lease, sent) = (self.choices.of(&until), self.choices.of(&until));
        let is_readable = !self.choices.one_in(4);
        let is_complete = self.choices.one_in(4);
        let key = if is_readable { "left" } else { "not readable" };
        self.row = Some(AttemptRow {
            number: 1,
            version: 7,
            lease_until: START + lease,
            idempotency_key: key.to_owned(),
            key_since: START - self.choices.of(&[0, HOUR]),
            body: (!is_complete).then(|| vec![self.name]),
            sent_until: START + sent,
            template_id: None,
        });
        // A request of that process, on its way.
        if sent > 0 && is_readable {
            let at = START + self.choices.of(&[1, 300, 4 * SECOND]);
            let sent = CreateRequest {
                key: IdempotencyKey::parse(key).unwrap(),
                body: vec![self.name],
                deadline: self.epoch,
                is_repeated: false,
                number: 1,
            };
            self.request(usize::MAX, sent, Fault::LostResponse, START + 5 * SECOND);
            self.schedule(at, Event::Arrive(0));
        }
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        let seconds = (self.now - START) as f64 / 1000.0;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{seconds:>10.3} {}", text()));
        }
    }

    pub(super) fn schedule(&mut self, at: i64, event: Event) {
        self.scheduled += 1;
        self.queue.insert((at.max(self.now), self.scheduled), event);
    }

    pub(super) fn after(&mut self, wait: i64, event: Event) {
        self.schedule(self.now + wait, event);
    }

    pub(super) fn instant(&self, at: i64) -> Instant {
        self.epoch + Duration::from_millis((at - START).unsigned_abs())
    }

    pub(super) fn step_ms(&mut self) -> i64 {
        if self.has_faults {
            self.choices.step_ms()
        } else {
            5
        }
    }

    pub(super) fn one_in(&mut self, count: u8) -> bool {
        self.has_faults && self.choices.one_in(count)
    }

    pub(super) fn run(&mut self) {
        let mut events = 0;
        while let Some(((at, _), event)) = self.queue.pop_first() {
            events += 1;
            assert!(events < 20_000, "no end");
            self.now = at;
            self.handle(event);
            if self.violation.is_some() {
                return;
            }
        }
    }

    pub(super) fn handle(&mut self, event: Event) {
        if !matches!(event, Event::Act(_) | Event::Deliver(_)) {
            self.note(|| format!("{event:?}"));
        }
        match event {
            Event::Start => self.start(),
            Event::Act(click) => self.act(click),
            Event::Deliver(click) => self.deliver(click),
            Event::Timeout(click, request) => {
                if self.clicks[click].awaits == Some(request) {
                    self.send_result(click, SendResult::Lost(self.backoff()));
                }
            }
            Event::Arrive(request) => self.arrive(request),
            Event::Commit(request) => self.commit(request),
            Event::LateCommit(request) => {
                let Request {
                    is_told, act_until, ..
                } = self.requests[request];
                if is_told || self.now <= act_until {
                    self.create(request);
                }
            }
            Event::EndInquiry => {
                for inquiry in &mut self.inquiries {
                    inquiry.ended.get_or_insert(self.now);
                }
            }
            Event::SpendInquiry => {
                for inquiry in &mut self.inquiries {
                    inquiry.is_spent = inquiry.ended.is_none();
                }
            }
            Event::ChangeName => {
                self.name += 1;
                self.names_until.push(self.now);
            }
            Event::JumpClock(process) => self.clocks[process] += 30 * HOUR,
        }
    }

    /// What `Store::write_attempt` does.
    pub(super) fn write(&mut self, version: Option<i64>, write: &AttemptWrite) -> Option<i64> {
        let read = self.row.as_ref().map(|row| row.version);
        if read != version && self.broken != Broken::Version {
            return None;
        }
        let row = self.row.get_or_insert_with(|| AttemptRow {
            number: 0,
            version: 0,
            lease_until: 0,
            idempotency_key: String::new(),
            key_since: 0,
            body: None,
            sent_until: 0,
            template_id: None,
        });
        let is_new = matches!(write, AttemptWrite::Begin(_));
        let is_end = matches!(
            write,
            AttemptWrite::Complete { .. } | AttemptWrite::Release { .. }
        );
        if row.body.is_some() == is_new && !is_end && self.broken != Broken::Version {
            return None;
        }
        row.version += 1;
        match write {
            AttemptWrite::Begin(first) | AttemptWrite::RotateKey(first) => {
                row.number += i64::from(is_new);
                row.idempotency_key.clone_from(&first.idempotency_key);
                row.key_since = first.key_since;
                row.body = Some(first.body.clone());
                row.lease_until = first.lease_until;
                row.sent_until = first.sent_until;
            }
            AttemptWrite::Resend {
                lease_until,
                sent_until,
            } => {
                row.lease_until = *lease_until;
                row.sent_until = row.sent_until.max(*sent_until);
            }
            AttemptWrite::RenewLease { lease_until } => row.lease_until = *lease_until,
            AttemptWrite::Complete { sent_until } => {
                row.lease_until = 0;
                row.sent_until = *sent_until;
                row.body = None;
            }
            AttemptWrite::Release { sent_until } => {
                row.version -= 1;
                row.lease_until = 0;
                row.sent_until = *sent_until;
            }
        }
        Some(row.version)
    }
}
