//! Inquiries in a transaction: how one is added, how one is changed, and what follows from it.
//!
//! [`Tx::insert_inquiry`] and [`Tx::inquiry_mut`] are the only ways. Both write the row, carry the
//! fields over to the account and emit the events of new verifications, so a caller cannot forget
//! any of it. The events of the inquiry itself are the caller's: they tell why it changed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::state::Record;
use super::tx::Tx;
use crate::core::clock::Moment;
use crate::core::model::{
    ACCOUNT_FIELDS, Account, EventName, IDENTIFICATION_NUMBERS, Inquiry, ObjectCollection, Subject,
    Verification,
};

/// There is no inquiry with this ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownInquiry;

impl Tx {
    /// Adds an inquiry.
    pub(crate) fn insert_inquiry(&mut self, inquiry: Inquiry, now: Moment) -> Arc<Inquiry> {
        self.write_inquiry(None, inquiry, now)
    }

    /// Changes an inquiry: `change` edits a copy, which then replaces the row. Redacting an
    /// inquiry here also erases it from kept responses.
    pub(crate) fn inquiry_mut(
        &mut self,
        id: &str,
        now: Moment,
        change: impl FnOnce(&mut Inquiry),
    ) -> Result<Arc<Inquiry>, UnknownInquiry> {
        let before = self.inquiries.find(id).cloned().ok_or(UnknownInquiry)?;
        let mut inquiry = Inquiry::clone(&before);
        change(&mut inquiry);
        Ok(self.write_inquiry(Some(&before), inquiry, now))
    }

    fn write_inquiry(
        &mut self,
        before: Option<&Inquiry>,
        inquiry: Inquiry,
        now: Moment,
    ) -> Arc<Inquiry> {
        let inquiry = Arc::new(Inquiry {
            updated_at: now,
            ..inquiry
        });
        self.put(Record::Inquiry(Arc::clone(&inquiry)));
        self.copy_to_account(before, &inquiry, now);
        let known = before.map_or(0, |before| before.verifications.len());
        for verification in inquiry.verifications.iter().skip(known) {
            self.emit_submission(&inquiry, verification, now);
            let result = if verification.passed {
                EventName::VerificationPassed
            } else {
                EventName::VerificationFailed
            };
            for name in [
                EventName::VerificationCreated,
                EventName::VerificationSubmitted,
                result,
            ] {
                let subject = Subject::Verification {
                    inquiry: Arc::clone(&inquiry),
                    id: verification.id.clone(),
                };
                self.emit(name, subject, now);
            }
        }
        inquiry
    }

    /// Emits the events of the document or selfie of a verification: what is captured comes before
    /// its check (docs: `integration-testing`).
    fn emit_submission(
        &mut self,
        inquiry: &Arc<Inquiry>,
        verification: &Verification,
        now: Moment,
    ) {
        let object = verification.kind.submitted_object();
        let (Some(object), Some(id)) = (object, &verification.submitted_id) else {
            return;
        };
        let names = match object.collection {
            ObjectCollection::Documents => [
                EventName::DocumentCreated,
                EventName::DocumentSubmitted,
                EventName::DocumentProcessed,
            ],
            ObjectCollection::Selfies => [
                EventName::SelfieCreated,
                EventName::SelfieSubmitted,
                EventName::SelfieProcessed,
            ],
        };
        for name in names {
            let subject = Subject::Submitted {
                inquiry: Arc::clone(inquiry),
                id: id.clone(),
            };
            self.emit(name, subject, now);
        }
    }

    /// Carries the fields that an inquiry changed over to its account. A redacted inquiry empties
    /// the account.
    fn copy_to_account(&mut self, before: Option<&Inquiry>, inquiry: &Inquiry, now: Moment) {
        let id = inquiry.account_id.as_deref();
        let Some(account) = id.and_then(|id| self.accounts.find(id)).cloned() else {
            return;
        };
        let mut fields = account.fields.clone();
        let mut custom_fields = account.custom_fields.clone();
        if inquiry.redacted_at.is_some() {
            fields.clear();
            custom_fields.clear();
        } else {
            for key in ACCOUNT_FIELDS {
                let value = inquiry.field(key);
                if value == before.and_then(|before| before.field(key)) {
                    continue;
                }
                match value {
                    Some(value) => fields.insert(key.to_owned(), value.clone()),
                    None => fields.remove(key),
                };
            }
        }
        if inquiry.redacted_at.is_none()
            && let Some(number) = identification_number(inquiry)
            && Some(&number) != before.and_then(identification_number).as_ref()
        {
            let numbers = fields.entry(IDENTIFICATION_NUMBERS.to_owned());
            if let Value::Array(numbers) = numbers.or_insert_with(|| json!([]))
                && !numbers.contains(&number)
            {
                numbers.push(number);
            }
        }
        if fields == account.fields && custom_fields == account.custom_fields {
            return;
        }
        let account = Arc::new(Account {
            fields,
            custom_fields,
            updated_at: now,
            ..Account::clone(&account)
        });
        self.put_account(Arc::clone(&account));
        if inquiry.redacted_at.is_none() {
            self.emit(EventName::AccountUpdatedFields, &account, now);
        }
    }
}

/// The number of the document that an inquiry names, as an account keeps it.
fn identification_number(inquiry: &Inquiry) -> Option<Value> {
    let field = |key: &str| inquiry.field(key).and_then(Value::as_str);
    let number = field("identification_number")?;
    Some(json!({
        "identification_class": field("identification_class"),
        "identification_number": number,
        "issuing_country": field("selected_country_code"),
    }))
}
