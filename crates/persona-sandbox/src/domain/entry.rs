//! Opening the flow: by inquiry ID, session token, one-time link or template.
//!
//! Docs: `resuming-inquiries`, `inquiry-one-time-links`, `embedded-flow-client-callbacks`. A
//! created inquiry opens with its ID alone, a pending one needs a session token, a one-time link
//! opens either, and a template ID creates a new inquiry unless the template forbids it. Opening
//! never changes the inquiry's status.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::create::{AccountChoice, NewInquiry};
use super::{DomainError, FlowError};
use crate::core::clock::Moment;
use crate::core::model::{
    FlowStep, Inquiry, OneTimeLink, Session, SessionStatus, Status, Template, TemplateStatus,
};
use crate::store::{State, Tx};

/// How long a used one-time link still works (docs: `resuming-inquiries`).
const LINK_GRACE_SECONDS: i64 = 5 * 60;

/// What a browser opens the flow with.
#[derive(Clone, Debug)]
pub(crate) enum EntryPoint {
    /// An inquiry's ID, with a session token if the page has one.
    Inquiry {
        id: String,
        session_token: Option<String>,
    },
    /// The code of a one-time link, long or short.
    Code(String),
    /// A new inquiry that the browser creates.
    Template(ClientSideInquiry),
}

/// The parameters of an inquiry that a browser creates.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientSideInquiry {
    /// `itmpl_…` or, for one version of it, `itmplv_…`.
    pub(crate) template_id: String,
    pub(crate) reference_id: Option<String>,
    pub(crate) account_id: Option<String>,
    pub(crate) fields: Map<String, Value>,
}

/// An open flow.
#[derive(Clone, Debug)]
pub(crate) struct OpenedFlow {
    pub(crate) inquiry: Arc<Inquiry>,
    /// The token with which this browser continues, and reopens after closing. Secret.
    pub(crate) session_token: String,
}

impl OpenedFlow {
    /// The first step to show.
    pub(crate) fn step(&self) -> FlowStep {
        first_step(&self.inquiry)
    }
}

/// A created inquiry begins at the start, any other at the step where the person left.
fn first_step(inquiry: &Inquiry) -> FlowStep {
    match (inquiry.status, inquiry.next_step) {
        (Status::Created, _) | (_, None) => FlowStep::Start,
        (_, Some(step)) => step,
    }
}

impl Tx {
    /// Opens the flow for one browser, and gives it a session.
    pub(crate) fn open_flow(
        &mut self,
        entry: EntryPoint,
        user_agent: Option<&str>,
        now: Moment,
    ) -> Result<OpenedFlow, FlowError> {
        match entry {
            EntryPoint::Inquiry { id, session_token } => {
                let token = session_token.filter(|token| !token.is_empty());
                self.open_by_id(&id, token.as_deref(), user_agent, now)
            }
            EntryPoint::Code(code) => self.open_by_code(&code, user_agent, now),
            EntryPoint::Template(new) => {
                let inquiry = self.create_client_side(new, now)?;
                self.open_by_id(&inquiry.id, None, user_agent, now)
            }
        }
    }

    /// Opens the flow of a session token, unless it is open already. The flow's next step reports any
    /// other problem of the token or its inquiry.
    pub(crate) fn open_session(
        &mut self,
        session_token: &str,
        user_agent: Option<&str>,
        now: Moment,
    ) {
        let Some(session) = self.session_by_token(session_token, now) else {
            return;
        };
        let inquiry = self.inquiries.find(&session.inquiry_id);
        if inquiry.is_none_or(|inquiry| self.check_openable(inquiry).is_err()) {
            return;
        }
        self.activate(&session, user_agent, now);
    }

    fn open_by_id(
        &mut self,
        id: &str,
        token: Option<&str>,
        user_agent: Option<&str>,
        now: Moment,
    ) -> Result<OpenedFlow, FlowError> {
        let (inquiry, session) = self.check_open_by_id(id, token, now)?;
        let session = match session {
            Some(session) => session,
            None => self.new_session(id, now)?,
        };
        Ok(self.start_session(inquiry, &session, user_agent, now))
    }

    fn open_by_code(
        &mut self,
        code: &str,
        user_agent: Option<&str>,
        now: Moment,
    ) -> Result<OpenedFlow, FlowError> {
        let link = self
            .find_one_time_link(code)
            .cloned()
            .ok_or(FlowError::NotFound("link"))?;
        let session = self
            .sessions
            .find(&link.session_id)
            .cloned()
            .ok_or(FlowError::LinkExpired)?;
        let inquiry = self
            .inquiries
            .find(&session.inquiry_id)
            .cloned()
            .ok_or(FlowError::NotFound("inquiry"))?;
        self.check_openable(&inquiry)?;
        if link
            .used_at
            .is_some_and(|used| now > used.plus_seconds(LINK_GRACE_SECONDS))
        {
            return Err(FlowError::LinkUsed);
        }
        if (link.used_at.is_none() && now >= link.expires_at) || !session.is_valid(now) {
            return Err(FlowError::LinkExpired);
        }
        if link.used_at.is_none() {
            let used = OneTimeLink {
                used_at: Some(now),
                ..OneTimeLink::clone(&link)
            };
            self.put_one_time_link(Arc::new(used));
        }
        Ok(self.start_session(inquiry, &session, user_agent, now))
    }

