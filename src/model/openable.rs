//! The data that the browser needs to open an inquiry.

use serde::{Deserialize, Serialize};

use super::{InquiryId, SessionToken};

/// An inquiry that can be opened: by its ID alone while it is created, with a session token once it
/// is pending (docs.withpersona.com/docs/resuming-inquiries).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenableInquiry {
    /// The inquiry to open.
    pub inquiry_id: InquiryId,
    /// The session token; `None` if none is needed.
    pub session_token: Option<SessionToken>,
}
