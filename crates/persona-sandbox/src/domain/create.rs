//! Creating inquiries.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::DomainError;
use super::fields::checked_fields;
use crate::core::clock::Moment;
use crate::core::model::{Account, EventName, Expiry, FlowStep, Inquiry, Status, TemplateStatus};
use crate::store::Tx;

/// Which account the inquiry belongs to.
#[derive(Clone, Debug)]
pub(crate) enum AccountChoice {
    /// The account of this reference ID, created on demand (docs: `reference-ids`).
    ByReference(String),
    /// An account that exists.
    Existing(String),
    /// None, but the inquiry carries this reference ID.
    ReferenceOnly(String),
    /// A new account without a reference ID.
    Anonymous,
    /// None.
    None,
}

/// Expiry intervals of one inquiry that override those of its template.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExpiryOverrides {
    pub(crate) after_create: Option<i64>,
    pub(crate) after_start: Option<i64>,
    pub(crate) after_resume: Option<i64>,
}

/// The parameters of a new inquiry.
#[derive(Clone, Debug)]
pub(crate) struct NewInquiry {
    pub(crate) template_id: String,
    pub(crate) account: AccountChoice,
    /// `API`, or `client` for an inquiry that a browser created.
    pub(crate) creator: String,
    pub(crate) fields: Map<String, Value>,
    pub(crate) note: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) expiry: ExpiryOverrides,
    /// How long a link to another device is valid.
    pub(crate) handoff_link_seconds: Option<i64>,
}

impl NewInquiry {
    /// An inquiry of this template with all defaults.
    pub(crate) fn from_template(template_id: &str, creator: &str) -> Self {
        Self {
            template_id: template_id.to_owned(),
            account: AccountChoice::Anonymous,
            creator: creator.to_owned(),
            fields: Map::new(),
            note: None,
            tags: Vec::new(),
            redirect_uri: None,
            expiry: ExpiryOverrides::default(),
            handoff_link_seconds: None,
        }
    }
}

impl Tx {
    /// Creates an inquiry: status created, event `inquiry.created`.
    pub(crate) fn create_inquiry(
        &mut self,
        new: NewInquiry,
        now: Moment,
    ) -> Result<Arc<Inquiry>, DomainError> {
        let template =
            self.templates
                .find(&new.template_id)
                .cloned()
                .ok_or(DomainError::NotFound {
                    what: "data.attributes.inquiry_template_id",
                })?;
        if template.status != TemplateStatus::Active {
            return Err(DomainError::InactiveTemplate);
        }
        let fields = checked_fields(&template, new.fields)?;
        let (account_id, reference_id) = self.choose_account(new.account, now)?;
        let expiry = Expiry {
            after_create: new
                .expiry
                .after_create
                .unwrap_or(template.expiry.after_create),
            after_start: new.expiry.after_start.or(template.expiry.after_start),
            after_resume: new
                .expiry
                .after_resume
                .unwrap_or(template.expiry.after_resume),
        };
        let inquiry = Inquiry {
            id: self.entropy().id("inq"),
            template_id: template.id.clone(),
            template_version_id: template.version_id.clone(),
            account_id,
            reference_id,
            status: Status::Created,
            note: new.note,
            tags: new.tags,
            creator: new.creator,
            reviewer: None,
            reviewer_comment: None,
            redirect_uri: new.redirect_uri,
            fields,
            expiry,
            handoff_link_seconds: new.handoff_link_seconds,
            previous_step: None,
            next_step: Some(FlowStep::Start),
            pass_verifications: template.pass_verifications,
            verifications: Vec::new(),
            decision_due: None,
            created_at: now,
            updated_at: now,
            started_at: None,
            expires_at: Some(now.plus_seconds(expiry.after_create)),
            completed_at: None,
            failed_at: None,
            marked_for_review_at: None,
            decisioned_at: None,
            expired_at: None,
            redacted_at: None,
        };
        let inquiry = self.insert_inquiry(inquiry, now);
        self.emit(EventName::Created, &inquiry, now);
        Ok(inquiry)
    }

    pub(super) fn choose_account(
        &mut self,
        choice: AccountChoice,
        now: Moment,
    ) -> Result<(Option<String>, Option<String>), DomainError> {
        let reference_id = match choice {
            AccountChoice::None => return Ok((None, None)),
            AccountChoice::ReferenceOnly(reference_id) => return Ok((None, Some(reference_id))),
            AccountChoice::Existing(id) => {
                let account = self.accounts.find(&id).ok_or(DomainError::NotFound {
                    what: "data.attributes.account_id",
                })?;
                let reference_id = account.reference_id.clone();
                self.usable_account(&id)?;
                return Ok((Some(id), reference_id));
            }
            AccountChoice::ByReference(reference_id) => {
                let known = self.accounts.in_group(&reference_id).next();
                if let Some((_, account)) = known {
                    let id = account.id.clone();
                    self.usable_account(&id)?;
                    return Ok((Some(id), Some(reference_id)));
                }
                Some(reference_id)
            }
            AccountChoice::Anonymous => None,
        };
        let id = self.entropy().id("act");
        self.insert_account(Account::new(id.clone(), reference_id.clone(), now), now);
        Ok((Some(id), reference_id))
    }
}
