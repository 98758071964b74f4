//! Changes to reports. A report is ready as soon as it is created: no database is asked, and the
//! settings of the environment say what it finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::tags::tag_change;
use super::{AccountChoice, DomainError};
use crate::core::clock::Moment;
use crate::core::model::{
    Inquiry, Report, ReportAction, ReportActionKind, ReportKind, ReportSettings, Template,
};
use crate::store::Tx;

/// Who a new report is about.
#[derive(Clone, Debug)]
pub(crate) enum ReportSubject {
    /// Nobody whom the sandbox knows.
    Nobody,
    /// The account with this ID.
    Account(String),
    /// The account with this reference ID, which is created if there is none.
    Reference(String),
    /// An inquiry and its account.
    Inquiry {
        inquiry_id: String,
        account_id: Option<String>,
    },
}

/// A report to be run.
#[derive(Clone, Debug)]
pub(crate) struct NewReport {
    pub(crate) kind: ReportKind,
    /// The sandbox's own template of the kind, if there is none.
    pub(crate) template_id: Option<String>,
    pub(crate) subject: ReportSubject,
    pub(crate) query: BTreeMap<String, Value>,
}

impl Tx {
    /// Runs a new report: events `….ready` and, if it finds a match, `….matched`.
    pub(crate) fn create_report(
        &mut self,
        new: NewReport,
        now: Moment,
    ) -> Result<Arc<Report>, DomainError> {
        let choice = match &new.subject {
            ReportSubject::Nobody => AccountChoice::None,
            ReportSubject::Account(id) => AccountChoice::Existing(id.clone()),
            ReportSubject::Reference(id) => AccountChoice::ByReference(id.clone()),
            ReportSubject::Inquiry { account_id, .. } => match account_id {
                Some(id) => AccountChoice::Existing(id.clone()),
                None => AccountChoice::None,
            },
        };
        let (account_id, _) = self.choose_account(choice, now)?;
        let inquiry_id = match new.subject {
            ReportSubject::Inquiry { inquiry_id, .. } => Some(inquiry_id),
            _ => None,
        };
        let own_template = || new.kind.default_template_id();
        let template_id = new.template_id.unwrap_or_else(own_template);
        let monitored = &self.report_settings().monitored_templates;
        let report = Report {
            is_continuous: monitored.contains(&template_id),
            id: self.entropy().id("rep"),
            kind: new.kind,
            template_id,
            account_id,
            inquiry_id,
            query: new.query,
            has_match: false,
            is_paused: false,
            tags: Vec::new(),
            history: Vec::new(),
            created_at: now,
            completed_at: now,
            redacted_at: None,
        };
        Ok(self.run(report, now))
    }

    /// Runs the reports of the template's workflow on the person of a completed inquiry. One that
    /// the inquiry has no data for is left out.
    pub(super) fn run_reports_for(&mut self, inquiry: &Inquiry, template: &Template, now: Moment) {
        for &kind in &template.reports {
            let (keys, required) = kind.query_keys();
            let value = |key: &&str| inquiry.field(key).filter(|value| value.is_string());
            let query: BTreeMap<_, _> = keys
                .iter()
                .filter_map(|key| Some(((*key).to_owned(), value(key)?.clone())))
                .collect();
            if query.is_empty() || keys[..required].iter().any(|key| !query.contains_key(*key)) {
                tracing::warn!(
                    inquiry.id = %inquiry.id,
                    report = kind.as_str(),
                    needs = keys[..required].join(", "),
                    "the workflow ran no report: the inquiry does not have what it looks for"
                );
                continue;
            }
            let new = NewReport {
                kind,
                template_id: None,
                subject: ReportSubject::Inquiry {
                    inquiry_id: inquiry.id.clone(),
                    account_id: inquiry.account_id.clone(),
                },
                query,
            };
            if let Err(error) = self.create_report(new, now) {
                tracing::warn!(inquiry.id = %inquiry.id, %error, "the workflow ran no report");
            }
        }
    }