    /// Lets a browser into an open inquiry, whatever it holds, and returns its token: for the
    /// controls, which need neither token nor link.
    pub(super) fn enter_flow(
        &mut self,
        inquiry: &Arc<Inquiry>,
        user_agent: Option<&str>,
        now: Moment,
    ) -> Result<String, FlowError> {
        self.check_openable(inquiry)?;
        let mut sessions = self.sessions.in_group(&inquiry.id);
        let valid = sessions
            .find(|(_, session)| session.is_valid(now))
            .map(|(_, session)| Arc::clone(session));
        drop(sessions);
        let session = match valid {
            Some(session) => session,
            None => self.new_session(&inquiry.id, now)?,
        };
        let opened = self.start_session(Arc::clone(inquiry), &session, user_agent, now);
        Ok(opened.session_token)
    }

    fn start_session(
        &mut self,
        inquiry: Arc<Inquiry>,
        session: &Arc<Session>,
        user_agent: Option<&str>,
        now: Moment,
    ) -> OpenedFlow {
        self.activate(session, user_agent, now);
        let session_token = self.token_for(session, now);
        OpenedFlow {
            inquiry,
            session_token,
        }
    }

    fn create_client_side(
        &mut self,
        new: ClientSideInquiry,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let template = self
            .find_template(&new.template_id)
            .cloned()
            .ok_or_else(|| {
                FlowError::InvalidConfig("there is no template with this ID".to_owned())
            })?;
        if template.status != TemplateStatus::Active {
            return Err(FlowError::InactiveTemplate);
        }
        if template.block_client_side_creation {
            return Err(FlowError::ClientSideCreationBlocked);
        }
        let account = match (new.reference_id, new.account_id) {
            // The two exclude each other (docs: `embedded-flow-parameters`).
            (Some(_), Some(_)) => {
                let message = "reference-id and account-id exclude each other".to_owned();
                return Err(FlowError::InvalidConfig(message));
            }
            (Some(reference_id), None) => AccountChoice::ByReference(reference_id),
            (None, Some(id)) => AccountChoice::Existing(id),
            (None, None) => AccountChoice::Anonymous,
        };
        let mut inquiry = NewInquiry::from_template(&template.id, "client");
        inquiry.account = account;
        inquiry.fields = new.fields;
        self.create_inquiry(inquiry, now)
            .map_err(|error| match error {
                DomainError::NotFound { .. } => FlowError::InvalidConfig(error.to_string()),
                other => other.into(),
            })
    }
}

impl State {
    /// The template with this ID, or with this version.
    pub(crate) fn find_template(&self, id: &str) -> Option<&Arc<Template>> {
        let mut templates = self.templates.newest_first().map(|(_, template)| template);
        templates.find(|template| template.id == id || template.version_id == id)
    }

    /// The one-time link with this code, long or short.
    pub(crate) fn find_one_time_link(&self, code: &str) -> Option<&Arc<OneTimeLink>> {
        let by_short_code = || self.one_time_links.in_group(code).next();
        self.one_time_links
            .find(code)
            .or_else(|| by_short_code().map(|(_, link)| link))
    }

    /// What opening an inquiry by its ID would return, and whether it would use the session of the
    /// token. Changes nothing: showing a page must not use up one of the sessions of the inquiry.
    pub(crate) fn preview_flow(
        &self,
        id: &str,
        token: Option<&str>,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, FlowStep, bool), FlowError> {
        let (inquiry, session) = self.check_open_by_id(id, token, now)?;
        let step = first_step(&inquiry);
        Ok((inquiry, step, session.is_some()))
    }

    /// The inquiry that a browser with this token is working on.
    pub(crate) fn flow_inquiry(
        &self,
        session_token: &str,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FlowError> {
        let session = self
            .session_by_token(session_token, now)
            .ok_or(FlowError::Unauthenticated)?;
        if session.status == SessionStatus::New {
            // The token was issued, but the flow was never opened with it.
            return Err(FlowError::Unauthenticated);
        }
        self.inquiries
            .find(&session.inquiry_id)
            .cloned()
            .ok_or(FlowError::NotFound("inquiry"))
    }

    /// The inquiry, and the session of the token if the token is valid.
    fn check_open_by_id(
        &self,
        id: &str,
        token: Option<&str>,
        now: Moment,
    ) -> Result<(Arc<Inquiry>, Option<Arc<Session>>), FlowError> {
        let inquiry = self
            .inquiries
            .find(id)
            .cloned()
            .ok_or(FlowError::NotFound("inquiry"))?;
        self.check_openable(&inquiry)?;
        let session = token
            .and_then(|token| self.session_by_token(token, now))
            .filter(|session| session.inquiry_id == inquiry.id);
        if session.is_none() && inquiry.status != Status::Created {
            return Err(FlowError::Unauthenticated);
        }
        Ok((inquiry, session))
    }

    pub(super) fn check_openable(&self, inquiry: &Inquiry) -> Result<(), FlowError> {
        if inquiry.redacted_at.is_some() {
            return Err(FlowError::NotFound("inquiry"));
        }
        match inquiry.status {
            Status::Created | Status::Pending => {}
            Status::Expired => return Err(FlowError::Expired),
            finished => return Err(FlowError::AlreadyFinished(finished)),
        }
        match self.templates.find(&inquiry.template_id) {
            Some(template) if template.status == TemplateStatus::Active => Ok(()),
            _ => Err(FlowError::InactiveTemplate),
        }
    }
}
