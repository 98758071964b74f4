//! Applying a setup: its templates, accounts and webhooks become records.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::core::clock::Moment;
use crate::core::model::{
    Account, DEFAULT_EVENTS, FieldSchema, Template, Webhook, WebhookSecret, WebhookStatus,
};
use crate::setup::{AccountFile, FieldFile, Setup, TemplateFile, WebhookFile};
use crate::store::{State, Tx};

/// The IDs of webhooks from the file begin with it; a number follows.
const FILE_WEBHOOK: &str = "wbh_setup";

/// The default secret of webhooks, which is that of the command line.
const DEFAULT_SECRET: &str = "wbhsec_sandbox";

impl Tx {
    /// Adds or replaces the templates of a setup, and returns them. A template without a delay of
    /// its own decides after `decide_after_ms`.
    pub(crate) fn apply_templates(
        &mut self,
        setup: &Setup,
        decide_after_ms: u64,
        now: Moment,
    ) -> Vec<Arc<Template>> {
        let add = |file: &TemplateFile| {
            let known = self.templates.find(&file.id);
            // A template that is only changed keeps the date of its version.
            let published_at = known.map_or(now, |known| known.published_at);
            self.put_template(template(file, published_at, decide_after_ms));
            self.templates.find(&file.id).cloned()
        };
        setup.templates().filter_map(add).collect()
    }

    /// Makes a KYC template under an ID that the state does not have, so that code with any hard-coded
    /// ID runs. The log says so: a mistyped ID would otherwise go unnoticed.
    pub(crate) fn make_unknown_template(&mut self, id: &str, decide_after_ms: u64, now: Moment) {
        if self.find_template(id).is_none() && id.starts_with("itmpl_") {
            tracing::warn!(
                template_id = id,
                "made a KYC template under an unknown ID, because of --template any"
            );
            self.put_template(Template::kyc(id, now, decide_after_ms));
        }
    }

    /// Adds the accounts of a setup, or changes those with the same reference ID.
    pub(crate) fn apply_accounts(&mut self, setup: &Setup, now: Moment) {
        for file in setup.accounts() {
            let account = self.account_from(file, now);
            self.put_account(Arc::new(account));
        }
    }

    fn account_from(&mut self, file: &AccountFile, now: Moment) -> Account {
        let fields = file.fields.iter();
        let fields: BTreeMap<_, _> = fields
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
        let known = self.accounts.in_group(&file.reference_id).next();
        if let Some((_, known)) = known {
            return Account {
                fields,
                updated_at: now,
                ..Account::clone(known)
            };
        }
        let id = match &file.id {
            Some(id) => id.clone(),
            None => self.entropy().id("act"),
        };
        Account {
            fields,
            ..Account::new(id, Some(file.reference_id.clone()), now)
        }
    }

    /// Makes the webhooks of a setup file those of the state, in place of the file's of before. Each
    /// stays switched on or off.
    pub(crate) fn apply_file_webhooks(&mut self, setup: &Setup, now: Moment) {
        let webhooks: Vec<_> = (1..)
            .zip(setup.webhooks())
            .map(|(number, file)| {
                let id = format!("{FILE_WEBHOOK}{number}");
                let known = self.webhooks.find(&id);
                let status = known.map_or(WebhookStatus::Enabled, |known| known.status);
                Webhook {
                    status,
                    ..webhook(id, file, now)
                }
            })
            .collect();
        for id in self.webhooks_of_file() {
            if webhooks.iter().all(|webhook| webhook.id != id) {
                self.remove_webhook(&id);
            }
        }
        for webhook in webhooks {
            self.put_webhook(Arc::new(webhook));
        }
    }

    /// Adds the webhooks of a setup, switched on.
    pub(crate) fn add_webhooks(&mut self, setup: &Setup, now: Moment) {
        for file in setup.webhooks() {
            let id = self.entropy().id("wbh");
            self.put_webhook(Arc::new(webhook(id, file, now)));
        }
    }
}

impl State {
    fn webhooks_of_file(&self) -> Vec<String> {
        let ids = self.webhooks.oldest_first().map(|webhook| &webhook.id);
        ids.filter(|id| id.starts_with(FILE_WEBHOOK))
            .cloned()
            .collect()
    }
}

