//! `include`: which related objects a response adds.
//!
//! Longer than 400 lines: the related objects of each kind of object.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::related::{
    ACCOUNT_INCLUDES, CASE_INCLUDES, DOCUMENT_INCLUDES, INQUIRY_INCLUDES, REPORT_INCLUDES, Related,
    SELFIE_INCLUDES, SESSION_INCLUDES, VERIFICATION_INCLUDES,
};
use super::submitted::{Submitted, document_files, document_resource, selfie, submitted_objects};
use super::verification::{
    verification_resource, verification_template, verification_template_version,
};
use super::{Context, FileLinks, Version};
use crate::core::model::{
    Account, Case, Inquiry, ObjectCollection, Report, ReportKind, Session, Subject, Verification,
};

/// A path that `include` does not know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownInclude(pub(crate) String);

/// The paths of the related objects that a request includes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Includes(BTreeSet<String>);

/// The related objects that an inquiry includes by default before 2025-10-27 (docs:
/// `api-changelog`).
const DEFAULT_INCLUDES: [&str; 6] = [
    "account",
    "documents",
    "inquiry-template",
    "reports",
    "sessions",
    "verifications",
];

impl Includes {
    /// The requested related objects of a resource that has `known` ones. One level of nesting is
    /// allowed; the intermediate object is included too.
    pub(crate) fn parse(
        asked: Option<&[String]>,
        known: &[Related],
    ) -> Result<Self, UnknownInclude> {
        let mut wanted = BTreeSet::new();
        for path in asked.unwrap_or_default() {
            let (first, second) = match path.split_once('.') {
                Some((first, second)) => (first, Some(second)),
                None => (path.as_str(), None),
            };
            let related = known.iter().find(|(name, _)| *name == first);
            if !related.is_some_and(|(_, more)| second.is_none_or(|name| more.contains(&name))) {
                return Err(UnknownInclude(path.clone()));
            }
            wanted.insert(first.to_owned());
            wanted.insert(path.clone());
        }
        Ok(Self(wanted))
    }

    /// The requested related objects of an inquiry.
    pub(crate) fn for_inquiry(
        asked: Option<&[String]>,
        version: Version,
    ) -> Result<Self, UnknownInclude> {
        if asked.is_none() && version.is_before_fields_only() {
            return Ok(Self(
                DEFAULT_INCLUDES
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect(),
            ));
        }
        Self::parse(asked, &INQUIRY_INCLUDES)
    }

    /// Those of these related objects that are wanted; all if `wanted` is `None`.
    fn among(known: &[Related], wanted: Option<&[String]>) -> Self {
        let known = known.iter().map(|(name, _)| (*name).to_owned());
        Self(match wanted {
            None => known.collect(),
            Some(wanted) => known.filter(|name| wanted.contains(name)).collect(),
        })
    }

    /// The related objects of what an event is about; all if `wanted` is `None`.
    pub(crate) fn payload_objects(
        state: Context<'_>,
        subject: &Subject,
        wanted: Option<&[String]>,
        version: Version,
        files: FileLinks<'_>,
    ) -> Vec<Value> {
        let among = |known: &[Related]| Self::among(known, wanted);
        match subject {
            Subject::Inquiry(inquiry) => {
                among(&INQUIRY_INCLUDES).objects(state, inquiry, version, files)
            }
            Subject::Session(session) => {
                among(&SESSION_INCLUDES).session_objects(state, session, version)
            }
            Subject::Verification { inquiry, id } => {
                let mut verifications = inquiry.verifications.iter();
                let verification = verifications.find(|verification| verification.id == *id);
                verification.map_or_else(Vec::new, |verification| {
                    let includes = among(&VERIFICATION_INCLUDES);
                    includes.verification_objects(state, inquiry, verification, version, files)
                })
            }
            Subject::Submitted { inquiry, id } => {
                let documents = submitted_objects(inquiry, ObjectCollection::Documents);
                match documents.into_iter().find(|document| document.id == id) {
                    Some(document) => {
                        let includes = among(&DOCUMENT_INCLUDES);
                        includes.document_objects(state, inquiry, document, version, files)
                    }
                    None => among(&SELFIE_INCLUDES).around(state, inquiry, version, files),
                }
            }
            Subject::Account(account) => among(&ACCOUNT_INCLUDES).account_objects(account),
            Subject::Case(case) => among(&CASE_INCLUDES).case_objects(state, case, version, files),
            Subject::Report(report) => {
                among(&REPORT_INCLUDES).report_objects(state, report, version)
            }
        }
    }

    /// The requested related objects of an account.
    pub(crate) fn for_account(asked: Option<&[String]>) -> Result<Self, UnknownInclude> {
        Self::parse(asked, &ACCOUNT_INCLUDES)
    }

