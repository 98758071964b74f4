//! Sessions, tokens and one-time links.

use std::sync::Arc;

use super::Refusal;
use crate::clock::Moment;
use crate::model::{EventName, Inquiry, OneTimeLink, Session, SessionStatus, Status, Subject};
use crate::state::{Record, State};
use crate::token;

/// Sessions an inquiry may have (docs: `inquiry-sessions`).
const SESSION_LIMIT: usize = 25;

/// How long a session lasts: the `exp` of Persona's sample token is a day after its `iat`.
const SESSION_SECONDS: i64 = 24 * 60 * 60;

impl State {
    /// Gives out a session token; an expired inquiry becomes pending.
    ///
    /// What resuming a `created` inquiry does is not documented for certain: the API specification names
    /// only redaction as an obstacle, the error page calls anything but pending and expired a
    /// conflict. This is the one place that decides: created is resumed, finished is refused.
    pub(crate) fn resume_inquiry(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, String), Refusal> {
        let mut inquiry = Inquiry::clone(&*self.inquiry(id)?);
        if inquiry.redacted_at.is_some() {
            return Err(Refusal::Redacted);
        }
        if !inquiry.status.is_open() && inquiry.status != Status::Expired {
            return Err(Refusal::WrongStatus {
                verb: "resumed",
                status: inquiry.status,
            });
        }
        let mut more = Vec::new();
        let session = match self.unused_session(id, now) {
            Some(session) => session,
            None => {
                let session = self.new_session(id, now)?;
                more.push(Record::Session(Arc::clone(&session)));
                session
            }
        };
        if inquiry.status == Status::Expired {
            inquiry.status = Status::Pending;
            inquiry.expired_at = None;
        }
        let expires_at = now.plus_seconds(inquiry.expiry.after_resume);
        inquiry.expires_at = inquiry.expires_at.max(Some(expires_at));
        let inquiry = self.commit_inquiry(inquiry, &[], more, now)?;
        let token = self.token_for(&session, now);
        Ok((inquiry, token))
    }

    fn unused_session(&self, inquiry_id: &str, now: Moment) -> Option<Arc<Session>> {
        self.sessions
            .in_group(inquiry_id)
            .map(|(_, session)| session)
            .find(|session| session.status == SessionStatus::New && session.is_valid(now))
            .cloned()
    }

