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
    panel_data::is_true,
};
use crate::model::{InquiryId, InquirySummaryView, ResultId};

const STREAM_PATH: &str = "/api/inquiries/live";
const LIST_PATH: &str = "/api/inquiries";
const SYNC_PATH: &str = "/api/inquiries/refresh";
/// The time limit for the first event of a stream. The server sends one at once; a proxy may block or
/// buffer the stream without an error.
const FIRST_EVENT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for each later event: the server sends a heartbeat every 15 s.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(40);
/// How many failures in a row mean that the stream is blocked.
const MAX_FAILURES: u32 = 3;

/// Follows the statuses. Clones share one follower.
#[derive(Clone)]
pub(in crate::ui) struct Follower(Rc<Inner>);

struct Inner {
    listener: Box<dyn Fn(InquirySummaryView)>,
    on_signed_out: Box<dyn Fn()>,
    stream: RefCell<Option<Stream>>,
    /// Grows with each change between streaming, polling and pausing, so that late results of an
    /// earlier generation are ignored.
    generation: Cell<u32>,
    /// Counts the events of all streams: a stream that stops adding to it is silent.
    event_count: Cell<u32>,
    failures: Cell<u32>,
    backoff: Cell<Backoff>,
    /// The session has ended: there is nothing to follow.
    is_signed_out: Cell<bool>,
}

/// An open stream, with its callbacks.
struct Stream {
    source: EventSource,
    closures: Vec<Closure<dyn Fn(JsValue)>>,
}

/// The result of a poll.
enum PollOutcome {
    /// The inquiries, ordered by their last change.
    List(Vec<InquirySummaryView>),
    SignedOut,
    /// The request failed.
    Failed,
}

impl Follower {
    /// Passes the status of each inquiry, and each change, to the listener while the page is shown. A
    /// status may be passed more than once. Calls back once if the session has ended.
    pub(in crate::ui) fn start(
        listener: impl Fn(InquirySummaryView) + 'static,
        on_signed_out: impl Fn() + 'static,
    ) -> Self {
        let this = Self(Rc::new(Inner {
            listener: Box::new(listener),
            on_signed_out: Box::new(on_signed_out),
            stream: RefCell::new(None),
            generation: Cell::new(0),
            event_count: Cell::new(0),
            failures: Cell::new(0),
            backoff: Cell::new(Backoff::new()),
            is_signed_out: Cell::new(false),
        }));
        let (on_hide, on_restore, on_switch) = (this.clone(), this.clone(), this.clone());
        page::on_hide(move || on_hide.pause());
        page::on_restore(move || on_restore.resume());
        page::on_visibility_change(move || {
            if page::is_hidden() {
                on_switch.pause();
            } else {
                on_switch.resume();
            }
        });
        this.resume();
        this
    }

    /// Shortens the delay of the next poll, because a status may have changed. Does nothing while a
    /// stream is open.
    pub(in crate::ui) fn poll_soon(&self) {
        let may_poll = !self.0.is_signed_out.get() && !page::is_hidden();
        if self.0.stream.borrow().is_none() && may_poll {
            self.0.backoff.set(Backoff::new());
            self.poll_later();
        }
    }

    /// Fetches the list once: it contains the result IDs, which the stream does not.
    pub(in crate::ui) fn fetch_list(&self) {
        let this = self.clone();
        spawn_local(async move {
            if let Ok(PollOutcome::List(list)) = fetch_list().await {
                for summary in list {
                    (this.0.listener)(summary);
                }
            }
        });
    }

    /// Restarts the stream, if the page is visible.
    fn resume(&self) {
        if page::is_hidden() {
            return;
        }
        self.0.failures.set(0);
        self.0.backoff.set(Backoff::new());
        self.stream();
    }

    fn pause(&self) {
        self.next_generation();
        self.close();
    }

    /// Ends with the session.
    fn end(&self) {
        self.pause();
        if !self.0.is_signed_out.replace(true) {
            (self.0.on_signed_out)();
        }
    }