    /// Runs a report again, outside of its schedule.
    pub(crate) fn rerun_report(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Report>, DomainError> {
        let report = self.monitored_report(id)?;
        Ok(self.run(Report::clone(&report), now))
    }

    fn run(&mut self, report: Report, now: Moment) -> Arc<Report> {
        let events = report.kind.events();
        let settings = Arc::clone(self.report_settings());
        let has_match = events.matched.is_some() && settings.is_match(&report);
        let action = ReportAction {
            id: self.entropy().id("rpr"),
            kind: ReportActionKind::Run,
            at: now,
            has_match,
            reason: None,
        };
        let mut report = Report {
            has_match,
            completed_at: now,
            ..report
        };
        report.history.push(action);
        let report = self.keep_report(report);
        self.emit(events.ready, &report, now);
        if let Some(matched) = events.matched.filter(|_| has_match) {
            self.emit(matched, &report, now);
        }
        report
    }

    /// Dismisses the match of a report.
    pub(crate) fn dismiss_report(
        &mut self,
        id: &str,
        entity_id: Option<&str>,
        reason: Option<String>,
        now: Moment,
    ) -> Result<Arc<Report>, DomainError> {
        let before = self.changeable_report(id)?;
        let Some(dismissed) = before.kind.events().dismissed else {
            return Err(DomainError::Match(
                "Matches of this kind of report cannot be dismissed",
            ));
        };
        if entity_id.is_some_and(|wanted| wanted != before.entity_id()) {
            return Err(DomainError::Match(
                "data.attributes.entity_id is not the ID of a match of this report",
            ));
        }
        if !before.has_match {
            return Ok(before);
        }
        let report = self.with_action(&before, ReportActionKind::Dismiss, reason, now);
        let report = self.keep_report(Report {
            has_match: false,
            ..report
        });
        self.emit(dismissed, &report, now);
        Ok(report)
    }

    /// Pauses or resumes the monitoring of a report.
    pub(crate) fn pause_report(
        &mut self,
        id: &str,
        pause: bool,
        now: Moment,
    ) -> Result<Arc<Report>, DomainError> {
        let before = self.monitored_report(id)?;
        if before.is_paused == pause {
            return Err(DomainError::Monitoring(if pause {
                "Continuous monitoring of the report is paused already"
            } else {
                "Continuous monitoring of the report is not paused"
            }));
        }
        let kind = if pause {
            ReportActionKind::Pause
        } else {
            ReportActionKind::Resume
        };
        let report = self.with_action(&before, kind, None, now);
        Ok(self.keep_report(Report {
            is_paused: pause,
            ..report
        }))
    }

    /// Gives a report exactly these tags.
    pub(crate) fn set_report_tags(
        &mut self,
        id: &str,
        tags: Vec<String>,
    ) -> Result<Arc<Report>, DomainError> {
        let before = self.changeable_report(id)?;
        if tag_change(&before.tags, &tags).is_none() {
            return Ok(before);
        }
        Ok(self.keep_report(Report {
            tags,
            ..Report::clone(&before)
        }))
    }

    /// Deletes the personal data of a report, for good. Account and inquiry stay as they are (API
    /// specification, `DELETE /reports/{report-id}`).
    pub(crate) fn redact_report(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Report>, DomainError> {
        let before = self.report(id)?;
        if before.redacted_at.is_some() {
            return Ok(before);
        }
        self.redact_events_of_report(&before);
        Ok(self.keep_report(Report {
            redacted_at: Some(now),
            ..before.without_personal_data()
        }))
    }

    /// Deletes the personal data of the reports that an inquiry's workflow ran.
    pub(super) fn redact_reports_of_inquiry(
        &mut self,
        inquiry_id: &str,
        now: Moment,
    ) -> Result<(), DomainError> {
        let reports = self.reports.in_group(inquiry_id);
        let ids: Vec<_> = reports.map(|(_, report)| report.id.clone()).collect();
        ids.iter()
            .try_for_each(|id| self.redact_report(id, now).map(|_| ()))
    }

    /// Deletes the personal data of an account's reports.
    pub(super) fn redact_reports_of_account(
        &mut self,
        account_id: &str,
        now: Moment,
    ) -> Result<(), DomainError> {
        self.reports_of(account_id)
            .iter()
            .try_for_each(|report| self.redact_report(&report.id, now).map(|_| ()))
    }

    /// Moves the reports of an account to another one.
    pub(super) fn move_reports(&mut self, account_id: &str, to: &str) {
        for report in self.reports_of(account_id) {
            self.keep_report(Report {
                account_id: Some(to.to_owned()),
                ..Report::clone(&report)
            });
        }
    }

    /// Sets what reports find.
    pub(crate) fn change_report_settings(&mut self, settings: &ReportSettings) {
        if **self.report_settings() != *settings {
            self.set_report_settings(settings.clone());
        }
    }

    fn reports_of(&self, account_id: &str) -> Vec<Arc<Report>> {
        let reports = self.reports.oldest_first();
        reports
            .filter(|report| report.account_id.as_deref() == Some(account_id))
            .cloned()
            .collect()
    }

    fn redact_events_of_report(&mut self, report: &Report) {
        // The events of a report are grouped by its inquiry, if it has one.
        self.redact_events(report.inquiry_id.as_deref().unwrap_or(&report.id));
    }

    /// A copy of the report with another entry in its history.
    fn with_action(
        &mut self,
        report: &Report,
        kind: ReportActionKind,
        reason: Option<String>,
        now: Moment,
    ) -> Report {
        let mut report = report.clone();
        report.history.push(ReportAction {
            id: self.entropy().id("ract"),
            kind,
            at: now,
            has_match: false,
            reason,
        });
        report
    }

    fn keep_report(&mut self, report: Report) -> Arc<Report> {
        let report = Arc::new(report);
        self.put_report(Arc::clone(&report));
        report
    }

    fn changeable_report(&self, id: &str) -> Result<Arc<Report>, DomainError> {
        let report = self.report(id)?;
        match report.redacted_at {
            Some(_) => Err(DomainError::ReportRedacted),
            None => Ok(report),
        }
    }

    fn monitored_report(&self, id: &str) -> Result<Arc<Report>, DomainError> {
        let report = self.changeable_report(id)?;
        if !report.is_continuous {
            return Err(DomainError::Monitoring(
                "The report is not continuously monitored: its template is not among the setting \
                 reports.monitored_templates",
            ));
        }
        Ok(report)
    }
}
