//! Checking a setup as a whole, before anything of it is used.

use std::collections::{HashMap, HashSet};

use serde_saphyr::{Location, Spanned};
use url::Url;

use super::file::{AccountFile, FieldFile, SetupFile, TemplateFile, WebhookFile};
use crate::core::api_key::check_permission;
use crate::core::model::{
    ACCOUNT_FIELDS, ALL_EVENTS, FieldType, SubmissionStep, fold_key, is_event_name,
};
use crate::core::yaml::FileError;
use crate::wire::Version;

/// Checks what the types cannot say.
pub(super) fn check(file: &SetupFile) -> Result<(), FileError> {
    check_id(file.environment_id.as_ref(), "env_")?;
    check_id(file.organization_id.as_ref(), "org_")?;
    check_version(file.api_key.version.as_ref())?;
    for name in &file.api_key.denied_permissions {
        check_permission(&name.value).map_err(|message| FileError::at(name.referenced, message))?;
    }
    each(
        &file.templates,
        |template| &template.id,
        "templates",
        check_template,
    )?;
    each(
        &file.accounts,
        |it| &it.reference_id,
        "accounts",
        check_account,
    )?;
    file.webhooks
        .iter()
        .try_for_each(|webhook| check_webhook(&webhook.value, webhook.referenced))
}

/// Checks the items of a list, of which no two have the same name.
fn each<T>(
    items: &[Spanned<T>],
    name: impl Fn(&T) -> &str,
    list: &str,
    check: impl Fn(&T, Location) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let mut known = HashMap::new();
    for item in items {
        let name = name(&item.value);
        if let Some(first) = known.insert(name, item.referenced.line()) {
            let message = format!(
                "{list} has {name} twice, first on line {first}: remove one, or correct its ID"
            );
            return Err(FileError::at(item.referenced, message));
        }
        check(&item.value, item.referenced)?;
    }
    Ok(())
}

fn check_id(id: Option<&Spanned<String>>, prefix: &str) -> Result<(), FileError> {
    match id {
        Some(id) => {
            is_id(&id.value, prefix).map_err(|message| FileError::at(id.referenced, message))
        }
        None => Ok(()),
    }
}

fn is_id(id: &str, prefix: &str) -> Result<(), String> {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    if rest.is_empty() || !rest.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return Err(format!("{id:?} must be {prefix} and letters or digits"));
    }
    Ok(())
}

fn check_version(version: Option<&Spanned<String>>) -> Result<(), FileError> {
    let Some(version) = version else {
        return Ok(());
    };
    if Version::parse(&version.value).is_some() {
        return Ok(());
    }
    let known: Vec<_> = Version::known().collect();
    let message = format!(
        "{:?} must be one of {}, or a later date",
        version.value,
        known.join(", ")
    );
    Err(FileError::at(version.referenced, message))
}

fn check_template(template: &TemplateFile, place: Location) -> Result<(), FileError> {
    is_id(&template.id, "itmpl_").map_err(|message| FileError::at(place, message))?;
    let steps = template.steps.as_deref();
    if let Some(steps) = steps {
        let mut seen = HashSet::new();
        if let Some(twice) = steps.iter().find(|step| !seen.insert(step.as_str())) {
            let message = format!("steps has {} twice; a flow has each once", twice.as_str());
            return Err(FileError::at(place, message));
        }
        if steps.is_empty() {
            return Err(FileError::at(place, "steps is empty; a flow needs one"));
        }
    }
    if template.attempts == Some(0) {
        return Err(FileError::at(place, "attempts must be 1 or more"));
    }
    let fields = template.fields.as_deref().unwrap_or_default();
    let mut keys = HashSet::new();
    for field in fields {
        check_field(&field.value, field.referenced)?;
        if !keys.insert(fold_key(&field.value.key)) {
            let message = format!("fields has {} twice, whatever its casing", field.value.key);
            return Err(FileError::at(field.referenced, message));
        }
    }
    if let Some(names) = &template.form_fields {
        let has_form = steps.is_some_and(|steps| steps.contains(&SubmissionStep::Form));
        if !has_form {
            let message = "form_fields is for a template with the step form";
            return Err(FileError::at(place, message));
        }
        for name in names {
            check_form_field(name, template.fields.is_some().then_some(fields))?;
        }
    }
    for language in template.languages.iter().flatten() {
        check_language(language)?;
    }
    if template.languages.as_ref().is_some_and(Vec::is_empty) {
        return Err(FileError::at(
            place,
            "languages is empty; leave it out for the default",
        ));
    }
    match &template.redirect_uri {
        Some(uri) if Url::parse(uri).is_err() => Err(FileError::at(
            place,
            format!("redirect_uri {uri:?} must be a URL"),
        )),
        _ => Ok(()),
    }
}

fn check_field(field: &FieldFile, place: Location) -> Result<(), FileError> {
    let is_key = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if field.key.is_empty() || !field.key.chars().all(is_key) {
        let message = format!("key {:?} must be letters, digits, - and _", field.key);
        return Err(FileError::at(place, message));
    }
    let has_options = matches!(
        field.field_type,
        FieldType::Choices | FieldType::MultiChoices
    );
    if has_options == field.options.is_empty() {
        let message = if has_options {
            format!("{} needs options, the values that can be chosen", field.key)
        } else {
            format!("{} is of a type without options", field.key)
        };
        return Err(FileError::at(place, message));
    }
    Ok(())
}

