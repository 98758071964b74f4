//! Changes to cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::DomainError;
use super::tags::tag_change;
use crate::core::clock::Moment;
use crate::core::model::{
    Attachment, CASE_STATUSES, CASE_TEMPLATE_ID, Case, EventName, Inquiry, Reviewer, Workflow,
    WorkflowRun,
};
use crate::store::Tx;

/// The status of a new case.
const FIRST_STATUS: &str = CASE_STATUSES[0].0;

/// A new case of the API.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewCase {
    pub(crate) template_id: String,
    pub(crate) fields: Map<String, Value>,
    pub(crate) object_ids: Vec<String>,
    pub(crate) sla_seconds: Option<i64>,
}

/// Changes to a case; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseUpdate {
    pub(crate) fields: Map<String, Value>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) sla_seconds: Option<Option<i64>>,
}

impl Tx {
    /// Creates a case: event `case.created`.
    pub(crate) fn create_case(
        &mut self,
        new: NewCase,
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let mut case = self.new_case(new.template_id, None, now);
        case.fields = present(new.fields);
        case.sla_expires_at = new.sla_seconds.map(|seconds| now.plus_seconds(seconds));
        for id in &new.object_ids {
            self.attach(&mut case, id)?;
        }
        Ok(self.put_with_event(case, EventName::CaseCreated, now))
    }

    /// Opens a case for an inquiry that failed or needs a review, unless it has an unresolved one.
    pub(super) fn open_case_for(&mut self, inquiry: &Inquiry, now: Moment) {
        let has_one = self
            .cases
            .in_group(&inquiry.id)
            .any(|(_, case)| !case.is_resolved());
        if has_one {
            return;
        }
        let creator = self.run_workflow(Workflow::OpenCase, &inquiry.id, now);
        let mut case = self.new_case(CASE_TEMPLATE_ID.to_owned(), Some(creator), now);
        case.account_ids.extend(inquiry.account_id.clone());
        case.inquiry_ids.push(inquiry.id.clone());
        let verifications = inquiry.verifications.iter();
        case.verification_ids
            .extend(verifications.map(|verification| verification.id.clone()));
        let reports = self.reports.in_group(&inquiry.id);
        case.report_ids
            .extend(reports.rev().map(|(_, report)| report.id.clone()));
        self.put_with_event(case, EventName::CaseCreated, now);
    }

    /// Records that a workflow ran, and returns it as the author of what it did.
    pub(super) fn run_workflow(
        &mut self,
        workflow: Workflow,
        inquiry_id: &str,
        now: Moment,
    ) -> Reviewer {
        let id = self.entropy().id("wfr");
        self.put_workflow_run(Arc::new(WorkflowRun {
            id: id.clone(),
            workflow,
            inquiry_id: Some(inquiry_id.to_owned()),
            account_id: None,
            created_at: now,
        }));
        Reviewer {
            kind: "workflow-run".to_owned(),
            id,
        }
    }

    fn new_case(&mut self, template_id: String, creator: Option<Reviewer>, now: Moment) -> Case {
        let newest = self.cases.newest_first().next();
        Case {
            number: newest.map_or(0, |(_, case)| case.number) + 1,
            id: self.entropy().id("case"),
            template_id,
            status: FIRST_STATUS.to_owned(),
            tags: Vec::new(),
            fields: BTreeMap::new(),
            attachments: Vec::new(),
            account_ids: Vec::new(),
            inquiry_ids: Vec::new(),
            verification_ids: Vec::new(),
            report_ids: Vec::new(),
            creator,
            assignee: None,
            created_at: now,
            updated_at: now,
            assigned_at: None,
            resolved_at: None,
            sla_expires_at: None,
            redacted_at: None,
        }
    }

    /// Changes fields, attachments and the time limit of a case.
    pub(crate) fn update_case(
        &mut self,
        id: &str,
        update: CaseUpdate,
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let before = self.changeable_case(id)?;
        let mut case = Case::clone(&before);
        for (key, value) in update.fields {
            if value.is_null() {
                case.fields.remove(&key);
            } else {
                case.fields.insert(key, value);
            }
        }
        for attachment in update.attachments {
            case.attachments
                .retain(|it| it.filename != attachment.filename);
            case.attachments.push(attachment);
        }
        if let Some(seconds) = update.sla_seconds {
            case.sla_expires_at = seconds.map(|seconds| now.plus_seconds(seconds));
        }
        let has_changed = case.fields != before.fields || case.attachments != before.attachments;
        case.updated_at = now;
        if has_changed {
            return Ok(self.put_with_event(case, EventName::CaseUpdatedFields, now));
        }
        let case = Arc::new(case);
        self.put_case(Arc::clone(&case));
        Ok(case)
    }

