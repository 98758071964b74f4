//! One verification at a time, from the click to the end of Persona's window.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{prelude::*, task::spawn_local};

use super::{
    phase::{Failure, Phase, WindowError, no_answer},
    status_cache::{Change, StatusCache},
};
use crate::{
    api::{ErrorCode, get_or_create_inquiry},
    model::{InquiryId, InquirySummaryView, OpenableInquiry, SdkSettings},
    ui::browser::{
        live::{self, Follower},
        page, persona_sdk,
    },
};

/// How long the server may take: a little longer than its own deadline.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// How long Persona's window may take for its first event: a blocked frame sends none.
const LOAD_LIMIT: Duration = Duration::from_secs(10);
/// How long the window may then take to become ready.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// When, after the end of the window, our server is asked to fetch the inquiry, unless the decision has
/// arrived by then, as it usually has.
const PROMPTS: [Duration; 3] = [
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
    known: RwSignal<StatusCache>,
    /// The source of status updates.
    follower: RefCell<Option<Follower>>,
    sdk: SdkSettings,
    button: &'static str,
    /// The inquiry that was completed last on this page.
    completed: RwSignal<Option<InquiryId>>,
    /// The generation of the attempt: late events of an earlier one are ignored.
    attempt: Cell<u32>,
    /// The generation of the timeout: a new one replaces the former.
    limit: Cell<u32>,
    /// The one open window.
    window: RefCell<Option<persona_sdk::Window>>,
    /// The session token that the last window returned when it was closed, to reopen without a request.
    /// It is a secret and stays in memory.
    kept: RefCell<Option<OpenableInquiry>>,
}

impl Verification {
    pub(super) fn new(
        phase: RwSignal<Phase>,
        known: RwSignal<StatusCache>,
        sdk: SdkSettings,
        button: &'static str,
        completed: RwSignal<Option<InquiryId>>,
    ) -> Self {
        Self(Rc::new(Inner {
            phase,
            known,
            follower: RefCell::new(None),
            sdk,
            button,
            completed,
            attempt: Cell::new(0),
            limit: Cell::new(0),
            window: RefCell::new(None),
            kept: RefCell::new(None),
        }))
    }

    /// Starts in the browser: loads the SDK when the page is idle, performs a click that preceded
    /// hydration, and ends with the page.
    pub(super) fn wake(&self, form: &'static str) {
        let this = self.clone();
        Effect::new(move |_| {
            let (idle, hide, show) = (this.clone(), this.clone(), this.clone());
            page::when_idle(move || idle.prepare());
            page::on_hide(move || hide.end());
            page::on_show_again(move || {
                show.end();
                show.0.phase.set(Phase::Idle);
            });
            let news = this.clone();
            let follower = Follower::start(move |standing| news.update_status(standing));
            this.0.follower.replace(Some(follower));
            if page::awaken_form(form) {
                this.start();
            }
        });
    }

