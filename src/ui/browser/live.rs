//! Status updates of inquiries: by the server's event stream, or by polling where that is blocked.
//!
//! Requests go to our own server only. Nothing runs while the page is hidden or closed.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use js_sys::{Array, JSON, Reflect};
use leptos::{prelude::window, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventSource, MessageEvent, RequestInit, Response};

use super::{
    backoff::Backoff,
    page::{self, text},
};
use crate::model::{InquiryId, InquirySummaryView, ResultId};

const STREAM: &str = "/api/inquiries/live";
const LIST: &str = "/api/inquiries";
const REFRESH: &str = "/api/inquiries/refresh";
/// How long a stream may take for its first event. The server sends one at once; a proxy may block or
/// buffer the stream without an error.
const OPEN_LIMIT: Duration = Duration::from_secs(5);
/// How long a stream may be silent afterwards: the server sends a heartbeat every 15 s.
const SILENCE_LIMIT: Duration = Duration::from_secs(40);
/// How many failures in a row mean that the stream is blocked.
const FAILURES: u32 = 3;

/// Follows the statuses. Clones share one follower.
#[derive(Clone)]
pub(in crate::ui) struct Follower(Rc<Inner>);

struct Inner {
    listener: Box<dyn Fn(InquirySummaryView)>,
    stream: RefCell<Option<Stream>>,
    /// The generation: it grows with each change between streaming, polling and resting, so that late
    /// results of an earlier one are ignored.
    turn: Cell<u32>,
    /// Counts the events of streams, to notice a silent one.
    heard: Cell<u32>,
    failures: Cell<u32>,
    backoff: Cell<Backoff>,
    /// The session has ended: there is nothing to follow.
    is_over: Cell<bool>,
}

/// An open stream, with its callbacks.
struct Stream {
    source: EventSource,
    closures: Vec<Closure<dyn Fn(JsValue)>>,
}

/// The result of a poll.
enum Answer {
    /// The inquiries, ordered by their last change.
    List(Vec<InquirySummaryView>),
    SignedOut,
    /// The request failed.
    Failed,
}

impl Follower {
    /// Passes the status of each inquiry, and each change, to the listener while the page is shown. A
    /// status may be passed more than once.
    pub(in crate::ui) fn start(listener: impl Fn(InquirySummaryView) + 'static) -> Self {
        let this = Self(Rc::new(Inner {
            listener: Box::new(listener),
            stream: RefCell::new(None),
            turn: Cell::new(0),
            heard: Cell::new(0),
            failures: Cell::new(0),
            backoff: Cell::new(Backoff::new()),
            is_over: Cell::new(false),
        }));
        let (on_hide, on_show, on_switch) = (this.clone(), this.clone(), this.clone());
        page::on_hide(move || on_hide.rest());
        page::on_show_again(move || on_show.wake());
        page::on_switch(move || {
            if page::is_hidden() {
                on_switch.rest();
            } else {
                on_switch.wake();
            }
        });
        this.wake();
        this
    }

    /// A status may have changed: if the page polls, it polls soon.
    pub(in crate::ui) fn hurry(&self) {
        let may_ask = !self.0.is_over.get() && !page::is_hidden();
        if self.0.stream.borrow().is_none() && may_ask {
            self.0.backoff.set(Backoff::new());
            self.ask_later();
        }
    }

    /// Fetches the list once, which holds more than the stream does.
    pub(in crate::ui) fn look_up(&self) {
        let this = self.clone();
        spawn_local(async move {
            if let Ok(Answer::List(list)) = ask().await {
                for standing in list {
                    (this.0.listener)(standing);
                }
            }
        });
    }

    /// Restarts, now if the page is visible, else when it becomes visible.
    fn wake(&self) {
        if page::is_hidden() {
            return;
        }
        self.0.failures.set(0);
        self.0.backoff.set(Backoff::new());
        self.stream();
    }

    fn rest(&self) {
        self.next_turn();
        self.close();
    }

    fn next_turn(&self) -> u32 {
        let next = self.0.turn.get().wrapping_add(1);
        self.0.turn.set(next);
        next
    }

    fn close(&self) {
        if let Some(stream) = self.0.stream.take() {
            stream.source.close();
            // This may run inside one of the callbacks: drop them after it has returned.
            spawn_local(async move { drop(stream.closures) });
        }
    }