    fn next_generation(&self) -> u32 {
        let next = self.0.generation.get().wrapping_add(1);
        self.0.generation.set(next);
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
        let generation = self.next_generation();
        if self.0.is_signed_out.get() {
            return;
        }
        let Ok(source) = EventSource::new(STREAM_PATH) else {
            self.poll_later();
            return;
        };
        let closures = ["alive", "inquiry", "signed_out", "error"].map(|name| {
            let this = self.clone();
            let closure = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
                if this.0.generation.get() == generation {
                    this.handle_event(name, &event);
                }
            });
            // Never fails: the name is valid.
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            closure
        });
        self.poll_if_silent(FIRST_EVENT_TIMEOUT);
        self.0.stream.replace(Some(Stream {
            source,
            closures: closures.into(),
        }));
    }

    /// Polls unless the stream sends an event in time. The stream stays open while this waits.
    fn poll_if_silent(&self, timeout: Duration) {
        let before = (self.0.generation.get(), self.0.event_count.get());
        let this = self.clone();
        page::after(timeout, move || {
            if before == (this.0.generation.get(), this.0.event_count.get()) {
                this.poll_later();
            }
        });
    }

    /// Takes note that the stream works.
    fn record_event(&self) {
        self.0
            .event_count
            .set(self.0.event_count.get().wrapping_add(1));
        self.0.failures.set(0);
        self.0.backoff.set(Backoff::new());
        self.poll_if_silent(HEARTBEAT_TIMEOUT);
    }

    fn handle_event(&self, name: &str, event: &JsValue) {
        match name {
            "alive" => self.record_event(),
            "inquiry" => {
                self.record_event();
                if let Some(summary) = event.dyn_ref().and_then(summary_of_event) {
                    (self.0.listener)(summary);
                }
            }
            "signed_out" => self.end(),
            _ => self.record_failure(),
        }
    }

    /// Polls after repeated failures, or if the browser no longer reconnects by itself.
    fn record_failure(&self) {
        let failures = self.0.failures.get() + 1;
        self.0.failures.set(failures);
        let has_given_up = self
            .0
            .stream
            .borrow()
            .as_ref()
            .is_none_or(|stream| stream.source.ready_state() == EventSource::CLOSED);
        if has_given_up || failures >= MAX_FAILURES {
            self.poll_later();
        }
    }

    /// Polls after a delay, and closes the stream.
    fn poll_later(&self) {
        self.close();
        let generation = self.next_generation();
        let mut backoff = self.0.backoff.get();
        // At the longest delay it tries the stream again: one failure of it returns to polling.
        let retries_stream = backoff.is_at_max();
        let wait = backoff.next();
        self.0.backoff.set(backoff);
        let this = self.clone();
        page::after(wait, move || {
            if this.0.generation.get() != generation {
                return;
            }
            if retries_stream {
                this.0.failures.set(MAX_FAILURES - 1);
            }
            this.poll(generation, retries_stream);
        });
    }

    fn poll(&self, generation: u32, retries_stream: bool) {
        let this = self.clone();
        spawn_local(async move {
            let outcome = fetch_list().await.unwrap_or(PollOutcome::Failed);
            if this.0.generation.get() != generation {
                return;
            }
            match outcome {
                PollOutcome::SignedOut => this.end(),
                PollOutcome::List(list) => {
                    // Once every inquiry is decided, polling stops until a status may have changed.
                    let is_done = list.iter().all(|summary| summary.status.is_terminal());
                    for summary in list {
                        (this.0.listener)(summary);
                    }
                    if is_done {
                        this.pause();
                    } else if retries_stream {
                        this.stream();
                    } else {
                        this.poll_later();
                    }
                }
                PollOutcome::Failed => this.poll_later(),
            }
        });
    }
}

/// Makes our server fetch an inquiry from Persona. The result arrives like any other status.
pub(in crate::ui) fn request_sync(id: &InquiryId) {
    post(&format!("inquiry_id={id}"));
}

/// Reports to our server that Persona's window has opened.
pub(in crate::ui) fn report_opening(id: &InquiryId) {
    post(&format!("inquiry_id={id}&event=ready"));
}

/// Reports to our server that the person has submitted the inquiry, also if the page ends now.
pub(in crate::ui) fn report_submission(id: &InquiryId) {
    post(&format!("inquiry_id={id}&event=complete"));
}

/// The inquiry's ID may open the inquiry, so it is in the body and not in the URL.
fn post(body: &str) {
    let form = Array::of2(
        &"content-type".into(),
        &"application/x-www-form-urlencoded".into(),
    );
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&Array::of1(&form));
    options.set_body(&body.into());
    // Never fails: the options are a plain object.
    let _ = Reflect::set(&options, &"keepalive".into(), &true.into());
    let request = window().fetch_with_str_and_init(SYNC_PATH, &options);
    spawn_local(async move {
        // It is only a hint: a failure is ignored.
        let _ = JsFuture::from(request).await;
    });
}

/// Fetches the statuses of the inquiries from our server.
async fn fetch_list() -> Result<PollOutcome, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(LIST_PATH))
        .await?
        .into();
    if response.status() == 401 {
        return Ok(PollOutcome::SignedOut);
    }
    if !response.ok() {
        return Ok(PollOutcome::Failed);
    }
    let body = JsFuture::from(response.json()?).await?;
    let list = Array::from(&Reflect::get(&body, &"inquiries".into())?);
    let list = list.iter().filter_map(|row| summary_of_row(&row)).collect();
    Ok(PollOutcome::List(list))
}

/// Reads a row of the list, or of the data in a page.
pub(super) fn summary_of_row(value: &JsValue) -> Option<InquirySummaryView> {
    parse_summary(text(value, "number")?, value)
}

fn summary_of_event(event: &MessageEvent) -> Option<InquirySummaryView> {
    let data = JSON::parse(&event.data().as_string()?).ok()?;
    parse_summary(event.last_event_id(), &data)
}

fn parse_summary(number: String, value: &JsValue) -> Option<InquirySummaryView> {
    Some(InquirySummaryView {
        number: number.into(),
        inquiry_id: InquiryId::parse(text(value, "inquiry_id")?).ok()?,
        result_id: text(value, "result_id").and_then(|id| ResultId::parse(id).ok()),
        status: text(value, "status")?.into(),
        is_submitted: is_true(value, "is_submitted"),
    })
}