    /// The related objects of an account.
    pub(crate) fn account_objects(&self, account: &Account) -> Vec<Value> {
        let account_type = self
            .has("account-type")
            .then(|| super::account_type(&account.type_id, account.created_at));
        account_type.into_iter().collect()
    }

    /// The related objects of a session.
    fn session_objects(
        &self,
        state: Context<'_>,
        session: &Session,
        version: Version,
    ) -> Vec<Value> {
        let mut objects = self.browser_objects(session);
        if self.has("inquiry") {
            objects.extend(inquiry_with_id(state, &session.inquiry_id, version));
        }
        objects
    }

    /// What is known of the browser of a session.
    fn browser_objects(&self, session: &Session) -> Vec<Value> {
        let mut objects = Vec::new();
        if self.has("device") {
            objects.extend(super::device(session));
        }
        if self.has("network") {
            objects.extend(super::network(session));
        }
        objects
    }

    /// The requested related objects of a verification.
    pub(crate) fn for_verification(asked: Option<&[String]>) -> Result<Self, UnknownInclude> {
        Self::parse(asked, &VERIFICATION_INCLUDES)
    }

    /// The requested related objects of a case.
    pub(crate) fn for_case(asked: Option<&[String]>) -> Result<Self, UnknownInclude> {
        Self::parse(asked, &CASE_INCLUDES)
    }

    /// The requested related objects of a report.
    pub(crate) fn for_report(asked: Option<&[String]>) -> Result<Self, UnknownInclude> {
        Self::parse(asked, &REPORT_INCLUDES)
    }

    /// The related objects of a report.
    pub(crate) fn report_objects(
        &self,
        state: Context<'_>,
        report: &Report,
        version: Version,
    ) -> Vec<Value> {
        let mut objects = Vec::new();
        if self.has("account") {
            let id = report.account_id.iter();
            objects.extend(id.filter_map(|id| account_with_id(state, id, version)));
        }
        if self.has("inquiry") {
            let id = report.inquiry_id.iter();
            objects.extend(id.filter_map(|id| inquiry_with_id(state, id, version)));
        }
        // The specification has no template of the one kind.
        let has_template = report.kind != ReportKind::ProfileNonAuthoritative;
        if has_template && self.has("report-template") {
            objects.push(super::report_template(
                report.kind,
                &report.template_id,
                report.created_at,
            ));
        }
        objects
    }

    /// The related objects of a case.
    pub(crate) fn case_objects(
        &self,
        state: Context<'_>,
        case: &Case,
        version: Version,
        files: FileLinks<'_>,
    ) -> Vec<Value> {
        let mut objects = Vec::new();
        if self.has("accounts") {
            let ids = case.account_ids.iter();
            objects.extend(ids.filter_map(|id| account_with_id(state, id, version)));
        }
        if self.has("inquiries") {
            let ids = case.inquiry_ids.iter();
            objects.extend(ids.filter_map(|id| inquiry_with_id(state, id, version)));
        }
        if self.has("verifications") {
            let ids = case.verification_ids.iter();
            let found = ids.filter_map(|id| state.verification(id));
            objects.extend(found.map(|(inquiry, it)| verification_resource(it, inquiry, files)));
        }
        if self.has("reports") {
            let ids = case.report_ids.iter();
            let reports = ids.filter_map(|id| state.reports.find(id));
            objects.extend(reports.map(|report| super::report(report, version)));
        }
        if self.has("case-template") {
            objects.push(super::case_template(&case.template_id, case.created_at));
        }
        objects
    }

    /// The requested related objects of a document.
    pub(crate) fn for_document(asked: Option<&[String]>) -> Result<Self, UnknownInclude> {
        Self::parse(asked, &DOCUMENT_INCLUDES)
    }

    /// The related objects of a verification.
    pub(crate) fn verification_objects(
        &self,
        state: Context<'_>,
        inquiry: &Inquiry,
        verification: &Verification,
        version: Version,
        files: FileLinks<'_>,
    ) -> Vec<Value> {
        let mut objects = self.around(state, inquiry, version, files);
        if self.has("accounts") {
            let id = inquiry.account_id.iter();
            objects.extend(id.filter_map(|id| account_with_id(state, id, version)));
        }
        let submitted = Submitted::for_verification(verification);
        let document = submitted.filter(|it| it.collection() == ObjectCollection::Documents);
        if let Some(document) = document {
            if self.has("document") {
                objects.push(document_resource(document, inquiry, files));
            }
            if self.has("document.document-files") {
                objects.extend(document_files(document, inquiry, files));
            }
        }
        if self.has("verification-template") {
            objects.push(verification_template(verification.kind));
        }
        if self.has("verification-template-version") {
            objects.push(verification_template_version(verification.kind));
        }
        objects
    }

