//! Sessions, tokens and one-time links.

use std::sync::Arc;

use super::DomainError;
use crate::core::clock::Moment;
use crate::core::model::{EventName, Inquiry, OneTimeLink, Session, SessionStatus, Status};
use crate::core::token;
use crate::store::{State, Tx};

/// Sessions an inquiry may have (docs: `inquiry-sessions`).
const SESSION_LIMIT: usize = 25;

/// How long a session lasts: the `exp` of Persona's sample token is a day after its `iat`.
const SESSION_SECONDS: i64 = 24 * 60 * 60;

impl Tx {
    /// Issues a session token. An expired inquiry becomes pending.
    ///
    /// The documentation contradicts itself on resuming a `created` inquiry: the API specification
    /// refuses only redacted inquiries, the error page calls every status except pending and
    /// expired a conflict. Only this function decides: a created inquiry is resumed, a finished one
    /// is refused.
    pub(crate) fn resume_inquiry(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, String), DomainError> {
        let inquiry = self.inquiry(id)?;
        if inquiry.redacted_at.is_some() {
            return Err(DomainError::AlreadyRedacted);
        }
        if !inquiry.status.is_open() && inquiry.status != Status::Expired {
            return Err(DomainError::WrongStatus {
                verb: "resumed",
                status: inquiry.status,
            });
        }
        let session = match self.unused_session(id, now) {
            Some(session) => session,
            None => self.new_session(id, now)?,
        };
        let inquiry = self.inquiry_mut(id, now, |inquiry| {
            if inquiry.status == Status::Expired {
                inquiry.status = Status::Pending;
                inquiry.expired_at = None;
            }
            let expires_at = now.plus_seconds(inquiry.expiry.after_resume);
            inquiry.expires_at = inquiry.expires_at.max(Some(expires_at));
        })?;
        let token = self.token_for(&session, now);
        Ok((inquiry, token))
    }

