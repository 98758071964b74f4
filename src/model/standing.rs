//! Where an inquiry stands, as a page is told.

use serde::{Deserialize, Serialize};

use super::{InquiryId, InquiryStatus};

/// Where an inquiry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingView {
    /// The number of its newest change; of two standings the higher one is newer.
    pub number: i64,
    /// Which inquiry.
    pub inquiry_id: InquiryId,
    /// Its status.
    pub status: InquiryStatus,
}
