//! The model of Persona: keys, requests on their way, inquiries.

use persona_api::IdempotencyKey;

use super::{
    Broken,
    world::{Event, HOUR, START, World, ms},
};
use crate::domain::get_or_create::attempt::{
    CreateRequest, Lookup, Machine, SendResult, rules::LATE_COMMIT_WINDOW,
};

/// How long Persona keeps a key.
const KEY_KEPT: i64 = 24 * HOUR;

pub(super) struct Request {
    pub(super) click: usize,
    pub(super) sent: CreateRequest,
    pub(super) fault: Fault,
    /// Until when it may act if no click receives its response.
    pub(super) act_until: i64,
    /// Whether its failure was received.
    pub(super) is_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Slow,
    /// It arrives after so many milliseconds.
    Delayed(i64),
    LostResponse,
    LostRequest,
    StoredFailure,
    LateCommit,
    GatewayFailure,
    GatewayForwardsLate,
    RateLimited,
    Unauthorized,
    Rejected,
    Foreign,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    Created(usize),
    Failed,
    Foreign,
    RateLimited,
    Unauthorized,
    Rejected,
}

pub(super) struct StoredResponse {
    pub(super) body: Vec<u8>,
    pub(super) since: i64,
    /// `None` while in progress.
    pub(super) reply: Option<Reply>,
}

pub(super) struct Inquiry {
    pub(super) ended: Option<i64>,
    pub(super) is_spent: bool,
}

