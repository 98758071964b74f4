//! Inquiry sessions and one-time links: the two ways into an inquiry besides its ID.

use serde::{Deserialize, Serialize};

use super::Entity;
use crate::core::clock::Moment;

/// The status of a session (docs: `inquiry-sessions`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum SessionStatus {
    /// Created, and not yet used by a browser.
    New,
    /// Used by a browser.
    Active,
    /// Expired: by time, by request, or with its inquiry.
    Expired,
}

impl SessionStatus {
    /// The status as the API spells it.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How a flow was handed over to the device of a session (API specification: `qr`, `sms`, `email`). The
/// sandbox sends no messages, so there is one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum HandoffMethod {
    /// By a QR code, or the link beside it.
    Qr,
}

impl HandoffMethod {
    /// The method as the API spells it.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One browser's permission to continue one inquiry.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Session {
    /// `iqse_…`
    pub(crate) id: String,
    pub(crate) inquiry_id: String,
    pub(crate) status: SessionStatus,
    pub(crate) created_at: Moment,
    pub(crate) started_at: Option<Moment>,
    pub(crate) expired_at: Option<Moment>,
    /// When the session, and every token for it, ends by itself.
    pub(crate) expires_at: Moment,
    /// The user agent of the browser that used it.
    pub(crate) user_agent: Option<String>,
    /// How the flow came to this device, if it was begun on another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) handoff: Option<HandoffMethod>,
}

impl Session {
    /// Whether a browser may still use it.
    pub(crate) fn is_valid(&self, now: Moment) -> bool {
        self.status != SessionStatus::Expired && now < self.expires_at
    }

    /// Extends its expiry to `end` at least.
    pub(crate) fn extend_to(&mut self, end: Moment) {
        self.expires_at = self.expires_at.max(end);
    }

    /// When it expires by itself.
    pub(crate) fn due(&self) -> Option<Moment> {
        (self.status != SessionStatus::Expired).then_some(self.expires_at)
    }
}

impl Entity for Session {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        Some(&self.inquiry_id)
    }
}

/// A link that opens an inquiry once (docs: `inquiry-one-time-links`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct OneTimeLink {
    /// The `code` of the link.
    pub(crate) code: String,
    /// The `code` of its short form.
    pub(crate) short_code: String,
    pub(crate) session_id: String,
    pub(crate) expires_at: Moment,
    /// First use. The link works for a short while longer, so that a reload does not lock
    /// the person out.
    pub(crate) used_at: Option<Moment>,
}

impl Entity for OneTimeLink {
    fn id(&self) -> &str {
        &self.code
    }

    fn group(&self) -> Option<&str> {
        Some(&self.short_code)
    }
}