    /// A session that is not yet committed.
    pub(super) fn new_session(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<Arc<Session>, Refusal> {
        if self.sessions.in_group(inquiry_id).count() >= SESSION_LIMIT {
            return Err(Refusal::SessionLimit {
                limit: SESSION_LIMIT,
            });
        }
        Ok(Arc::new(Session {
            id: self.entropy().id("iqse"),
            inquiry_id: inquiry_id.to_owned(),
            status: SessionStatus::New,
            created_at: now,
            started_at: None,
            expired_at: None,
            expires_at: now.plus_seconds(SESSION_SECONDS),
            user_agent: None,
        }))
    }

    /// Makes a session for an inquiry that is open.
    pub(crate) fn create_session(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<Arc<Session>, Refusal> {
        self.open_inquiry(inquiry_id, "given a session")?;
        let session = self.new_session(inquiry_id, now)?;
        self.commit(vec![Record::Session(Arc::clone(&session))])?;
        Ok(session)
    }

    fn open_inquiry(&self, id: &str, verb: &'static str) -> Result<Arc<Inquiry>, Refusal> {
        let inquiry = self.inquiry(id)?;
        if inquiry.redacted_at.is_some() {
            return Err(Refusal::Redacted);
        }
        if !inquiry.status.is_open() {
            return Err(Refusal::WrongStatus {
                verb,
                status: inquiry.status,
            });
        }
        Ok(inquiry)
    }

    /// A token for a session, valid until the session ends. Secret.
    pub(crate) fn token_for(&mut self, session: &Session, now: Moment) -> String {
        let jti = self.entropy().uuid();
        token::issue(self.token_key(), &session.id, jti, now, session.expires_at)
    }

    /// The session that a token stands for, if both are still good.
    pub(super) fn session_of_token(&self, token: &str, now: Moment) -> Option<Arc<Session>> {
        let id = token::session_id(self.token_key(), token, now)?;
        let session = self.sessions.find(&id)?;
        session.is_valid(now).then(|| Arc::clone(session))
    }

    /// The records by which a session becomes active, empty if it already is.
    pub(super) fn activate(
        &mut self,
        session: &Session,
        user_agent: Option<&str>,
        now: Moment,
    ) -> Vec<Record> {
        if session.status != SessionStatus::New {
            return Vec::new();
        }
        let session = Arc::new(Session {
            status: SessionStatus::Active,
            started_at: Some(now),
            user_agent: user_agent.map(str::to_owned),
            ..session.clone()
        });
        let event = self.event(
            EventName::SessionStarted,
            Subject::Session(Arc::clone(&session)),
            now,
        );
        vec![Record::Session(session), event]
    }

    /// Ends a session; one that is over stays as it is.
    pub(crate) fn expire_session(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Session>, Refusal> {
        let session = self.sessions.find(id).cloned().ok_or(Refusal::NotFound {
            what: "inquiry session",
        })?;
        if session.status == SessionStatus::Expired {
            return Ok(session);
        }
        let change = self.expire_records(&session, now);
        self.commit(change)?;
        self.sessions.find(id).cloned().ok_or(Refusal::NotFound {
            what: "inquiry session",
        })
    }

    /// Ends all sessions of an inquiry, and answers with those that it ended.
    pub(crate) fn expire_sessions_of(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<Vec<Arc<Session>>, Refusal> {
        self.inquiry(inquiry_id)?;
        let change = self.expire_all_records(inquiry_id, now);
        let ended = change
            .iter()
            .filter_map(|record| match record {
                Record::Session(session) => Some(Arc::clone(session)),
                _ => None,
            })
            .collect();
        self.commit(change)?;
        Ok(ended)
    }

    /// The records that end all sessions of an inquiry.
    pub(super) fn expire_all_records(&mut self, inquiry_id: &str, now: Moment) -> Vec<Record> {
        let sessions: Vec<_> = self
            .sessions
            .in_group(inquiry_id)
            .map(|(_, session)| Arc::clone(session))
            .filter(|session| session.status != SessionStatus::Expired)
            .collect();
        sessions
            .iter()
            .flat_map(|session| self.expire_records(session, now))
            .collect()
    }

    fn expire_records(&mut self, session: &Session, now: Moment) -> Vec<Record> {
        let session = Arc::new(Session {
            status: SessionStatus::Expired,
            expired_at: Some(now),
            ..session.clone()
        });
        let event = self.event(
            EventName::SessionExpired,
            Subject::Session(Arc::clone(&session)),
            now,
        );
        vec![Record::Session(session), event]
    }

    /// Makes a one-time link to an open inquiry, by a new session (API specification,
    /// `POST /inquiries/{id}/generate-one-time-link`). An expired inquiry gets none: resume first.
    pub(crate) fn create_one_time_link(
        &mut self,
        inquiry_id: &str,
        valid_seconds: Option<i64>,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Arc<OneTimeLink>), Refusal> {
        let inquiry = self.open_inquiry(inquiry_id, "given a one-time link")?;
        let mut session = self.new_session(inquiry_id, now)?;
        let link = self.new_link(&inquiry, &session, valid_seconds, now);
        // A link that was given long to live leads somewhere until its end.
        Arc::make_mut(&mut session).extend_to(link.expires_at);
        let records = vec![
            Record::Session(session),
            Record::OneTimeLink(Arc::clone(&link)),
        ];
        self.commit(records)?;
        Ok((inquiry, link))
    }

    /// Makes a one-time link for a session that exists.
    pub(crate) fn create_one_time_link_for_session(
        &mut self,
        session_id: &str,
        now: Moment,
    ) -> Result<(Arc<Session>, Arc<OneTimeLink>), Refusal> {
        let session = self
            .sessions
            .find(session_id)
            .cloned()
            .ok_or(Refusal::NotFound {
                what: "inquiry session",
            })?;
        if !session.is_valid(now) {
            return Err(Refusal::SessionExpired);
        }
        let inquiry = self.open_inquiry(&session.inquiry_id, "given a one-time link")?;
        let link = self.new_link(&inquiry, &session, None, now);
        self.commit(vec![Record::OneTimeLink(Arc::clone(&link))])?;
        Ok((session, link))
    }

    fn new_link(
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
        Arc::new(OneTimeLink {
            code,
            short_code,
            session_id: session.id.clone(),
            expires_at: now.plus_seconds(valid_seconds),
            used_at: None,
        })
    }
}