    /// Sets the status of a case, which resolves it or opens it again.
    pub(crate) fn set_case_status(
        &mut self,
        id: &str,
        status: &str,
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let before = self.changeable_case(id)?;
        let mut known = CASE_STATUSES.iter();
        let known = known.find(|(name, _)| name.eq_ignore_ascii_case(status));
        let &(status, resolves) = known.ok_or(DomainError::CaseStatus)?;
        if before.status == status {
            return Ok(before);
        }
        let case = self.put_with_event(
            Case {
                status: status.to_owned(),
                resolved_at: resolves.then(|| before.resolved_at.unwrap_or(now)),
                updated_at: now,
                ..Case::clone(&before)
            },
            EventName::CaseStatusUpdated,
            now,
        );
        match (before.is_resolved(), resolves) {
            (false, true) => self.emit(EventName::CaseResolved, &case, now),
            (true, false) => self.emit(EventName::CaseReopened, &case, now),
            _ => {}
        }
        Ok(case)
    }

    /// Assigns a case to a user.
    pub(crate) fn assign_case(
        &mut self,
        id: &str,
        assignee: &str,
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let case = Case {
            assignee: Some(assignee.to_owned()),
            assigned_at: Some(now),
            updated_at: now,
            ..Case::clone(&*self.changeable_case(id)?)
        };
        Ok(self.put_with_event(case, EventName::CaseAssigned, now))
    }

    /// Gives a case exactly these tags.
    pub(crate) fn set_case_tags(
        &mut self,
        id: &str,
        tags: Vec<String>,
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let before = self.changeable_case(id)?;
        if tag_change(&before.tags, &tags).is_none() {
            return Ok(before);
        }
        let case = Case {
            tags,
            updated_at: now,
            ..Case::clone(&before)
        };
        Ok(self.put_with_event(case, EventName::CaseUpdatedTags, now))
    }

    /// Adds objects to a case.
    pub(crate) fn add_to_case(
        &mut self,
        id: &str,
        object_ids: &[String],
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let mut case = Case::clone(&*self.changeable_case(id)?);
        for object_id in object_ids {
            self.attach(&mut case, object_id)?;
        }
        case.updated_at = now;
        let case = Arc::new(case);
        self.put_case(Arc::clone(&case));
        Ok(case)
    }

    /// Removes objects from a case; those that it does not have change nothing.
    pub(crate) fn remove_from_case(
        &mut self,
        id: &str,
        object_ids: &[String],
        now: Moment,
    ) -> Result<Arc<Case>, DomainError> {
        let mut case = Case::clone(&*self.changeable_case(id)?);
        for ids in [
            &mut case.account_ids,
            &mut case.inquiry_ids,
            &mut case.verification_ids,
            &mut case.report_ids,
        ] {
            ids.retain(|id| !object_ids.contains(id));
        }
        case.updated_at = now;
        let case = Arc::new(case);
        self.put_case(Arc::clone(&case));
        Ok(case)
    }

    /// Deletes the fields and the attachments of a case, for good. Its objects stay as they are (API
    /// specification, `DELETE /cases/{case-id}`).
    pub(crate) fn redact_case(&mut self, id: &str, now: Moment) -> Result<Arc<Case>, DomainError> {
        let before = self.case(id)?;
        if before.redacted_at.is_some() {
            return Ok(before);
        }
        self.redact_events(id);
        let case = Case {
            redacted_at: Some(now),
            updated_at: now,
            ..without_personal_data_of_case(&before)
        };
        Ok(self.put_with_event(case, EventName::CaseRedacted, now))
    }

    fn put_with_event(&mut self, case: Case, name: EventName, now: Moment) -> Arc<Case> {
        let case = Arc::new(case);
        self.put_case(Arc::clone(&case));
        self.emit(name, &case, now);
        case
    }

    /// Adds an object to a case.
    fn attach(&self, case: &mut Case, id: &str) -> Result<(), DomainError> {
        let ids = if self.accounts.find(id).is_some() {
            &mut case.account_ids
        } else if self.inquiries.find(id).is_some() {
            &mut case.inquiry_ids
        } else if self.verification(id).is_some_and(|(_, it)| it.id == id) {
            &mut case.verification_ids
        } else if self.reports.find(id).is_some() {
            &mut case.report_ids
        } else {
            return Err(DomainError::NotFound {
                what: "meta.object_ids",
            });
        };
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
        Ok(())
    }

    fn changeable_case(&self, id: &str) -> Result<Arc<Case>, DomainError> {
        let case = self.case(id)?;
        match case.redacted_at {
            Some(_) => Err(DomainError::CaseRedacted),
            None => Ok(case),
        }
    }
}

/// The same case without personal data.
pub(super) fn without_personal_data_of_case(case: &Case) -> Case {
    Case {
        fields: BTreeMap::new(),
        attachments: Vec::new(),
        ..case.clone()
    }
}

fn present(fields: Map<String, Value>) -> BTreeMap<String, Value> {
    let present = fields.into_iter().filter(|(_, value)| !value.is_null());
    present.collect()
}