    fn stream(&self) {
        self.close();
        let turn = self.next_turn();
        if self.0.is_over.get() {
            return;
        }
        let Ok(source) = EventSource::new(STREAM) else {
            self.ask_later();
            return;
        };
        let closures = ["alive", "inquiry", "signed_out", "error"].map(|name| {
            let this = self.clone();
            let closure = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
                if this.0.turn.get() == turn {
                    this.hear(name, &event);
                }
            });
            // Never fails: the name is valid.
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            closure
        });
        self.expect_more(OPEN_LIMIT);
        self.0.stream.replace(Some(Stream {
            source,
            closures: closures.into(),
        }));
    }

    /// Polls unless the stream sends an event in time. The stream stays open meanwhile.
    fn expect_more(&self, limit: Duration) {
        let before = (self.0.turn.get(), self.0.heard.get());
        let this = self.clone();
        page::after(limit, move || {
            if before == (this.0.turn.get(), this.0.heard.get()) {
                this.ask_later();
            }
        });
    }

    /// The stream has sent an event.
    fn note_life(&self) {
        self.0.heard.set(self.0.heard.get().wrapping_add(1));
        self.0.failures.set(0);
        self.0.backoff.set(Backoff::new());
        self.expect_more(SILENCE_LIMIT);
    }

    fn hear(&self, name: &str, event: &JsValue) {
        match name {
            "alive" => self.note_life(),
            "inquiry" => {
                self.note_life();
                if let Some(standing) = event.dyn_ref().and_then(summary_of_event) {
                    (self.0.listener)(standing);
                }
            }
            "signed_out" => {
                self.0.is_over.set(true);
                self.rest();
            }
            _ => self.note_failure(),
        }
    }

    /// The browser reconnects by itself, unless it has given up.
    fn note_failure(&self) {
        let failures = self.0.failures.get() + 1;
        self.0.failures.set(failures);
        let has_given_up = self
            .0
            .stream
            .borrow()
            .as_ref()
            .is_none_or(|stream| stream.source.ready_state() == EventSource::CLOSED);
        if has_given_up || failures >= FAILURES {
            self.ask_later();
        }
    }

    /// Polls after a delay, and closes the stream.
    fn ask_later(&self) {
        self.close();
        let turn = self.next_turn();
        let mut backoff = self.0.backoff.get();
        // At the slowest rate it tries the stream again: one failure returns here.
        let is_for_stream = backoff.is_slowest();
        let wait = backoff.next();
        self.0.backoff.set(backoff);
        let this = self.clone();
        page::after(wait, move || {
            if this.0.turn.get() != turn {
                return;
            }
            if is_for_stream {
                this.0.failures.set(FAILURES - 1);
            }
            this.ask(turn, is_for_stream);
        });
    }

    fn ask(&self, turn: u32, then_stream: bool) {
        let this = self.clone();
        spawn_local(async move {
            let answer = ask().await.unwrap_or(Answer::Failed);
            if this.0.turn.get() != turn {
                return;
            }
            match answer {
                Answer::SignedOut => {
                    this.0.is_over.set(true);
                    this.rest();
                }
                Answer::List(list) => {
                    // Once everything is decided it stops polling, until a status may have changed.
                    let is_done = list.iter().all(|standing| standing.status.is_terminal());
                    for standing in list {
                        (this.0.listener)(standing);
                    }
                    if is_done {
                        this.rest();
                    } else if then_stream {
                        this.stream();
                    } else {
                        this.ask_later();
                    }
                }
                Answer::Failed => this.ask_later(),
            }
        });
    }
}

/// Makes our server fetch an inquiry from Persona. The result arrives like any other status. The
/// inquiry's ID may open the inquiry, so it is in the body and not in the URL.
pub(in crate::ui) fn prompt(id: &InquiryId) {
    let form = Array::of2(
        &"content-type".into(),
        &"application/x-www-form-urlencoded".into(),
    );
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&Array::of1(&form));
    options.set_body(&format!("inquiry_id={id}").into());
    let asking = window().fetch_with_str_and_init(REFRESH, &options);
    spawn_local(async move {
        // It is only a hint: a failure is ignored.
        let _ = JsFuture::from(asking).await;
    });
}

/// Fetches the statuses of the inquiries from our server.
async fn ask() -> Result<Answer, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(LIST)).await?.into();
    if response.status() == 401 {
        return Ok(Answer::SignedOut);
    }
    if !response.ok() {
        return Ok(Answer::Failed);
    }
    let answer = JsFuture::from(response.json()?).await?;
    let list = Array::from(&Reflect::get(&answer, &"inquiries".into())?);
    let list = list.iter().filter_map(|it| listed(&it)).collect();
    Ok(Answer::List(list))
}

fn listed(value: &JsValue) -> Option<InquirySummaryView> {
    standing(text(value, "number")?, value)
}

fn summary_of_event(event: &MessageEvent) -> Option<InquirySummaryView> {
    let data = JSON::parse(&event.data().as_string()?).ok()?;
    standing(event.last_event_id(), &data)
}

fn standing(number: String, value: &JsValue) -> Option<InquirySummaryView> {
    Some(InquirySummaryView {
        number: number.into(),
        inquiry_id: InquiryId::parse(text(value, "inquiry_id")?).ok()?,
        result_id: text(value, "result_id").and_then(|id| ResultId::parse(id).ok()),
        status: text(value, "status")?.into(),
    })
}
