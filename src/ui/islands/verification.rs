//! One verification at a time, from the click to the end of Persona's window.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{prelude::*, task::spawn_local};

use super::{
    phase::{Failure, Phase, WindowError, response_timeout},
    status_cache::{Change, StatusCache},
};
use crate::{
    api::{ApiError, ErrorCode, get_or_create_inquiry},
    model::{InquiryId, InquirySummaryView, OpenableInquiry, SdkSettings},
    ui::browser::{
        live::{self, Follower},
        page, persona_sdk,
    },
};

/// The time limit for our server's response: a little longer than the server's own deadline.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
/// The time limit for the first event of Persona's window: a blocked frame sends none.
const LOAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit for the window to become ready after its first event.
const READY_TIMEOUT: Duration = Duration::from_secs(20);

/// After this time the page says that opening takes longer than usual.
const SLOW: Duration = Duration::from_secs(4);

/// When the page asks our server to fetch the inquiry after the window has ended. The decision usually
/// arrives earlier, and then the page does not ask.
const SYNC_DELAYS: [Duration; 3] = [
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// Drives the SDK. Clones are the same verification.
#[derive(Clone)]
pub(super) struct Verification(Rc<Inner>);

struct Inner {
    phase: RwSignal<Phase>,
    /// The statuses of the person's inquiries, from our server.
    statuses: RwSignal<StatusCache>,
    /// The source of status updates.
    follower: RefCell<Option<Follower>>,
    /// Whether the person has been waiting for the window for [`SLOW`].
    is_slow: RwSignal<bool>,
    sdk: SdkSettings,
    /// The IDs of the elements that take the focus after the window, the first of them that is shown.
    focus_targets: [&'static str; 2],
    /// The inquiry that was completed last on this page.
    completed: RwSignal<Option<InquiryId>>,
    /// Grows with each request, window and end, so that late events of an earlier generation are ignored.
    generation: Cell<u32>,
    /// Grows with each timeout: a new timeout replaces the previous one.
    timeout_number: Cell<u32>,
    /// The one open window.
    window: RefCell<Option<persona_sdk::Window>>,
    /// The inquiry that the next click opens without a request: the last one whose window was closed, or
    /// the successor of an expired one. Its session token is a secret and stays in memory.
    ready: RefCell<Option<OpenableInquiry>>,
}

impl Verification {
    pub(super) fn new(
        phase: RwSignal<Phase>,
        is_slow: RwSignal<bool>,
        statuses: RwSignal<StatusCache>,
        sdk: SdkSettings,
        focus_targets: [&'static str; 2],
        completed: RwSignal<Option<InquiryId>>,
    ) -> Self {
        Self(Rc::new(Inner {
            phase,
            statuses,
            follower: RefCell::new(None),
            is_slow,
            sdk,
            focus_targets,
            completed,
            generation: Cell::new(0),
            timeout_number: Cell::new(0),
            window: RefCell::new(None),
            ready: RefCell::new(None),
        }))
    }

    /// Starts in the browser: loads the SDK when the page is idle, performs a click that preceded
    /// hydration, and ends with the page.
    pub(super) fn hydrate(&self, form: &'static str) {
        let (idle, hide, restore) = (self.clone(), self.clone(), self.clone());
        page::when_idle(move || idle.prepare());
        page::on_hide(move || hide.end());
        page::on_restore(move || {
            restore.end();
            restore.0.phase.set(Phase::Idle);
        });
        let (listener, ended) = (self.clone(), self.clone());
        let follower = Follower::start(
            move |summary| listener.update_status(summary),
            move || ended.show_sign_out(),
        );
        self.0.follower.replace(Some(follower));
        if page::mark_hydrated(form) {
            self.start();
        }
        let submitted = self.0.statuses.read_untracked().submitted().cloned();
        if let Some(id) = submitted {
            self.sync_unless_decided(&id);
        }
    }

    /// Updates the status of an inquiry, as our server reports it.
    fn update_status(&self, summary: InquirySummaryView) {
        let change = self.0.statuses.read_untracked().compare(&summary);
        if change == Change::Old {
            self.0
                .statuses
                .maybe_update(|cache| cache.fill_result_id(&summary));
            return;
        }
        if change == Change::Newest && self.0.phase.read_untracked().is_outdated_by(&summary) {
            self.0.phase.set(Phase::Idle);
        }
        let id = summary.inquiry_id.clone();
        self.0.statuses.update(|cache| cache.update(summary));
        let statuses = self.0.statuses.read_untracked();
        let has_result_id = statuses
            .about(Some(&id))
            .is_some_and(|summary| summary.result_id.is_some());
        drop(statuses);
        if !has_result_id && let Some(follower) = self.0.follower.borrow().as_ref() {
            follower.fetch_list();
        }
    }

    /// Says that the session has ended elsewhere. An open window goes on: it does not need the session.
    fn show_sign_out(&self) {
        if self.0.phase.read_untracked().accepts_click() {
            let error = ApiError::new(ErrorCode::SignedOut);
            self.0.phase.set(Phase::Failed(error.into()));
        }
    }

    /// Loads the SDK. Cheap if it is loaded.
    pub(super) fn prepare(&self) {
        let sdk = self.0.sdk.clone();
        spawn_local(async move {
            // A failure is shown at the click, when it matters.
            let _ = persona_sdk::load(&sdk).await;
        });
    }

    /// Starts or continues, if the phase allows it.
    pub(super) fn start(&self) {
        if !self.0.phase.read_untracked().accepts_click() {
            return;
        }
        self.end();
        self.watch_for_slowness();
        if matches!(
            *self.0.phase.read_untracked(),
            Phase::Failed(Failure::SdkBlocked)
        ) {
            persona_sdk::reset_failure();
        }
        let ready = self.0.ready.take();
        match ready.filter(|ready| !self.is_finished(&ready.inquiry_id)) {
            Some(inquiry) => self.open_soon(inquiry, true),
            None => self.request_inquiry(None),
        }
    }

    /// Takes note when the person has waited for some seconds. A click that ended meanwhile does not wait.
    fn watch_for_slowness(&self) {
        self.0.is_slow.set(false);
        let this = self.clone();
        page::after(SLOW, move || {
            if this.0.phase.read_untracked().is_busy() {
                this.0.is_slow.set(true);
            }
        });
    }

    /// Whether the last known status of the inquiry is final.
    fn is_finished(&self, id: &InquiryId) -> bool {
        let statuses = self.0.statuses.read_untracked();
        statuses
            .about(Some(id))
            .is_some_and(|summary| !summary.status.is_unfinished())
    }

    /// Requests the inquiry from the server, then opens it.
    ///
    /// `rejected` is the inquiry that Persona's window has just refused to continue. If the server returns
    /// another one, the first has expired, and the page says so before the person starts again.
    fn request_inquiry(&self, rejected: Option<InquiryId>) {
        let generation = self.next_generation();
        self.0.phase.set(Phase::Requesting);
        self.prepare();
        self.fail_after(RESPONSE_TIMEOUT, response_timeout());
        let this = self.clone();
        spawn_local(async move {
            let response = get_or_create_inquiry().await;
            if !this.is_current(generation) {
                return;
            }
            match response {
                Ok(inquiry) => match &rejected {
                    Some(rejected) if *rejected != inquiry.inquiry_id => {
                        this.0.ready.replace(Some(inquiry));
                        this.fail(Failure::Expired);
                    }
                    _ => {
                        let id = &inquiry.inquiry_id;
                        this.0
                            .statuses
                            .update(|cache| cache.set_submitted(id, false));
                        this.open_soon(inquiry, rejected.is_none());
                    }
                },
                Err(error) if error.code() == ErrorCode::SignedOut => {
                    page::navigate("/sign-in?next=/onboarding");
                }
                Err(error) => this.fail(error.into()),
            }
        });
    }

    /// Opens the inquiry as soon as the SDK is loaded.
    fn open_soon(&self, inquiry: OpenableInquiry, may_retry: bool) {
        let generation = self.next_generation();
        self.0.phase.set(Phase::Opening);
        self.fail_after(LOAD_TIMEOUT, Failure::WindowBlocked);
        let this = self.clone();
        spawn_local(async move {
            let loaded = persona_sdk::load(&this.0.sdk).await;
            if !this.is_current(generation) {
                return;
            }
            match loaded {
                Ok(()) => this.open(&inquiry, may_retry, generation),
                Err(persona_sdk::Blocked) => this.fail(Failure::SdkBlocked),
            }
        });
    }

    fn open(&self, inquiry: &OpenableInquiry, may_retry: bool, generation: u32) {
        let id = inquiry.inquiry_id.clone();
        let this = self.clone();
        let window = persona_sdk::Window::new(&self.0.sdk, inquiry, move |event| {
            if this.is_current(generation) {
                this.handle_event(event, &id, may_retry);
            }
        });
        match window {
            Ok(window) => {
                self.0.window.replace(Some(window));
            }
            Err(persona_sdk::Blocked) => self.fail(Failure::SdkBlocked),
        }
    }

    /// Handles an event of Persona's window. An event is a hint, never a proof.
    fn handle_event(&self, event: persona_sdk::Event, id: &InquiryId, may_retry: bool) {
        use persona_sdk::Event;

        match event {
            // The frame has loaded: it gets more time to become ready.
            Event::Load => self.fail_after(READY_TIMEOUT, Failure::WindowBlocked),
            Event::Ready => {
                if let Some(window) = self.0.window.borrow().as_ref() {
                    window.show();
                    page::set_inert(true);
                }
                live::report_opening(id);
                self.0.phase.set(Phase::Open);
            }
            Event::Complete { has_failed } => {
                live::report_submission(id);
                self.0
                    .statuses
                    .update(|cache| cache.set_submitted(id, true));
                self.0.completed.set(Some(id.clone()));
                let completed = Phase::Completed {
                    inquiry_id: id.clone(),
                    has_failed,
                };
                self.finish(completed);
                self.sync_unless_decided(id);
            }
            Event::Cancel { session_token } => {
                // Without a token the inquiry is requested again: it may be pending by now.
                self.0
                    .ready
                    .replace(session_token.map(|token| OpenableInquiry {
                        inquiry_id: id.clone(),
                        session_token: Some(token),
                    }));
                self.finish(Phase::Cancelled);
            }
            Event::Error { code } => match WindowError::from_code(&code) {
                WindowError::Unauthenticated if may_retry => {
                    self.end();
                    self.request_inquiry(Some(id.clone()));
                }
                error => self.fail(Failure::Window(error)),
            },
        }
    }

    /// Requests syncs while the page waits for the result of the inquiry.
    fn sync_unless_decided(&self, id: &InquiryId) {
        for delay in SYNC_DELAYS {
            let (this, id) = (self.clone(), id.clone());
            page::after(delay, move || {
                let statuses = this.0.statuses.read_untracked();
                let is_decided = statuses
                    .about(Some(&id))
                    .is_some_and(|summary| summary.status.is_terminal());
                let is_still_current = match &*this.0.phase.read_untracked() {
                    Phase::Completed { inquiry_id, .. } => *inquiry_id == id,
                    Phase::Idle => statuses.submitted() == Some(&id),
                    _ => false,
                };
                if is_still_current && !is_decided {
                    live::request_sync(&id);
                }
            });
        }
    }

    fn fail(&self, failure: Failure) {
        self.finish(Phase::Failed(failure));
    }

    fn finish(&self, phase: Phase) {
        let [button, card] = self.0.focus_targets;
        // After the end there is nothing to press: a second Enter must not start anew.
        let is_done = matches!(&phase, Phase::Completed { has_failed, .. } if !has_failed);
        let focus_targets = if is_done {
            [card, button]
        } else {
            [button, card]
        };
        self.end();
        self.0.phase.set(phase);
        if let Some(follower) = self.0.follower.borrow().as_ref() {
            follower.poll_soon();
        }
        page::focus_after_render(focus_targets);
    }

    /// Ends the window once, and ignores its later events.
    fn end(&self) {
        self.next_generation();
        if let Some(window) = self.0.window.take() {
            page::set_inert(false);
            window.end();
        }
    }

    /// Fails the verification if it still waits after the timeout. A later timeout replaces this one.
    fn fail_after(&self, timeout: Duration, failure: Failure) {
        let number = self.0.timeout_number.get().wrapping_add(1);
        self.0.timeout_number.set(number);
        let generation = self.0.generation.get();
        let this = self.clone();
        page::after(timeout, move || {
            let is_current = this.0.timeout_number.get() == number && this.is_current(generation);
            if is_current && this.0.phase.read_untracked().is_busy() {
                this.fail(failure);
            }
        });
    }

    fn next_generation(&self) -> u32 {
        let next = self.0.generation.get().wrapping_add(1);
        self.0.generation.set(next);
        next
    }

    fn is_current(&self, generation: u32) -> bool {
        self.0.generation.get() == generation
    }
}
