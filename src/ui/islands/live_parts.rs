//! Keeps parts of a page current: they are rendered on the server and fetched again after each change.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    i18n::Word,
    model::{ChangeNumber, InquiryId, InquirySummaryView},
    ui::{
        browser::{
            backoff::Backoff,
            live::Follower,
            page::{self, ReloadOutcome},
        },
        islands::{status_text::status_text, words::word},
    },
};

/// The element that announces, with the newest change that the page contains, the one inquiry that it is
/// about, and the IDs of the parts.
pub(in crate::ui) mod live_region {
    pub(in crate::ui) const ID: &str = "live-region";
    pub(super) const NEWEST: &str = "data-newest";
    pub(super) const ONLY: &str = "data-only";
    pub(super) const PARTS: &str = "data-parts";
}

/// Reloads the parts after each change of the inquiry (of any inquiry, without one), and announces the
/// new status to screen readers.
#[island]
pub(in crate::ui) fn LiveParts() -> impl IntoView {
    let attribute = |name| page::attribute(live_region::ID, name);
    let Some(parts) = attribute(live_region::PARTS) else {
        return;
    };
    let page = Rc::new(Page {
        rendered: Cell::new(attribute(live_region::NEWEST).unwrap_or_default().into()),
        latest: RefCell::new(None),
        is_reloading: Cell::new(false),
        only: attribute(live_region::ONLY).and_then(|id| InquiryId::parse(id).ok()),
        parts: parts.split(' ').map(ToOwned::to_owned).collect(),
    });
    let sign_out = || announce(&word(Word::SignedOutHeading));
    Follower::start(move |summary| page.on_update(summary), sign_out);
}

fn announce(text: &str) {
    page::set_text(live_region::ID, text);
}

struct Page {
    /// The newest change that the parts contain. Grows when the parts have been reloaded.
    rendered: Cell<ChangeNumber>,
    /// The newest change, whether the parts contain it or not.
    latest: RefCell<Option<InquirySummaryView>>,
    /// Whether the parts are being reloaded, or will be after a delay. Only one reload runs at a time: of
    /// two, the earlier could end last and restore the outdated parts.
    is_reloading: Cell<bool>,
    only: Option<InquiryId>,
    parts: Vec<String>,
}

impl Page {
    fn on_update(self: &Rc<Self>, summary: InquirySummaryView) {
        let is_relevant = self
            .only
            .as_ref()
            .is_none_or(|id| *id == summary.inquiry_id);
        if !is_relevant || summary.number <= self.rendered.get() {
            return;
        }
        let number = summary.number;
        let is_newest = |latest: &InquirySummaryView| number > latest.number;
        if self.latest.borrow().as_ref().is_none_or(is_newest) {
            self.latest.replace(Some(summary));
        }
        if !self.is_reloading.replace(true) {
            self.reload(Backoff::new());
        }
    }

    /// Reloads the parts until they contain the newest change.
    fn reload(self: &Rc<Self>, mut backoff: Backoff) {
        let this = Rc::clone(self);
        spawn_local(async move {
            while let Some(summary) = this.pending_update() {
                match page::reload_parts(&this.parts).await {
                    ReloadOutcome::Replaced => this.record_reload(&summary),
                    ReloadOutcome::Redirected => break,
                    ReloadOutcome::Failed => {
                        page::after(backoff.next(), move || this.reload(backoff));
                        return;
                    }
                }
            }
            this.is_reloading.set(false);
        });
    }

    /// The change that the parts lack. `None` while the page is hidden: the follower passes the statuses
    /// again when the page becomes visible.
    fn pending_update(&self) -> Option<InquirySummaryView> {
        let rendered = self.rendered.get();
        let latest = self.latest.borrow();
        let summary = latest.as_ref().filter(|latest| latest.number > rendered)?;
        (!page::is_hidden()).then(|| summary.clone())
    }

    /// Takes note that the parts contain this change, and announces it.
    fn record_reload(&self, summary: &InquirySummaryView) {
        self.rendered.set(summary.number);
        announce(&status_text(&summary.status).line());
    }
}