    /// Creates a session, unless the inquiry has reached its limit.
    pub(super) fn new_session(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<Arc<Session>, DomainError> {
        if self.sessions.in_group(inquiry_id).count() >= SESSION_LIMIT {
            return Err(DomainError::SessionLimit {
                limit: SESSION_LIMIT,
            });
        }
        let session = Arc::new(Session {
            id: self.entropy().id("iqse"),
            inquiry_id: inquiry_id.to_owned(),
            status: SessionStatus::New,
            created_at: now,
            started_at: None,
            expired_at: None,
            expires_at: now.plus_seconds(SESSION_SECONDS),
            user_agent: None,
            handoff: None,
        });
        self.put_session(Arc::clone(&session));
        Ok(session)
    }

    /// Creates a session for an open inquiry.
    pub(crate) fn create_session(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<Arc<Session>, DomainError> {
        self.open_inquiry(inquiry_id, "given a session")?;
        self.new_session(inquiry_id, now)
    }

    /// Issues a token for a session, valid until the session ends. Secret.
    pub(crate) fn token_for(&mut self, session: &Session, now: Moment) -> String {
        let jti = self.entropy().uuid();
        token::issue(self.token_key(), &session.id, jti, now, session.expires_at)
    }

    /// Activates a new session; any other is left unchanged.
    pub(super) fn activate(&mut self, session: &Session, user_agent: Option<&str>, now: Moment) {
        if session.status != SessionStatus::New {
            return;
        }
        let session = Arc::new(Session {
            status: SessionStatus::Active,
            started_at: Some(now),
            user_agent: user_agent.map(str::to_owned),
            ..session.clone()
        });
        self.put_session(Arc::clone(&session));
        self.emit(EventName::SessionStarted, &session, now);
    }

    /// Expires a session; an expired one is left unchanged.
    pub(crate) fn expire_session(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Session>, DomainError> {
        let session = self.session(id)?;
        if session.status == SessionStatus::Expired {
            return Ok(session);
        }
        Ok(self.end_session(&session, now))
    }

    /// Expires all sessions of an inquiry, and returns those that were not expired before.
    pub(crate) fn expire_sessions(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<Vec<Arc<Session>>, DomainError> {
        self.inquiry(inquiry_id)?;
        Ok(self.end_sessions(inquiry_id, now))
    }

    /// Expires all sessions of an inquiry, and returns those that were not expired before.
    pub(super) fn end_sessions(&mut self, inquiry_id: &str, now: Moment) -> Vec<Arc<Session>> {
        let sessions: Vec<_> = self
            .sessions
            .in_group(inquiry_id)
            .map(|(_, session)| Arc::clone(session))
            .filter(|session| session.status != SessionStatus::Expired)
            .collect();
        sessions
            .iter()
            .map(|session| self.end_session(session, now))
            .collect()
    }

    fn end_session(&mut self, session: &Session, now: Moment) -> Arc<Session> {
        let session = Arc::new(Session {
            status: SessionStatus::Expired,
            expired_at: Some(now),
            ..session.clone()
        });
        self.put_session(Arc::clone(&session));
        self.emit(EventName::SessionExpired, &session, now);
        session
    }

    /// Creates a one-time link to an open inquiry, with a new session (API specification,
    /// `POST /inquiries/{id}/generate-one-time-link`). An expired inquiry has to be resumed first.
    pub(crate) fn create_one_time_link(
        &mut self,
        inquiry_id: &str,
        valid_seconds: Option<i64>,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Arc<OneTimeLink>), DomainError> {
        let inquiry = self.open_inquiry(inquiry_id, "given a one-time link")?;
        let mut session = self.new_session(inquiry_id, now)?;
        let link = self.new_link(&inquiry, &session, valid_seconds, now);
        // A long-lived link needs a session that lives as long.
        Arc::make_mut(&mut session).extend_to(link.expires_at);
        self.put_session(session);
        Ok((inquiry, link))
    }

    /// Creates a one-time link for an existing session.
    pub(crate) fn create_one_time_link_for_session(
        &mut self,
        session_id: &str,
        now: Moment,
    ) -> Result<(Arc<Session>, Arc<OneTimeLink>), DomainError> {
        let session = self.session(session_id)?;
        if !session.is_valid(now) {
            return Err(DomainError::SessionExpired);
        }
        let inquiry = self.open_inquiry(&session.inquiry_id, "given a one-time link")?;
        let link = self.new_link(&inquiry, &session, None, now);
        Ok((session, link))
    }

    pub(super) fn new_link(
        &mut self,
        inquiry: &Inquiry,
        session: &Session,
        valid_seconds: Option<i64>,
        now: Moment,
    ) -> Arc<OneTimeLink> {
        let by_template = self
            .templates
            .find(&inquiry.template_id)
            .map(|t| t.one_time_link_seconds);
        let valid_seconds = valid_seconds.or(by_template).unwrap_or(SESSION_SECONDS);
        // The API specification's example code begins with the region, `us1-`.
        let code = format!("us1-{}", self.entropy().code(32));
        let short_code = self.entropy().code(10);
        let link = Arc::new(OneTimeLink {
            code,
            short_code,
            session_id: session.id.clone(),
            expires_at: now.plus_seconds(valid_seconds),
            used_at: None,
        });
        self.put_one_time_link(Arc::clone(&link));
        link
    }
}

impl State {
    fn unused_session(&self, inquiry_id: &str, now: Moment) -> Option<Arc<Session>> {
        self.sessions
            .in_group(inquiry_id)
            .map(|(_, session)| session)
            .find(|session| {
                // That of a hand-over is for another device.
                session.status == SessionStatus::New
                    && session.handoff.is_none()
                    && session.is_valid(now)
            })
            .cloned()
    }

    fn open_inquiry(&self, id: &str, verb: &'static str) -> Result<Arc<Inquiry>, DomainError> {
        let inquiry = self.inquiry(id)?;
        if inquiry.redacted_at.is_some() {
            return Err(DomainError::AlreadyRedacted);
        }
        if !inquiry.status.is_open() {
            return Err(DomainError::WrongStatus {
                verb,
                status: inquiry.status,
            });
        }
        Ok(inquiry)
    }

    /// The session of a token, if both are still valid.
    pub(super) fn session_by_token(&self, token: &str, now: Moment) -> Option<Arc<Session>> {
        let id = token::session_id(self.token_key(), token, now)?;
        let session = self.sessions.find(&id)?;
        session.is_valid(now).then(|| Arc::clone(session))
    }
}
