//! News of where inquiries stand: by the server's stream, or, where that is blocked, by asking.
//!
//! Only our own server is asked. Nothing runs while the page is hidden or gone.

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
    pace::Pace,
    page::{self, text},
};
use crate::model::{InquiryId, InquirySummaryView, ResultId};

const STREAM: &str = "/api/inquiries/live";
const LIST: &str = "/api/inquiries";
const REFRESH: &str = "/api/inquiries/refresh";
/// How long a stream may take to say something. It does at once, unless what is between blocks it or
/// holds it back, both of which may be silent.
const OPEN_LIMIT: Duration = Duration::from_secs(5);
/// How long a stream may then be silent: it says every 15 seconds that it is alive.
const SILENCE_LIMIT: Duration = Duration::from_secs(40);
/// How many failures in a row mean that the stream is blocked.
const FAILURES: u32 = 3;

/// Follows the news. Clones are the same follower.
#[derive(Clone)]
pub(in crate::ui) struct Follower(Rc<Inner>);

struct Inner {
    listener: Box<dyn Fn(InquirySummaryView)>,
    stream: RefCell<Option<Stream>>,
    /// Counts the turns between streaming, asking and resting, so that what a former one still
    /// brings is not listened to.
    turn: Cell<u32>,
    /// Counts what streams have said, to notice a silence.
    heard: Cell<u32>,
    failures: Cell<u32>,
    pace: Cell<Pace>,
    /// The session has ended: there is nothing to follow.
    is_over: Cell<bool>,
}

/// An open stream, with what it calls.
struct Stream {
    source: EventSource,
    closures: Vec<Closure<dyn Fn(JsValue)>>,
}

/// What asking led to.
enum Answer {
    /// The inquiries, the last changed last.
    List(Vec<InquirySummaryView>),
    SignedOut,
    /// It did not come about.
    Failed,
}

impl Follower {
    /// Tells the listener where each inquiry stands, and each change, for as long as the page is
    /// shown. What is known already may be told again.
    pub(in crate::ui) fn start(listener: impl Fn(InquirySummaryView) + 'static) -> Self {
        let this = Self(Rc::new(Inner {
            listener: Box::new(listener),
            stream: RefCell::new(None),
            turn: Cell::new(0),
            heard: Cell::new(0),
            failures: Cell::new(0),
            pace: Cell::new(Pace::new()),
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

    /// Something may have happened: if the page has to ask, it asks soon.
    pub(in crate::ui) fn hurry(&self) {
        let may_ask = !self.0.is_over.get() && !page::is_hidden();
        if self.0.stream.borrow().is_none() && may_ask {
            self.0.pace.set(Pace::new());
            self.ask_later();
        }
    }

    /// Asks for the list once, which names more than the stream does.
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

    /// Begins anew, if the page is looked at: else it does when it is.
    fn wake(&self) {
        if page::is_hidden() {
            return;
        }
        self.0.failures.set(0);
        self.0.pace.set(Pace::new());
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
            // We may be inside one of these calls: drop them when it is over.
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
            // It fails for no name.
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            closure
        });
        self.expect_more(OPEN_LIMIT);
        self.0.stream.replace(Some(Stream {
            source,
            closures: closures.into(),
        }));
    }

    /// Asks instead, unless the stream says something in time. It may be open all the same.
    fn expect_more(&self, limit: Duration) {
        let before = (self.0.turn.get(), self.0.heard.get());
        let this = self.clone();
        page::after(limit, move || {
            if before == (this.0.turn.get(), this.0.heard.get()) {
                this.ask_later();
            }
        });
    }

    /// The stream has said something: all is well.
    fn note_life(&self) {
        self.0.heard.set(self.0.heard.get().wrapping_add(1));
        self.0.failures.set(0);
        self.0.pace.set(Pace::new());
        self.expect_more(SILENCE_LIMIT);
    }

    fn hear(&self, name: &str, event: &JsValue) {
        match name {
            "alive" => self.note_life(),
            "inquiry" => {
                self.note_life();
                if let Some(standing) = event.dyn_ref().and_then(told) {
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

    /// The browser tries again by itself, unless it has given up.
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

    /// Asks after a while, and no longer listens to the stream.
    fn ask_later(&self) {
        self.close();
        let turn = self.next_turn();
        let mut pace = self.0.pace.get();
        // Once it is slow, it may as well try the stream again: one failure leads back here.
        let is_for_stream = pace.is_slowest();
        let wait = pace.next();
        self.0.pace.set(pace);
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
                    // What has been decided is not asked for again, until something happens.
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

/// Prompts our server to ask Persona about an inquiry. What comes of it is news like any other.
/// The inquiry's ID may open it, so it is in the body and not in the address.
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
        // A prompt that fails is one that was not given.
        let _ = JsFuture::from(asking).await;
    });
}

/// Asks our server where the inquiries stand.
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

fn told(event: &MessageEvent) -> Option<InquirySummaryView> {
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
