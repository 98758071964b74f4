//! Where an inquiry stands, as a page is told.

use serde::{Deserialize, Serialize};

use super::{InquiryId, InquiryStatus, ResultId};

/// The number of a change: of two the higher one was noticed later. 0 is before all of them.
///
/// On the wire it is text: parsers of numbers would cost the browser 13 KB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ChangeNumber(pub i64);

impl From<String> for ChangeNumber {
    /// What is no number is before all changes.
    fn from(text: String) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

impl From<ChangeNumber> for String {
    fn from(number: ChangeNumber) -> Self {
        number.0.to_string()
    }
}

/// Where an inquiry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingView {
    /// The number of its newest change.
    pub number: ChangeNumber,
    /// Which inquiry.
    pub inquiry_id: InquiryId,
    /// Where the page of its result is: `/results/{result_id}`. The list and the page itself name
    /// it, the stream does not.
    pub result_id: Option<ResultId>,
    /// Its status.
    pub status: InquiryStatus,
}