/// `fields` is `None` for the fields of the KYC template, all of which are text or dates.
fn check_form_field(
    name: &Spanned<String>,
    fields: Option<&[Spanned<FieldFile>]>,
) -> Result<(), FileError> {
    let Some(fields) = fields else {
        return Ok(());
    };
    let folded = fold_key(&name.value);
    let mut named = fields
        .iter()
        .filter(|field| fold_key(&field.value.key) == folded);
    let message = match named.next() {
        Some(field) if field.value.field_type.is_entered() => return Ok(()),
        Some(_) => format!("{} is of a type that a form cannot ask for", name.value),
        None => {
            let known: Vec<_> = fields
                .iter()
                .map(|field| field.value.key.as_str())
                .collect();
            format!(
                "the template has no field {}; it has {}",
                name.value,
                known.join(", ")
            )
        }
    };
    Err(FileError::at(name.referenced, message))
}

/// `en` or `en-US`.
fn check_language(language: &Spanned<String>) -> Result<(), FileError> {
    let mut parts = language.value.split('-');
    let primary = parts.next().unwrap_or_default();
    let is_letters = |part: &str| part.chars().all(|letter| letter.is_ascii_alphanumeric());
    if (2..=3).contains(&primary.len()) && is_letters(primary) && parts.all(is_letters) {
        return Ok(());
    }
    let message = format!("{:?} must be a language such as en-US", language.value);
    Err(FileError::at(language.referenced, message))
}

fn check_account(account: &AccountFile, place: Location) -> Result<(), FileError> {
    if account.reference_id.is_empty() {
        return Err(FileError::at(place, "reference_id is empty"));
    }
    if let Some(id) = &account.id {
        is_id(id, "act_").map_err(|message| FileError::at(place, message))?;
    }
    let mut keys = account.fields.keys();
    match keys.find(|key| !ACCOUNT_FIELDS.contains(&key.as_str())) {
        Some(key) => {
            let known = ACCOUNT_FIELDS.join(", ");
            let message = format!("an account has no field {key} here; it has {known}");
            Err(FileError::at(place, message))
        }
        None => Ok(()),
    }
}

fn check_webhook(webhook: &WebhookFile, place: Location) -> Result<(), FileError> {
    let url = Url::parse(&webhook.url);
    if !url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        let message = format!("url {:?} must begin with http:// or https://", webhook.url);
        return Err(FileError::at(place, message));
    }
    for event in webhook.events.iter().flatten() {
        if event.value != ALL_EVENTS && !is_event_name(&event.value) {
            let message = format!(
                "Persona has no event {}; an example is inquiry.approved, and * means all",
                event.value
            );
            return Err(FileError::at(event.referenced, message));
        }
    }
    check_version(webhook.api_version.as_ref())
}

#[cfg(test)]
mod tests {
    use crate::setup::Setup;

    #[test]
    fn a_wrong_file_is_refused_with_the_place_and_the_fix() {
        for (text, place, fix) in [
            ("template: []", "line 1", "templates"),
            ("templates:\n  - name: x", "line 2", "id"),
            ("templates:\n  - id: tmpl_1", "line 2", "itmpl_"),
            (
                "templates:\n  - id: itmpl_1\n  - id: itmpl_2\n  - id: itmpl_1",
                "line 4",
                "line 2",
            ),
            (
                "templates:\n  - id: itmpl_1\n    stepz: [selfie]",
                "line 3",
                "steps",
            ),
            (
                "templates:\n  - id: itmpl_1\n    steps: [selfie, iris]",
                "line 3",
                "government_id",
            ),
            (
                "templates:\n  - id: itmpl_1\n    steps: [selfie, selfie]",
                "line 2",
                "twice",
            ),
            (
                "templates:\n  - id: itmpl_1\n    steps: []",
                "line 2",
                "empty",
            ),
            (
                "templates:\n  - id: itmpl_1\n    fields:\n      - {key: a, type: text}",
                "line 4",
                "string",
            ),
            (
                "templates:\n  - id: itmpl_1\n    fields:\n      - key: a_b\n      - key: aB",
                "line 5",
                "casing",
            ),
            (
                "templates:\n  - id: itmpl_1\n    fields:\n      - {key: plan, type: choices}",
                "line 4",
                "options",
            ),
            (
                "templates:\n  - id: itmpl_1\n    steps: [form]\n    fields: [{key: a}]\n    form_fields:\n      - a\n      - b",
                "line 7",
                "it has a",
            ),
            (
                "templates:\n  - id: itmpl_1\n    form_fields: [a]",
                "line 2",
                "step form",
            ),
            (
                "templates:\n  - id: itmpl_1\n    languages: [english please]",
                "line 3",
                "en-US",
            ),
            (
                "accounts:\n  - {reference_id: a, fields: {shoe: 44}}",
                "line 2",
                "birthdate",
            ),
            ("webhooks:\n  - url: localhost:3000", "line 2", "http://"),
            (
                "webhooks:\n  - url: http://a.example\n    events:\n      - inquiry.aproved",
                "line 4",
                "inquiry.approved",
            ),
            ("api_key:\n  version: latest", "line 2", "2025-10-27"),
            ("api_key:\n  inflection: upper", "line 2", "camel"),
            (
                "api_key:\n  denied_permissions: [inquiry.wrote]",
                "line 2",
                "inquiry.write",
            ),
            ("environment_id: sandbox", "line 1", "env_"),
            ("templates: [", "line", ""),
        ] {
            let error = Setup::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(place), "{text}: {error}");
            assert!(error.contains(fix), "{text}: {error}");
        }
    }
}
