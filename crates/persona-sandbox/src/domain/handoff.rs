//! Handing an open flow over to another device, which gets a session of its own.
//!
//! Docs: `inquiry-sessions`, and `one-time-link-expiration-seconds` of the API specification's
//! `POST /inquiries`. The first device keeps its session, so the person can go on there at any time.

use std::sync::Arc;

use super::FlowError;
use crate::core::clock::Moment;
use crate::core::model::{HandoffMethod, Inquiry, OneTimeLink, Session, SessionStatus};
use crate::store::{State, Tx};

/// How long the link is valid if the creation of the inquiry does not say it
/// (help.withpersona.com, article 5KwYh8Uw7M9z6059vP0aWl).
const DEFAULT_LINK_SECONDS: i64 = 60 * 60;

/// What has become of a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandoffStatus {
    /// The other device has opened the flow.
    pub(crate) is_started: bool,
    /// The flow is over, wherever it was finished.
    pub(crate) is_over: bool,
}

impl Tx {
    /// Makes a link to the flow for another device. An earlier link that nobody has opened yet stays
    /// valid, and leads to the same session.
    pub(crate) fn hand_over(
        &mut self,
        session_token: &str,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Arc<OneTimeLink>), FlowError> {
        let inquiry = self.flow_inquiry(session_token, now)?;
        self.check_openable(&inquiry)?;
        let session = match self.unopened_handoff(&inquiry.id, now) {
            Some(session) => session,
            None => {
                let mut session = self.new_session(&inquiry.id, now)?;
                Arc::make_mut(&mut session).handoff = Some(HandoffMethod::Qr);
                self.put_session(Arc::clone(&session));
                session
            }
        };
        let seconds = inquiry.handoff_link_seconds;
        let seconds = seconds.unwrap_or(DEFAULT_LINK_SECONDS);
        let link = self.new_link(&inquiry, &session, Some(seconds), now);
        Ok((inquiry, link))
    }
}

impl State {
    fn unopened_handoff(&self, inquiry_id: &str, now: Moment) -> Option<Arc<Session>> {
        let mut sessions = self.sessions.in_group(inquiry_id);
        let unopened = |session: &Session| {
            session.handoff.is_some()
                && session.status == SessionStatus::New
                && session.is_valid(now)
        };
        let found = sessions.find(|(_, session)| unopened(session));
        found.map(|(_, session)| Arc::clone(session))
    }

    /// What has become of the hand-over to the session with this ID, for the device that began it.
    pub(crate) fn handoff_status(
        &self,
        session_token: &str,
        handoff_session_id: &str,
        now: Moment,
    ) -> Result<HandoffStatus, FlowError> {
        let inquiry = self.flow_inquiry(session_token, now)?;
        let session = self.sessions.find(handoff_session_id);
        let session = session.filter(|session| session.inquiry_id == inquiry.id);
        let session = session.ok_or(FlowError::NotFound("session"))?;
        Ok(HandoffStatus {
            is_started: session.started_at.is_some(),
            is_over: self.check_openable(&inquiry).is_err(),
        })
    }

    /// Whether the browser with this token is the device that a flow was handed over to.
    pub(crate) fn is_other_device(&self, session_token: &str, now: Moment) -> bool {
        let session = self.session_by_token(session_token, now);
        session.is_some_and(|session| session.handoff.is_some())
    }
}
