//! Changes to accounts.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::DomainError;
use super::account_fields::read_fields;
use super::tags::tag_change;
use crate::core::clock::Moment;
use crate::core::model::{Account, EventName, Relation, Workflow, WorkflowRun};
use crate::store::Tx;

/// Attributes of a new account, or changes to one; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountUpdate {
    /// `Some(None)` takes the reference ID away.
    pub(crate) reference_id: Option<Option<String>>,
    pub(crate) type_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    /// Values by the keys of the account type: `name` and `address` are objects.
    pub(crate) fields: Map<String, Value>,
}

impl Tx {
    /// Creates an account: event `account.created`.
    pub(crate) fn create_account(
        &mut self,
        new: AccountUpdate,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let values = read_fields(new.fields)?;
        let reference_id = new.reference_id.flatten();
        self.check_reference_is_free(reference_id.as_deref(), None)?;
        let id = self.entropy().id("act");
        let mut account = Account::new(id, reference_id, now);
        if let Some(type_id) = new.type_id {
            account.type_id = type_id;
        }
        if let Some(status) = new.status {
            account.status = status;
        }
        account.tags = new.tags.unwrap_or_default();
        values.apply(&mut account);
        Ok(self.insert_account(account, now))
    }

    /// Adds an account: event `account.created`.
    pub(super) fn insert_account(&mut self, account: Account, now: Moment) -> Arc<Account> {
        let account = Arc::new(account);
        self.put_account(Arc::clone(&account));
        self.emit(EventName::AccountCreated, &account, now);
        account
    }

    /// Changes attributes and fields of an account, with an event for each kind of change.
    pub(crate) fn update_account(
        &mut self,
        id: &str,
        update: AccountUpdate,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let before = self.usable_account(id)?;
        let values = read_fields(update.fields)?;
        let reference_id = update.reference_id.as_ref();
        let given = reference_id.and_then(Option::as_deref);
        self.check_reference_is_free(given, Some(id))?;
        let mut account = Account::clone(&before);
        values.apply(&mut account);
        if let Some(reference_id) = update.reference_id {
            account.reference_id = reference_id;
        }
        if let Some(type_id) = update.type_id {
            account.type_id = type_id;
        }
        if let Some(status) = update.status {
            account.status = status;
        }
        if let Some(tags) = update.tags {
            account.tags = tags;
        }
        account.updated_at = now;
        let account = Arc::new(account);
        self.put_account(Arc::clone(&account));
        if account.fields != before.fields || account.custom_fields != before.custom_fields {
            self.emit(EventName::AccountUpdatedFields, &account, now);
        }
        if account.status != before.status {
            self.emit(EventName::AccountStatusUpdated, &account, now);
        }
        self.emit_account_tags(&before.tags, &account, now);
        Ok(account)
    }

    /// Gives an account exactly these tags.
    pub(crate) fn set_account_tags(
        &mut self,
        id: &str,
        tags: Vec<String>,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let before = self.usable_account(id)?;
        if before.tags == tags {
            return Ok(before);
        }
        let update = AccountUpdate {
            tags: Some(tags),
            ..AccountUpdate::default()
        };
        self.update_account(id, update, now)
    }

    fn emit_account_tags(&mut self, before: &[String], account: &Arc<Account>, now: Moment) {
        let Some((added, removed, context)) = tag_change(before, &account.tags) else {
            return;
        };
        for (tags, name) in [
            (added, EventName::AccountTagAdded),
            (removed, EventName::AccountTagRemoved),
        ] {
            for _ in tags {
                self.emit(name, account, now);
            }
        }
        self.emit_with_context(EventName::AccountUpdatedTags, account, now, Some(context));
    }

    /// Relates an account to another one; a relation that exists stays as it is. The sandbox knows no
    /// relation schemas and takes any key.
    pub(crate) fn add_account_relation(
        &mut self,
        id: &str,
        key: &str,
        target_id: &str,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let account = self.usable_account(id)?;
        if self.accounts.find(target_id).is_none() {
            return Err(DomainError::NotFound {
                what: "meta.target_object_id",
            });
        }
        if account.relations.iter().any(|it| it.is(key, target_id)) {
            return Ok(account);
        }
        let mut account = Account::clone(&account);
        account.relations.push(Relation {
            key: key.to_owned(),
            target_id: target_id.to_owned(),
            created_at: now,
        });
        let name = EventName::AccountAddedRelation;
        Ok(self.put_related(account, name, key, target_id, now))
    }

    /// Removes a relation of an account; one that does not exist changes nothing.
    pub(crate) fn remove_account_relation(
        &mut self,
        id: &str,
        key: &str,
        target_id: &str,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let account = self.usable_account(id)?;
        if !account.relations.iter().any(|it| it.is(key, target_id)) {
            return Ok(account);
        }
        let mut account = Account::clone(&account);
        account.relations.retain(|it| !it.is(key, target_id));
        let name = EventName::AccountRemovedRelation;
        Ok(self.put_related(account, name, key, target_id, now))
    }

