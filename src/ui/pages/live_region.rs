//! The live region of a page whose parts are kept current.

use leptos::prelude::*;

use crate::{
    model::{ChangeNumber, InquiryId},
    ui::islands::{LiveParts, live_region::ID},
};

/// Announces each new status, after the parts were fetched again.
#[component]
pub(super) fn LiveRegion(
    /// The newest change that the page contains.
    newest: ChangeNumber,
    /// The one inquiry that the page is about.
    only: Option<InquiryId>,
    /// The IDs of the parts.
    parts: &'static [&'static str],
) -> impl IntoView {
    let only = only.map(|id| id.to_string());
    view! {
        <p
            id=ID
            class="visually-hidden"
            role="status"
            data-newest=newest.0.to_string()
            data-only=only
            data-parts=parts.join(" ")
        ></p>
        <LiveParts />
    }
}