impl World<'_> {
    pub(super) fn open(&self) -> Option<usize> {
        self.inquiries
            .iter()
            .position(|inquiry| inquiry.ended.is_none())
    }

    pub(super) fn look_up(&mut self, click: usize) -> Lookup {
        let is_first = self.clicks[click]
            .machine
            .as_ref()
            .is_some_and(Machine::looks_up_first);
        if self.broken == Broken::FirstLookup && is_first {
            return Lookup::Nothing;
        }
        if self.one_in(20) {
            return match self.broken {
                Broken::FailedLookup => Lookup::Nothing,
                _ => Lookup::Failed,
            };
        }
        let open = self.open();
        self.clicks[click].handed_out = open;
        match open {
            Some(open) if self.inquiries[open].is_spent => Lookup::Spent,
            Some(_) => Lookup::Unfinished,
            None => Lookup::Nothing,
        }
    }

    pub(super) fn request(
        &mut self,
        click: usize,
        sent: CreateRequest,
        fault: Fault,
        act_until: i64,
    ) -> usize {
        self.requests.push(Request {
            click,
            sent,
            fault,
            act_until,
            is_told: false,
        });
        self.requests.len() - 1
    }

    pub(super) fn send(&mut self, click: usize, mut sent: CreateRequest) {
        let deadline = ms(sent.deadline - self.epoch) + START;
        if self.now >= deadline {
            self.send_result(click, SendResult::NotProcessed(self.backoff()));
            return;
        }
        if self.broken == Broken::RepeatedKey && sent.is_repeated {
            self.next_key += 1;
            sent.key = IdempotencyKey::from_bytes(self.next_key.to_be_bytes());
        }
        let fault = if let Some(fault) = self.script.pop_front() {
            fault
        } else if self.has_faults {
            self.choices.of(&[
                Fault::None,
                Fault::Slow,
                Fault::LostResponse,
                Fault::None,
                Fault::LostRequest,
                Fault::StoredFailure,
                Fault::LateCommit,
                Fault::GatewayFailure,
                Fault::GatewayForwardsLate,
                Fault::RateLimited,
                Fault::Unauthorized,
                Fault::Rejected,
                Fault::Foreign,
                Fault::StoredFailure,
                Fault::LateCommit,
                Fault::LostResponse,
            ])
        } else {
            Fault::None
        };
        let act_until = self.clicks[click].send_until;
        let request = self.request(click, sent, fault, act_until);
        self.clicks[click].awaits = Some(request);
        self.schedule(deadline, Event::Timeout(click, request));
        match fault {
            Fault::LostRequest => {}
            Fault::Delayed(wait) => self.after(wait, Event::Arrive(request)),
            Fault::RateLimited => self.reply(request, Reply::RateLimited),
            Fault::Unauthorized => self.reply(request, Reply::Unauthorized),
            Fault::Rejected => self.reply(request, Reply::Rejected),
            Fault::GatewayFailure => self.reply(request, Reply::Failed),
            Fault::GatewayForwardsLate => {
                self.reply(request, Reply::Failed);
                let late = self.late_ms();
                self.after(late, Event::Arrive(request));
            }
            Fault::LostResponse | Fault::Slow => {
                let left = act_until - self.now;
                let wait = self.choices.of(&[1, 8]) * left / 10;
                self.after(wait, Event::Arrive(request));
            }
            _ => self.after(2, Event::Arrive(request)),
        }
    }

    /// Within the window, and mostly near its end.
    pub(super) fn late_ms(&mut self) -> i64 {
        self.choices.of(&[9, 5, 1]) * ms(LATE_COMMIT_WINDOW) / 10
    }

    pub(super) fn arrive(&mut self, request: usize) {
        let Request {
            sent,
            fault,
            act_until,
            is_told,
            ..
        } = &self.requests[request];
        if self.now > *act_until && !is_told {
            return;
        }
        let (fault, act_until) = (*fault, *act_until);
        let key = sent.key.as_str().to_owned();
        let body = sent.body.clone();
        if let Some(kept) = self
            .keys
            .get(&key)
            .filter(|kept| self.now - kept.since < KEY_KEPT)
        {
            let reply = match kept.reply {
                Some(reply) if kept.body == body => reply,
                _ => Reply::Failed,
            };
            return self.reply(request, reply);
        }
        let kept = StoredResponse {
            body,
            since: self.now,
            reply: None,
        };
        self.keys.insert(key, kept);
        let wait = match fault {
            Fault::Slow | Fault::LostResponse => {
                self.choices.of(&[0, 5, 10]) * (act_until - self.now).max(0) / 10
            }
            _ => 20,
        };
        self.after(wait, Event::Commit(request));
    }

    pub(super) fn commit(&mut self, request: usize) {
        let reply = match self.requests[request].fault {
            Fault::StoredFailure => Reply::Failed,
            Fault::Foreign => Reply::Foreign,
            Fault::LateCommit => {
                let late = self.late_ms();
                self.after(late, Event::LateCommit(request));
                Reply::Failed
            }
            _ => Reply::Created(self.create(request)),
        };
        let key = self.requests[request].sent.key.as_str();
        if let Some(kept) = self.keys.get_mut(key) {
            kept.reply = Some(reply);
        }
        self.reply(request, reply);
    }

    pub(super) fn create(&mut self, request: usize) -> usize {
        let body = &self.requests[request].sent.body;
        if let Some(open) = self.open() {
            self.violation = Some(format!(
                "inquiry {open} is open, and a second one is created"
            ));
        }
        let outdated = self.names_until.get(usize::from(body[0]));
        if self.are_clocks_near && outdated.is_some_and(|until| self.now - until > 24 * HOUR) {
            self.violation = Some("an inquiry is made from data outdated for a day".to_owned());
        }
        self.inquiries.push(Inquiry {
            ended: None,
            is_spent: false,
        });
        self.inquiries.len() - 1
    }

    /// Persona responds. The response arrives unless it is lost or the click no longer waits for it.
    pub(super) fn reply(&mut self, request: usize, reply: Reply) {
        let Request {
            click, sent, fault, ..
        } = &self.requests[request];
        let (click, is_repeated) = (*click, sent.is_repeated);
        let is_awaited = self
            .clicks
            .get(click)
            .is_some_and(|it| it.machine.is_some() && it.awaits == Some(request));
        if *fault == Fault::LostResponse || !is_awaited {
            return;
        }
        let backoff = self.backoff();
        let result = match reply {
            Reply::Created(inquiry) => {
                let ended = self.inquiries[inquiry].ended.is_some();
                self.clicks[click].handed_out = Some(inquiry);
                match self.broken {
                    Broken::StaleResponse => SendResult::Unfinished,
                    _ if is_repeated && ended => SendResult::Ended,
                    _ => SendResult::Unfinished,
                }
            }
            Reply::Failed => {
                self.requests[request].is_told = true;
                SendResult::Failed(backoff)
            }
            Reply::Foreign => SendResult::Foreign(backoff),
            Reply::RateLimited => SendResult::NotProcessed(backoff),
            Reply::Unauthorized => SendResult::Stopped,
            Reply::Rejected => SendResult::Rejected,
        };
        self.send_result(click, result);
    }
}