    fn put_related(
        &mut self,
        mut account: Account,
        name: EventName,
        key: &str,
        target_id: &str,
        now: Moment,
    ) -> Arc<Account> {
        account.updated_at = now;
        let account = Arc::new(account);
        self.put_account(Arc::clone(&account));
        let context = json!({
            "relation-schema-key": key,
            "target-account-id": target_id,
            "target-txn-id": null,
        });
        self.emit_with_context(name, &account, now, Some(context));
        account
    }

    /// Runs an action of an account, and returns the ID of the workflow run. What an action does is
    /// defined by its owner's workflow, which the sandbox does not know: the account stays as it is.
    pub(crate) fn run_account_action(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<(Arc<Account>, String), DomainError> {
        let account = self.usable_account(id)?;
        let run_id = self.entropy().id("wfr");
        self.put_workflow_run(Arc::new(WorkflowRun {
            id: run_id.clone(),
            workflow: Workflow::AccountAction,
            inquiry_id: None,
            account_id: Some(id.to_owned()),
            created_at: now,
        }));
        Ok((account, run_id))
    }

    /// Moves everything that belongs to the source accounts to this one. Their attributes stay, and
    /// they cannot be used any more (API specification, `POST /accounts/{account-id}/consolidate`).
    pub(crate) fn consolidate_accounts(
        &mut self,
        id: &str,
        source_ids: &[String],
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let target = self.usable_account(id)?;
        for source_id in source_ids {
            if source_id == id {
                return Err(DomainError::Consolidation);
            }
            if self.accounts.find(source_id).is_none() {
                return Err(DomainError::NotFound {
                    what: "meta.source_account_ids",
                });
            }
            self.usable_account(source_id)?;
        }
        for source_id in source_ids {
            // A source that is named twice is consolidated already.
            let Ok(source) = self.usable_account(source_id) else {
                continue;
            };
            self.move_to_account(source_id, &target, now)?;
            let source = Arc::new(Account {
                consolidated_into: Some(id.to_owned()),
                updated_at: now,
                ..Account::clone(&source)
            });
            self.put_account(Arc::clone(&source));
            self.emit(EventName::AccountConsolidated, &source, now);
        }
        let target = Arc::new(Account {
            updated_at: now,
            ..Account::clone(&target)
        });
        self.put_account(Arc::clone(&target));
        self.emit(EventName::AccountConsolidatedWith, &target, now);
        Ok(target)
    }

    /// Moves the inquiries and reports of an account to another one.
    fn move_to_account(
        &mut self,
        source_id: &str,
        target: &Account,
        now: Moment,
    ) -> Result<(), DomainError> {
        self.move_reports(source_id, &target.id);
        for inquiry_id in self.inquiries_of(source_id) {
            self.inquiry_mut(&inquiry_id, now, |inquiry| {
                inquiry.account_id = Some(target.id.clone());
                inquiry.reference_id.clone_from(&target.reference_id);
            })?;
        }
        Ok(())
    }

    fn inquiries_of(&self, account_id: &str) -> Vec<String> {
        let inquiries = self.inquiries.oldest_first();
        inquiries
            .filter(|inquiry| inquiry.account_id.as_deref() == Some(account_id))
            .map(|inquiry| inquiry.id.clone())
            .collect()
    }

    /// Deletes the personal data of an account and of all its inquiries, for good (API
    /// specification, `DELETE /accounts/{account-id}`). What Persona answers to a second request is
    /// not documented; here it changes nothing.
    pub(crate) fn redact_account(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let account = self.account(id)?;
        if account.redacted_at.is_some() {
            return Ok(account);
        }
        for inquiry_id in self.inquiries_of(id) {
            if self.inquiry(&inquiry_id)?.redacted_at.is_none() {
                self.redact_inquiry(&inquiry_id, now)?;
            }
        }
        self.redact_reports_of_account(id, now)?;
        self.redact_events(id);
        let account = Arc::new(Account {
            updated_at: now,
            redacted_at: Some(now),
            ..self.account(id)?.without_personal_data()
        });
        self.put_account(Arc::clone(&account));
        self.emit(EventName::AccountRedacted, &account, now);
        Ok(account)
    }

    /// The account with this ID, if it may be used: one that was consolidated may not.
    pub(super) fn usable_account(&self, id: &str) -> Result<Arc<Account>, DomainError> {
        let account = self.account(id)?;
        match account.consolidated_into {
            Some(_) => Err(DomainError::Consolidated),
            None => Ok(account),
        }
    }

    fn check_reference_is_free(
        &self,
        reference_id: Option<&str>,
        own_id: Option<&str>,
    ) -> Result<(), DomainError> {
        let Some(reference_id) = reference_id else {
            return Ok(());
        };
        let mut others = self.accounts.in_group(reference_id);
        if others.any(|(_, account)| Some(account.id.as_str()) != own_id) {
            return Err(DomainError::ReferenceTaken);
        }
        Ok(())
    }
}

impl Relation {
    fn is(&self, key: &str, target_id: &str) -> bool {
        self.key == key && self.target_id == target_id
    }
}