    /// Updates the status of an inquiry, as our server reports it.
    fn update_status(&self, news: InquirySummaryView) {
        let kind = self.0.known.read_untracked().compare(&news);
        if kind == Change::Old {
            self.0
                .known
                .maybe_update(|cache| cache.learn_result_id(&news));
            return;
        }
        if kind == Change::Newest && self.0.phase.read_untracked().is_outdated_by(&news) {
            self.0.phase.set(Phase::Idle);
        }
        let id = news.inquiry_id.clone();
        self.0.known.update(|cache| cache.update(news));
        let known = self.0.known.read_untracked();
        let has_result_id = known
            .about(Some(&id))
            .is_some_and(|cache| cache.result_id.is_some());
        drop(known);
        if !has_result_id && let Some(follower) = self.0.follower.borrow().as_ref() {
            follower.look_up();
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
        if matches!(
            *self.0.phase.read_untracked(),
            Phase::Failed(Failure::SdkBlocked)
        ) {
            persona_sdk::forget_failure();
        }
        let kept = self.0.kept.take();
        match kept.filter(|kept| !self.has_ended(&kept.inquiry_id)) {
            Some(inquiry) => self.open_soon(inquiry, true),
            None => self.ask(None),
        }
    }

    /// Whether the inquiry is known to have ended.
    fn has_ended(&self, id: &InquiryId) -> bool {
        let known = self.0.known.read_untracked();
        known
            .about(Some(id))
            .is_some_and(|known| !known.status.is_unfinished())
    }

    /// Requests the inquiry from the server, then opens it.
    ///
    /// `refused` is the inquiry that Persona's window has just refused to continue. If the server returns
    /// another one, the first has expired, and the page says so before the person starts again.
    fn ask(&self, refused: Option<InquiryId>) {
        let attempt = self.next_attempt();
        self.0.phase.set(Phase::Asking);
        self.prepare();
        self.limit(ANSWER_LIMIT, no_answer());
        let this = self.clone();
        spawn_local(async move {
            let answer = get_or_create_inquiry().await;
            if !this.is_current(attempt) {
                return;
            }
            match answer {
                Ok(inquiry) => match &refused {
                    Some(refused) if *refused != inquiry.inquiry_id => {
                        this.0.kept.replace(Some(inquiry));
                        this.fail(Failure::Expired);
                    }
                    _ => this.open_soon(inquiry, refused.is_none()),
                },
                Err(error) if error.code() == ErrorCode::SignedOut => {
                    page::go_to("/sign-in?next=/onboarding");
                }
                Err(error) => this.fail(error.into()),
            }
        });
    }

    /// Opens the inquiry as soon as the SDK is loaded.
    fn open_soon(&self, inquiry: OpenableInquiry, may_ask_again: bool) {
        let attempt = self.next_attempt();
        self.0.phase.set(Phase::Opening);
        self.limit(LOAD_LIMIT, Failure::WindowBlocked);
        let this = self.clone();
        spawn_local(async move {
            let loaded = persona_sdk::load(&this.0.sdk).await;
            if !this.is_current(attempt) {
                return;
            }
            match loaded {
                Ok(()) => this.open(&inquiry, may_ask_again, attempt),
                Err(persona_sdk::Blocked) => this.fail(Failure::SdkBlocked),
            }
        });
    }

    fn open(&self, inquiry: &OpenableInquiry, may_ask_again: bool, attempt: u32) {
        let id = inquiry.inquiry_id.clone();
        let this = self.clone();
        let window = persona_sdk::Window::new(&self.0.sdk, inquiry, move |event| {
            if this.is_current(attempt) {
                this.hear(event, &id, may_ask_again);
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
    fn hear(&self, event: persona_sdk::Event, id: &InquiryId, may_ask_again: bool) {
        use persona_sdk::Event;

        match event {
            // The frame has loaded: it gets more time to become ready.
            Event::Load => self.limit(READY_LIMIT, Failure::WindowBlocked),
            Event::Ready => {
                if let Some(window) = self.0.window.borrow().as_ref() {
                    window.show();
                    page::set_inert(true);
                }
                self.0.phase.set(Phase::Open);
            }
            Event::Complete { has_failed } => {
                self.0.completed.set(Some(id.clone()));
                let completed = Phase::Completed {
                    inquiry_id: id.clone(),
                    has_failed,
                };
                self.finish(completed);
                self.prompt_unless_decided(id);
            }
            Event::Cancel { session_token } => {
                // Without a token the inquiry is requested again: it may be pending by now.
                self.0
                    .kept
                    .replace(session_token.map(|token| OpenableInquiry {
                        inquiry_id: id.clone(),
                        session_token: Some(token),
                    }));
                self.finish(Phase::Cancelled);
            }
            Event::Error { code } => match WindowError::from_code(&code) {
                WindowError::Unauthenticated if may_ask_again => {
                    self.end();
                    self.ask(Some(id.clone()));
                }
                error => self.fail(Failure::Window(error)),
            },
        }
    }

    fn prompt_unless_decided(&self, id: &InquiryId) {
        for wait in PROMPTS {
            let (this, id) = (self.clone(), id.clone());
            page::after(wait, move || {
                let is_decided = this
                    .0
                    .known
                    .read_untracked()
                    .about(Some(&id))
                    .is_some_and(|cache| cache.status.is_terminal());
                let is_still_shown = matches!(
                    &*this.0.phase.read_untracked(),
                    Phase::Completed { inquiry_id, .. } if *inquiry_id == id
                );
                if is_still_shown && !is_decided {
                    live::prompt(&id);
                }
            });
        }
    }

    fn fail(&self, failure: Failure) {
        self.finish(Phase::Failed(failure));
    }

    fn finish(&self, phase: Phase) {
        self.end();
        self.0.phase.set(phase);
        if let Some(follower) = self.0.follower.borrow().as_ref() {
            follower.hurry();
        }
        page::focus_when_shown(self.0.button);
    }

    /// Ends the window once, and ignores its later events.
    fn end(&self) {
        self.next_attempt();
        if let Some(window) = self.0.window.take() {
            page::set_inert(false);
            window.end();
        }
    }

    /// Fails the attempt if it still waits after the timeout. A later timeout replaces this one.
    fn limit(&self, time: Duration, failure: Failure) {
        let limit = self.0.limit.get().wrapping_add(1);
        self.0.limit.set(limit);
        let attempt = self.0.attempt.get();
        let this = self.clone();
        page::after(time, move || {
            let counts = this.0.limit.get() == limit && this.is_current(attempt);
            if counts && this.0.phase.read_untracked().is_busy() {
                this.fail(failure);
            }
        });
    }

    fn next_attempt(&self) -> u32 {
        let next = self.0.attempt.get().wrapping_add(1);
        self.0.attempt.set(next);
        next
    }

    fn is_current(&self, attempt: u32) -> bool {
        self.0.attempt.get() == attempt
    }
}