    /// The related objects of a document.
    pub(crate) fn document_objects(
        &self,
        state: Context<'_>,
        inquiry: &Inquiry,
        document: Submitted<'_>,
        version: Version,
        files: FileLinks<'_>,
    ) -> Vec<Value> {
        let mut objects = self.around(state, inquiry, version, files);
        if self.has("document-files") {
            objects.extend(document_files(document, inquiry, files));
        }
        objects
    }

    /// The related objects that everything of an inquiry has: the inquiry and its template.
    fn around(
        &self,
        state: Context<'_>,
        inquiry: &Inquiry,
        version: Version,
        files: FileLinks<'_>,
    ) -> Vec<Value> {
        let mut objects = Vec::new();
        if self.has("inquiry") {
            objects.push(json!(super::inquiry(state, inquiry, version)));
            let within = self.within("inquiry");
            objects.extend(within.objects(state, inquiry, version, files));
        }
        let template = state.templates.find(&inquiry.template_id);
        if self.has("inquiry-template") {
            objects.extend(template.map(|template| super::template(template)));
        }
        if self.has("inquiry-template-version") {
            objects.extend(template.map(|template| super::template_version(template)));
        }
        objects
    }

    /// The requested related objects of the object that this relationship leads to.
    pub(crate) fn within(&self, name: &str) -> Self {
        let paths = self.0.iter().filter_map(|path| path.split_once('.'));
        let within = paths.filter(|(first, _)| *first == name);
        Self(within.map(|(_, second)| second.to_owned()).collect())
    }

    /// Whether this relationship is requested.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn has_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// Whether any of these relationships is requested.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The related objects of an inquiry.
    pub(crate) fn objects(
        &self,
        state: Context<'_>,
        inquiry: &Inquiry,
        version: Version,
        files: FileLinks<'_>,
    ) -> Vec<Value> {
        let mut objects = Vec::new();
        if self.has("account") {
            let account = inquiry
                .account_id
                .as_ref()
                .and_then(|id| state.accounts.find(id));
            objects.extend(account.map(|account| super::account(account, version)));
            if self.has("account.account-type") {
                objects.extend(account.map(|it| super::account_type(&it.type_id, it.created_at)));
            }
        }
        if self.has_any(&[
            "inquiry-template",
            "inquiry-template-version.inquiry-template",
            "verifications.inquiry-template",
        ]) {
            let template = state.templates.find(&inquiry.template_id);
            objects.extend(template.map(|template| super::template(template)));
        }
        // A template of the sandbox has only one version.
        if self.has_any(&[
            "inquiry-template-version",
            "inquiry-template.latest-published-version",
            "verifications.inquiry-template-version",
        ]) {
            let template = state.templates.find(&inquiry.template_id);
            objects.extend(template.map(|template| super::template_version(template)));
        }
        if self.has("sessions") {
            for (_, session) in state.sessions.in_group(&inquiry.id) {
                objects.push(super::session(session, version));
                objects.extend(self.within("sessions").browser_objects(session));
            }
        }
        if self.has("verifications") {
            let verifications = inquiry.verifications.iter();
            objects.extend(verifications.map(|it| verification_resource(it, inquiry, files)));
        }
        for verification in &inquiry.verifications {
            if self.has("verifications.verification-template") {
                objects.push(verification_template(verification.kind));
            }
            if self.has("verifications.verification-template-version") {
                objects.push(verification_template_version(verification.kind));
            }
        }
        if self.has_any(&["documents", "verifications.document"]) {
            let documents = submitted_objects(inquiry, ObjectCollection::Documents);
            objects.extend(documents.map(|it| document_resource(it, inquiry, files)));
        }
        if self.has("documents.document-files") {
            let documents = submitted_objects(inquiry, ObjectCollection::Documents);
            objects.extend(documents.flat_map(|it| document_files(it, inquiry, files)));
        }
        if self.has("reports") {
            let reports = state.reports.in_group(&inquiry.id).rev();
            objects.extend(reports.map(|(_, report)| super::report(report, version)));
        }
        if self.has("selfies") {
            let selfies = submitted_objects(inquiry, ObjectCollection::Selfies);
            objects.extend(selfies.map(|it| selfie(it, inquiry)));
        }
        objects
    }
}

fn account_with_id(state: Context<'_>, id: &str, version: Version) -> Option<Value> {
    let account = state.accounts.find(id)?;
    Some(super::account(account, version))
}

fn inquiry_with_id(state: Context<'_>, id: &str, version: Version) -> Option<Value> {
    let inquiry = state.inquiries.find(id)?;
    Some(json!(super::inquiry(state, inquiry, version)))
}
