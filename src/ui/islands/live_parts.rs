//! Keeps parts of a page current: they are rendered on the server and fetched again after each change.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    model::{ChangeNumber, InquiryId, InquirySummaryView},
    ui::{
        browser::{
            backoff::Backoff,
            live::Follower,
            page::{self, Reading},
        },
        islands::status_text::status_text,
    },
};

/// Reads the parts anew at each news of the inquiry, or of any, and says the news aloud.
#[island]
pub(in crate::ui) fn LiveParts(
    /// The newest change that the page tells.
    newest: ChangeNumber,
    /// The one inquiry that it is about.
    only: Option<InquiryId>,
    /// The IDs of the parts.
    parts: Vec<String>,
) -> impl IntoView {
    let spoken = RwSignal::new(String::new());
    Effect::new(move |_| {
        let page = Rc::new(Page {
            shown: Cell::new(newest),
            heard: RefCell::new(None),
            is_reading: Cell::new(false),
            only: only.clone(),
            parts: parts.clone(),
            spoken,
        });
        Follower::start(move |news| page.hear(news));
    });
    view! {
        <p class="spoken" role="status">
            {spoken}
        </p>
    }
}

struct Page {
    /// The newest change that is shown. It grows when the parts have been read.
    shown: Cell<ChangeNumber>,
    /// The newest news, shown or not yet.
    heard: RefCell<Option<InquirySummaryView>>,
    /// Whether the parts are being read, or will be after a while. One reading at a time: of two, the
    /// earlier could end last and bring back what was.
    is_reading: Cell<bool>,
    only: Option<InquiryId>,
    parts: Vec<String>,
    spoken: RwSignal<String>,
}

impl Page {
    fn hear(self: &Rc<Self>, news: InquirySummaryView) {
        let is_ours = self.only.as_ref().is_none_or(|id| *id == news.inquiry_id);
        if !is_ours || news.number <= self.shown.get() {
            return;
        }
        let number = news.number;
        let is_newest = |heard: &InquirySummaryView| number > heard.number;
        if self.heard.borrow().as_ref().is_none_or(is_newest) {
            self.heard.replace(Some(news));
        }
        if !self.is_reading.replace(true) {
            self.read(Backoff::new());
        }
    }

    /// Reads the parts until they are as new as the newest news.
    fn read(self: &Rc<Self>, mut backoff: Backoff) {
        let this = Rc::clone(self);
        spawn_local(async move {
            while let Some(news) = this.not_shown() {
                match page::refresh(&this.parts).await {
                    Reading::Shown => this.show(&news),
                    Reading::Elsewhere => break,
                    Reading::Failed => {
                        page::after(backoff.next(), move || this.read(backoff));
                        return;
                    }
                }
            }
            this.is_reading.set(false);
        });
    }

    /// What is to be read. Nothing while the page is hidden: when it no longer is, it is told again.
    fn not_shown(&self) -> Option<InquirySummaryView> {
        let shown = self.shown.get();
        let heard = self.heard.borrow();
        let news = heard.as_ref().filter(|news| news.number > shown)?;
        (!page::is_hidden()).then(|| news.clone())
    }

    /// The parts have been read since this news.
    fn show(&self, news: &InquirySummaryView) {
        self.shown.set(news.number);
        let text = status_text(&news.status);
        self.spoken
            .set(format!("{}. {}", text.label, text.sentence));
    }
}
