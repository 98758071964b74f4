//! The current state of an inquiry, as pages display it.

use serde::Serialize;

use super::{InquiryId, InquiryStatus, ResultId};

/// The number of a status change, in the order of recording. 0 precedes all changes.
///
/// Serialized as text: JavaScript's numbers hold fewer digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(into = "String")]
pub struct ChangeNumber(pub i64);

impl From<String> for ChangeNumber {
    /// A text that is not a number becomes 0.
    fn from(text: String) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

impl From<ChangeNumber> for String {
    fn from(number: ChangeNumber) -> Self {
        number.0.to_string()
    }
}

/// The current state of an inquiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InquirySummaryView {
    /// The number of its newest change.
    pub number: ChangeNumber,
    /// The inquiry.
    pub inquiry_id: InquiryId,
    /// The ID of the result page, `/results/{result_id}`. Lists and pages contain it, the live
    /// stream does not.
    pub result_id: Option<ResultId>,
    /// The status.
    pub status: InquiryStatus,
    /// Whether the person has submitted the inquiry, and Persona has not confirmed it yet. The live
    /// stream does not contain it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_submitted: bool,
}

impl InquirySummaryView {
    /// Selects the state that counts for a person with several inquiries: the newest change, except
    /// that an approval stays valid until a newer decision.
    ///
    /// An unfinished, failed or expired later inquiry does not revoke the approval.
    #[must_use]
    pub fn overall<'a>(summaries: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        let mut newest: Option<&Self> = None;
        let mut decision: Option<&Self> = None;
        let is_newer =
            |than: Option<&Self>, it: &Self| than.is_none_or(|than| it.number > than.number);
        for summary in summaries {
            if is_newer(newest, summary) {
                newest = Some(summary);
            }
            if summary.status.is_decision() && is_newer(decision, summary) {
                decision = Some(summary);
            }
        }
        decision
            .filter(|decision| decision.status == InquiryStatus::Approved)
            .or(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overall(summaries: &[(i64, &str)]) -> String {
        let views: Vec<_> = summaries
            .iter()
            .map(|(number, status)| InquirySummaryView {
                number: ChangeNumber(*number),
                inquiry_id: InquiryId::parse(format!("inq_{number}")).unwrap(),
                result_id: None,
                status: (*status).to_owned().into(),
                is_submitted: false,
            })
            .collect();
        InquirySummaryView::overall(&views).map_or_else(String::new, |it| it.status.to_string())
    }

    #[test]
    fn an_approval_stands_until_a_newer_decision() {
        for (summaries, expected) in [
            (&[][..], ""),
            (&[(1, "created")], "created"),
            (&[(2, "created"), (1, "approved")], "approved"),
            (
                &[(1, "approved"), (2, "failed"), (3, "expired")],
                "approved",
            ),
            (&[(1, "approved"), (2, "declined")], "declined"),
            (
                &[(1, "declined"), (2, "approved"), (3, "pending")],
                "approved",
            ),
            // A new inquiry after a decline replaces it.
            (&[(1, "declined"), (2, "created")], "created"),
            (&[(1, "pending"), (2, "completed")], "completed"),
        ] {
            assert_eq!(overall(summaries), expected, "{summaries:?}");
        }
    }
}