/// The template of the file; what it leaves out is as in Persona's KYC template.
fn template(file: &TemplateFile, published_at: Moment, decide_after_ms: u64) -> Template {
    let workflows = &file.workflows;
    let decide_after_ms = workflows.decide_after_ms.unwrap_or(decide_after_ms);
    let mut template = Template::kyc(&file.id, published_at, decide_after_ms);
    template.name = file.name.clone().unwrap_or_else(|| file.id.clone());
    if let Some(steps) = &file.steps {
        template.steps.clone_from(steps);
    }
    if let Some(fields) = &file.fields {
        template.fields = fields
            .iter()
            .map(|field| field_schema(&field.value))
            .collect();
    }
    let texts = |list: &Option<Vec<serde_saphyr::Spanned<String>>>| {
        let list = list.iter().flatten();
        list.map(|text| text.value.clone()).collect::<Vec<_>>()
    };
    template.form_fields = texts(&file.form_fields);
    template.languages = texts(&file.languages);
    template.approve_completed = workflows
        .approve_completed
        .unwrap_or(template.approve_completed);
    template.decline_failed = workflows.decline_failed.unwrap_or(template.decline_failed);
    template.reports.clone_from(&workflows.reports);
    template.attempts = file.attempts.unwrap_or(template.attempts);
    template.pass_verifications = file.pass_verifications;
    let seconds = |seconds: Option<u32>| seconds.map(i64::from);
    let expiry = &mut template.expiry;
    expiry.after_create = seconds(file.expiry.after_create_s).unwrap_or(expiry.after_create);
    expiry.after_start = seconds(file.expiry.after_start_s).or(expiry.after_start);
    expiry.after_resume = seconds(file.expiry.after_resume_s).unwrap_or(expiry.after_resume);
    let link = seconds(file.expiry.one_time_link_s);
    template.one_time_link_seconds = link.unwrap_or(template.one_time_link_seconds);
    template.block_client_side_creation = file.block_client_side_creation;
    template
        .embedded_flow_domain_allowlist
        .clone_from(&file.embedded_flow_domain_allowlist);
    template.redirect_domains.clone_from(&file.redirect_domains);
    template
        .redirect_uri_schemes
        .clone_from(&file.redirect_uri_schemes);
    template.redirect_uri.clone_from(&file.redirect_uri);
    template
}

fn field_schema(field: &FieldFile) -> FieldSchema {
    FieldSchema {
        key: field.key.clone(),
        label: field.label.clone().unwrap_or_else(|| label(&field.key)),
        field_type: field.field_type,
        options: field.options.clone(),
        is_required: field.required,
    }
}

/// The words of a key: `name_first`, `name-first` and `nameFirst` are "Name first".
fn label(key: &str) -> String {
    let mut label = String::with_capacity(key.len() + 2);
    for letter in key.chars() {
        match letter {
            '-' | '_' => label.push(' '),
            _ if label.is_empty() => label.push(letter.to_ascii_uppercase()),
            _ if letter.is_ascii_uppercase() => {
                label.push(' ');
                label.push(letter.to_ascii_lowercase());
            }
            _ => label.push(letter),
        }
    }
    label
}

fn webhook(id: String, file: &WebhookFile, now: Moment) -> Webhook {
    let secret = file.secret.clone();
    let blank = Webhook::new(id, file.url.clone(), String::new(), now);
    let default_events = || DEFAULT_EVENTS.map(|name| name.as_str().to_owned()).to_vec();
    let events = file.events.as_ref();
    let events = events.map(|events| events.iter().map(|event| event.value.clone()).collect());
    Webhook {
        status: WebhookStatus::Enabled,
        secrets: vec![WebhookSecret {
            value: secret.unwrap_or_else(|| DEFAULT_SECRET.to_owned()),
            expires_at: None,
        }],
        enabled_events: events.unwrap_or_else(default_events),
        api_version: match &file.api_version {
            Some(version) => version.value.clone(),
            None => blank.api_version.clone(),
        },
        key_inflection: file.inflection,
        attribute_blocklist: file.attribute_blocklist.clone(),
        custom_headers: file.headers.clone(),
        ..blank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_made_of_the_words_of_a_key() {
        for key in ["name_first", "name-first", "nameFirst"] {
            assert_eq!(label(key), "Name first");
        }
        assert_eq!(label("plan"), "Plan");
    }
}
