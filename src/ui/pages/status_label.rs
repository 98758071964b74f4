//! The status of an inquiry in a word or two, for lists.

use crate::{i18n::Texts, model::InquiryStatus};

/// The label of an inquiry: of its status, unless the person has submitted it since.
pub(super) fn summary_label(status: &InquiryStatus, is_submitted: bool, t: &Texts) -> String {
    if is_submitted && status.is_unfinished() {
        t.text("submitted-label")
    } else {
        status_label(status, t)
    }
}

/// The label of a status.
pub(super) fn status_label(status: &InquiryStatus, t: &Texts) -> String {
    t.text(match status {
        InquiryStatus::Created => "created-label",
        InquiryStatus::Pending => "pending-label",
        InquiryStatus::Completed => "completed-label",
        InquiryStatus::NeedsReview => "needs-review-label",
        InquiryStatus::Approved => "approved-label",
        InquiryStatus::Declined => "declined-label",
        InquiryStatus::Failed => "failed-label",
        InquiryStatus::Expired => "expired-label",
        // A status that this release does not know counts as in progress.
        InquiryStatus::Unknown(_) => "unknown-label",
    })
}
