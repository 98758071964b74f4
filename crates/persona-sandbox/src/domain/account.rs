//! Changes to accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::DomainError;
use crate::core::clock::Moment;
use crate::core::model::{Account, EventName};
use crate::store::Tx;

impl Tx {
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
        let inquiries: Vec<_> = self
            .inquiries
            .oldest_first()
            .filter(|inquiry| inquiry.account_id.as_deref() == Some(id))
            .filter(|inquiry| inquiry.redacted_at.is_none())
            .map(|inquiry| inquiry.id.clone())
            .collect();
        for inquiry_id in inquiries {
            self.redact_inquiry(&inquiry_id, now)?;
        }
        let account = Arc::new(Account {
            fields: BTreeMap::new(),
            updated_at: now,
            redacted_at: Some(now),
            ..Account::clone(&*self.account(id)?)
        });
        self.put_account(Arc::clone(&account));
        self.emit(EventName::AccountRedacted, &account, now);
        Ok(account)
    }
}
