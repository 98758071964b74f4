//! Changes to accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::DomainError;
use super::tags::tag_change;
use crate::core::clock::Moment;
use crate::core::model::{
    ACCOUNT_FIELDS, Account, EventName, IDENTIFICATION_KEYS, IDENTIFICATION_NUMBERS, Relation,
    fold_key,
};
use crate::store::Tx;

/// Attributes of a new account, or changes to one; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountUpdate {
    pub(crate) reference_id: Option<String>,
    pub(crate) type_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    /// Values by the keys of the account type: `name` and `address` are objects.
    pub(crate) fields: Map<String, Value>,
}

/// Values of fields, apart from each other as an account keeps them.
#[derive(Debug, Default, PartialEq)]
struct FieldValues {
    known: BTreeMap<String, Value>,
    custom: BTreeMap<String, Value>,
}

impl Tx {
    /// Creates an account: event `account.created`.
    pub(crate) fn create_account(
        &mut self,
        new: AccountUpdate,
        now: Moment,
    ) -> Result<Arc<Account>, DomainError> {
        let values = read_fields(new.fields)?;
        self.check_reference_is_free(new.reference_id.as_deref(), None)?;
        let id = self.entropy().id("act");
        let mut account = Account::new(id, new.reference_id, now);
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
        self.check_reference_is_free(update.reference_id.as_deref(), Some(id))?;
        let mut account = Account::clone(&before);
        values.apply(&mut account);
        if let Some(reference_id) = update.reference_id {
            account.reference_id = Some(reference_id);
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

    /// Moves the inquiries of an account to another one.
    fn move_to_account(
        &mut self,
        source_id: &str,
        target: &Account,
        now: Moment,
    ) -> Result<(), DomainError> {
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

impl FieldValues {
    /// Writes the values; null removes one.
    fn apply(self, account: &mut Account) {
        for (values, fields) in [
            (self.known, &mut account.fields),
            (self.custom, &mut account.custom_fields),
        ] {
            for (key, value) in values {
                if value.is_null() {
                    fields.remove(&key);
                } else {
                    fields.insert(key, value);
                }
            }
        }
    }
}

/// Checks values of an account's fields. A value may be written as it is, or as it is answered, with
/// its type beside it.
fn read_fields(given: Map<String, Value>) -> Result<FieldValues, DomainError> {
    let mut values = FieldValues::default();
    for (key, value) in given {
        let value = bare(value);
        match fold_key(&key).as_str() {
            "name" => read_parts(&key, "name", value, &mut values.known)?,
            "address" => read_parts(&key, "address", value, &mut values.known)?,
            "identificationnumbers" => {
                let value = read_numbers(&key, value)?;
                values
                    .known
                    .insert(IDENTIFICATION_NUMBERS.to_owned(), value);
            }
            // Persona's name for the country beside the address.
            "countrycode" => {
                let value = check_text(&key, "address_country_code", value)?;
                values
                    .known
                    .insert("address_country_code".to_owned(), value);
            }
            folded => {
                let mut known = ACCOUNT_FIELDS.iter();
                if let Some(&name) = known.find(|name| fold_key(name) == folded) {
                    let value = check_text(&key, name, value)?;
                    values.known.insert(name.to_owned(), value);
                } else {
                    values.custom.insert(key, value);
                }
            }
        }
    }
    Ok(values)
}

/// The parts of a name or an address.
fn read_parts(
    key: &str,
    prefix: &str,
    value: Value,
    values: &mut BTreeMap<String, Value>,
) -> Result<(), DomainError> {
    let parts = match value {
        Value::Object(parts) => parts,
        Value::Null => Map::new(),
        _ => return Err(wrong(key, "must be an object")),
    };
    for (part, value) in parts {
        let folded = fold_key(&format!("{prefix}_{part}"));
        let mut known = ACCOUNT_FIELDS.iter();
        let Some(&name) = known.find(|name| fold_key(name) == folded) else {
            return Err(wrong(
                &format!("{key}.{part}"),
                "is not a part of this field",
            ));
        };
        let value = check_text(&format!("{key}.{part}"), name, bare(value))?;
        values.insert(name.to_owned(), value);
    }
    Ok(())
}

/// The numbers of documents.
fn read_numbers(key: &str, value: Value) -> Result<Value, DomainError> {
    let refused = || wrong(key, "must be an array of objects with text in each part");
    let items = match value {
        Value::Null => return Ok(Value::Null),
        Value::Array(items) => items,
        _ => return Err(refused()),
    };
    let mut numbers = Vec::new();
    for item in items {
        let Value::Object(parts) = bare(item) else {
            return Err(refused());
        };
        let mut number = Map::new();
        for (part, value) in parts {
            let mut known = IDENTIFICATION_KEYS.iter();
            let name = known.find(|name| fold_key(name) == fold_key(&part));
            let (Some(&name), Value::String(text)) = (name, bare(value)) else {
                return Err(refused());
            };
            number.insert(name.to_owned(), text.into());
        }
        numbers.push(Value::Object(number));
    }
    Ok(numbers.into())
}

fn check_text(key: &str, name: &str, value: Value) -> Result<Value, DomainError> {
    let Value::String(text) = &value else {
        let is_null = value.is_null();
        return is_null
            .then_some(value)
            .ok_or_else(|| wrong(key, "must be a string"));
    };
    let is_date = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    if name == "birthdate" && !is_date {
        return Err(wrong(key, "must be a date (YYYY-MM-DD)"));
    }
    Ok(value)
}

/// A value without the type beside it.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(mut map)
            if map.len() == 2 && map.get("type").is_some_and(Value::is_string) =>
        {
            match map.remove("value") {
                Some(value) => value,
                None => Value::Object(map),
            }
        }
        value => value,
    }
}

fn wrong(key: &str, reason: &'static str) -> DomainError {
    DomainError::Field {
        key: key.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: Value) -> Result<FieldValues, String> {
        let Value::Object(fields) = fields else {
            unreachable!("tests give objects")
        };
        read_fields(fields).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_read_as_they_are_written_and_as_they_are_answered() {
        let written = json!({"name": {"first": "Ada"}, "birthdate": "1985-12-10", "vip": true});
        let answered = json!({
            "name": {"type": "hash", "value": {"first": {"type": "string", "value": "Ada"}}},
            "birthdate": {"type": "date", "value": "1985-12-10"},
            "vip": {"type": "boolean", "value": true},
        });
        let values = read(written).unwrap();
        assert_eq!(values.known["name_first"], "Ada");
        assert_eq!(values.custom["vip"], true);
        assert_eq!(read(answered).unwrap(), values);
        let flat = read(json!({"name-first": "Ada", "countryCode": "GB"})).unwrap();
        assert_eq!(flat.known["name_first"], "Ada");
        assert_eq!(flat.known["address_country_code"], "GB");
    }

    #[test]
    fn values_of_another_type_are_refused_by_name() {
        for (fields, place) in [
            (json!({"name": "Ada"}), "name"),
            (json!({"name": {"title": "Dr"}}), "name.title"),
            (json!({"address": {"city": 5}}), "address.city"),
            (json!({"birthdate": "10.12.1985"}), "birthdate"),
            (
                json!({"identification_numbers": ["X9"]}),
                "identification_numbers",
            ),
        ] {
            let error = read(fields).unwrap_err();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
