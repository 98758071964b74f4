//! Keeps parts of a page as they are now: what is said changes on the server, and is read anew.

use std::{cell::Cell, rc::Rc};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    model::{ChangeNumber, InquiryId, StandingView},
    ui::{
        browser::{live::Follower, page},
        status_text::status_text,
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
    /// The newest change that is shown. It grows when the parts have been read, so that news is
    /// tried again when it is told again.
    shown: Cell<ChangeNumber>,
    only: Option<InquiryId>,
    parts: Vec<String>,
    spoken: RwSignal<String>,
}

impl Page {
    fn hear(self: &Rc<Self>, news: StandingView) {
        let is_ours = self.only.as_ref().is_none_or(|id| *id == news.inquiry_id);
        if !is_ours || news.number <= self.shown.get() {
            return;
        }
        let this = Rc::clone(self);
        spawn_local(async move {
            let parts: Vec<&str> = this.parts.iter().map(String::as_str).collect();
            let is_read = page::refresh(&parts).await;
            if is_read && news.number > this.shown.get() {
                this.shown.set(news.number);
                let text = status_text(&news.status);
                this.spoken
                    .set(format!("{}. {}", text.label, text.sentence));
            }
        });
    }
}
