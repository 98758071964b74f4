//! From what was found to what happens next: one pure function.

use crate::{model::InquiryId, model::InquiryStatus, persona::Inquiry};

/// What to do for a click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NextStep {
    /// There is nothing to go on with.
    Create,
    /// Open it by its ID alone.
    Open(InquiryId),
    /// Fetch a session token, then open it.
    Resume(InquiryId),
}

/// Decides by the unfinished inquiries that Persona listed, newest first.
///
/// The newest one wins; a finished inquiry never blocks. A status that was not asked for, or that
/// nobody knows yet, is passed over: it is not an unfinished inquiry.
pub(super) fn next_step(unfinished: &[Inquiry]) -> NextStep {
    unfinished
        .iter()
        .filter(|inquiry| inquiry.redacted_at.is_none())
        .find_map(|inquiry| match inquiry.status {
            InquiryStatus::Created => Some(NextStep::Open(inquiry.id.clone())),
            InquiryStatus::Pending => Some(NextStep::Resume(inquiry.id.clone())),
            InquiryStatus::Completed
            | InquiryStatus::Failed
            | InquiryStatus::Expired
            | InquiryStatus::NeedsReview
            | InquiryStatus::Approved
            | InquiryStatus::Declined
            | InquiryStatus::Unknown(_) => None,
        })
        .unwrap_or(NextStep::Create)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inquiry(id: &str, status: &str) -> Inquiry {
        Inquiry {
            id: InquiryId::parse(id).unwrap(),
            status: InquiryStatus::from(status.to_owned()),
            reference_id: None,
            template_version_id: None,
            created_at: None,
            updated_at: None,
            expires_at: None,
            redacted_at: None,
        }
    }

    #[test]
    fn each_status_leads_to_its_step() {
        let id = || InquiryId::parse("inq_1").unwrap();
        for (status, expected) in [
            ("created", NextStep::Open(id())),
            ("pending", NextStep::Resume(id())),
            ("completed", NextStep::Create),
            ("failed", NextStep::Create),
            ("expired", NextStep::Create),
            ("needs_review", NextStep::Create),
            ("approved", NextStep::Create),
            ("declined", NextStep::Create),
        ] {
            assert_eq!(next_step(&[inquiry("inq_1", status)]), expected, "{status}");
        }
        assert_eq!(next_step(&[]), NextStep::Create);
    }

    #[test]
    fn the_newest_of_several_wins() {
        let found = [inquiry("inq_2", "pending"), inquiry("inq_1", "created")];
        assert_eq!(
            next_step(&found),
            NextStep::Resume(InquiryId::parse("inq_2").unwrap())
        );
    }

    #[test]
    fn a_redacted_inquiry_is_passed_over() {
        let mut redacted = inquiry("inq_2", "created");
        redacted.redacted_at = Some("2026-01-05T10:00:00Z".parse().unwrap());
        assert_eq!(next_step(&[redacted]), NextStep::Create);
    }
}
